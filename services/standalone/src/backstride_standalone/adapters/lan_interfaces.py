"""The address of this machine in its network."""

import contextlib
import socket
from typing import Final

from backstride_standalone.domain.lan import Lan, LanRefusedError, names_of

# of TEST-NET-1, where nobody is: a UDP socket that is connected there sends nothing, and knows the
# interface by which it would
_NOBODY: Final = ("192.0.2.1", 9)


def find_lan() -> Lan:
    """Return how machines of the network reach this one.

    Raises:
        LanRefusedError: when it is in no network.

    """
    address = ""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_NOBODY)
        address = str(probe.getsockname()[0])
    if not address or address.startswith(("127.", "0.")):
        message = "--lan: this machine is in no network; connect it, or leave --lan away"
        raise LanRefusedError(message)
    return Lan(address, names_of(socket.gethostname()))
