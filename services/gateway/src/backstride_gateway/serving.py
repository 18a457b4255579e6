"""Runs the app in uvicorn, on a socket of ours, and ends its live streams before it stops."""

import resource
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from backstride_gateway.bounded_http import BoundedHttpProtocol

GRACEFUL_S: Final = 3
IDLE_S: Final = 5
"""How long a connection is kept after an answer for the next request to begin."""
_BACKLOG: Final = 256
_OTHER_FILES: Final = 512
_MOST_UNSENT_BYTES: Final = 2**17
"""The system would keep megabytes for a client that does not read, and a live stream of an old
time: so it is paused after this, and learns soon that it is slow. What is on its way is beyond."""

log = structlog.get_logger()


class AddressInUseError(Exception):
    """The address cannot be listened on; the text says why."""


class Server(uvicorn.Server):
    """A server that leaves the signals to the program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: uvicorn would raise them again, and the program would not clean up."""
        yield


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; port 0 takes a free one.

    Raises:
        AddressInUseError: when the address cannot be taken.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # the connections that it accepts inherit it; not every system has it
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _MOST_UNSENT_BYTES)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressInUseError(
            f"cannot listen on {host} port {port}: {error.strerror}; "
            "choose another with BACKSTRIDE_HTTP__PORT"
        ) from None
    return listener


def allow_connections(count: int) -> None:
    """Let the process open so many connections beside its files, as far as the system lets it.

    Many systems begin with 1024, and let a program have more that asks.
    """
    wanted = count + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning("fewer live streams than the settings allow", files=most, wanted=wanted)


def build_server(
    app: FastAPI,
    trusted_proxies: Sequence[str] = (),
    protocol: type[BoundedHttpProtocol] = BoundedHttpProtocol,
) -> Server:
    """Return a server for the app, to be run with `serve(sockets=[...])`.

    The proxies are addresses or networks, or `*` alone; what others say of where a request comes
    from is not believed.
    """
    return Server(
        uvicorn.Config(
            app,
            lifespan="off",
            http=protocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            # said in so many words: uvicorn would believe whoever connects from this machine, or
            # a variable that is none of our settings
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=GRACEFUL_S,
        )
    )
