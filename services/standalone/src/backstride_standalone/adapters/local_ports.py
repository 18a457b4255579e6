"""Ports of this machine's loopback interface."""

import contextlib
import secrets
import socket
from typing import Final

HOST: Final = "127.0.0.1"
_OF_SERVERS: Final = range(20_000, 32_000)
"""Linux lends clients ports from 32768 on, macOS from 49152 on."""
_CHANCE: Final = secrets.SystemRandom()


def is_free(port: int) -> bool:
    """Tell whether we could listen at the port now."""
    with socket.socket() as listener:
        # as servers do: a port whose last connections are still closing is free
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return different ports on which nobody listens, and which no client is lent by the kernel.

    They are listened at seconds later. A port out of the kernel's own range may by then be that of
    a connection that one of our programs has opened.
    """
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        candidates = iter(_CHANCE.sample(_OF_SERVERS, len(_OF_SERVERS)))
        while len(found) < count:
            listener = stack.enter_context(socket.socket())
            port = next(candidates)
            with contextlib.suppress(OSError):
                listener.bind((HOST, port))
                found.append(port)
    return found
