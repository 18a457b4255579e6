"""Ports of this machine's loopback interface."""

import contextlib
import socket
from typing import Final

HOST: Final = "127.0.0.1"


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
    """Return different ports on which nobody listens."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind((HOST, 0))
        return [int(listener.getsockname()[1]) for listener in listeners]
