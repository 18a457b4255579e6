"""The wire of the fault suite does what it says: a fault that does nothing proves nothing."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.chaos.proxy import TcpProxy, Wire
from tests.servers.finding import HOST

WITHIN_S = 5.0
SILENT_S = 0.3


@pytest.fixture
def echo_port() -> Iterator[int]:
    """Lend a port at which everything comes back."""
    listener = socket.create_server((HOST, 0))

    def echo(connection: socket.socket) -> None:
        with connection:
            while data := _received(connection):
                connection.sendall(data)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=echo, args=(connection,))
            threads.append(thread)
            thread.start()

    threads: list[threading.Thread] = []
    server = threading.Thread(target=serve)
    server.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    server.join()
    for thread in threads:
        thread.join()


@pytest.fixture
def wire(echo_port: int) -> Iterator[TcpProxy]:
    lent = TcpProxy(echo_port)
    yield lent
    lent.close()


def test_a_whole_wire_carries_both_ways(wire: TcpProxy) -> None:
    with connected(wire) as client:
        assert answer(client) == b"ping"


def test_a_reset_ends_the_connections_of_this_moment_and_takes_new_ones(wire: TcpProxy) -> None:
    with connected(wire) as client, connected(wire) as other:
        assert answer(client) == answer(other) == b"ping"
        wire.reset_connections()
        assert _received(client) == b""
    with connected(wire) as client:
        assert answer(client) == b"ping"


def test_a_cut_wire_carries_nothing_until_it_is_whole(wire: TcpProxy) -> None:
    wire.set(Wire.CUT)
    assert is_refused(wire)
    wire.set(Wire.WHOLE)
    with connected(wire) as client:
        assert answer(client) == b"ping"


def test_a_half_open_connection_stays_silent_for_ever(wire: TcpProxy) -> None:
    with connected(wire) as client:
        assert answer(client) == b"ping"
        wire.set(Wire.HALF_OPEN)
        client.settimeout(SILENT_S)
        with pytest.raises(TimeoutError):
            answer(client)
        wire.set(Wire.WHOLE)
        with pytest.raises(TimeoutError):
            answer(client)
    with connected(wire) as client:
        assert answer(client) == b"ping"


def connected(wire: TcpProxy) -> socket.socket:
    return socket.create_connection((HOST, wire.port), WITHIN_S)


def is_refused(wire: TcpProxy) -> bool:
    """Tell whether a new connection ends at once, if it comes about at all."""
    try:
        with connected(wire) as client:
            return _received(client) == b""
    except ConnectionError:
        return True


def answer(client: socket.socket) -> bytes:
    client.sendall(b"ping")
    return client.recv(16)


def _received(connection: socket.socket) -> bytes:
    """Return what came, b"" when the connection is over, however it ended."""
    try:
        return connection.recv(16)
    except ConnectionError:
        return b""
