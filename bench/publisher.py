"""Publishes as fast as a broker takes it: MQTT 3.1.1 straight onto the socket, QoS 1.

A client library would be the slowest part of the bench.
"""

import select
import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

_CONNECT_TIMEOUT_S: Final = 5.0
_ANSWER_TIMEOUT_S: Final = 30.0
_CHUNK_BYTES: Final = 64 * 1024
_WINDOW_MESSAGES: Final = 20_000
_CONNACK: Final = b"\x20\x02\x00\x00"
_PUBACK_BYTES: Final = 4
_LENGTH_BITS: Final = 7


class BrokerSilentError(Exception):
    """The broker closed the connection, or acknowledged nothing for half a minute."""


class Publisher:
    """One connection; every message is numbered and acknowledged."""

    def __init__(self, host: str, port: int, client_id: str) -> None:
        self._socket = socket.create_connection((host, port), _CONNECT_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # version 3.1.1, clean session; a keep-alive of an hour, because amqtt cannot do without
        body = _text("MQTT") + b"\x04\x02\x0e\x10" + _text(client_id)
        self._socket.sendall(b"\x10" + _length(len(body)) + body)
        answer = self._socket.recv(len(_CONNACK), socket.MSG_WAITALL)
        if answer != _CONNACK:
            raise BrokerSilentError(f"the broker refused the connection: {answer.hex()}")
        self._socket.settimeout(0.0)
        self._sent = 0
        self._answer_bytes = 0

    @property
    def unacknowledged(self) -> int:
        """How many messages the broker has not acknowledged."""
        return self._sent - self._answer_bytes // _PUBACK_BYTES

    def publish(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Send messages of (topic, payload); what the broker sends back is read on the way."""
        chunk = bytearray()
        for topic, payload in messages:
            self._sent += 1
            mid = (self._sent - 1) % 65_535 + 1
            body_bytes = 4 + len(topic) + len(payload)
            chunk += b"\x32" + _length(body_bytes) + _text(topic)
            chunk += mid.to_bytes(2, "big")
            chunk += payload
            if len(chunk) >= _CHUNK_BYTES:
                self._send(chunk)
        self._send(chunk)

    def wait(self) -> None:
        """Return when the broker has acknowledged everything."""
        while self.unacknowledged:
            self._read(_ANSWER_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def _send(self, chunk: bytearray) -> None:
        while chunk:
            while self.unacknowledged > _WINDOW_MESSAGES:
                self._read(_ANSWER_TIMEOUT_S)
            readable, writable = self._ready(select.POLLIN | select.POLLOUT, _ANSWER_TIMEOUT_S)
            if readable:
                self._read(0.0)
            if writable:
                del chunk[: self._socket.send(chunk)]
            if not readable and not writable:
                raise BrokerSilentError("the broker takes nothing")

    def _read(self, wait_s: float) -> None:
        readable, _ = self._ready(select.POLLIN, wait_s)
        if not readable:
            raise BrokerSilentError(f"{self.unacknowledged} messages are not acknowledged")
        answer = self._socket.recv(_CHUNK_BYTES)
        if not answer:
            raise BrokerSilentError("the broker closed the connection")
        # nothing but PUBACKs comes to a client that subscribed to nothing
        self._answer_bytes += len(answer)

    def _ready(self, events: int, wait_s: float) -> tuple[bool, bool]:
        """Return whether the socket can be read, and written; `select` knows no socket > 1023."""
        poll = select.poll()
        poll.register(self._socket, events)
        found = sum(seen for _, seen in poll.poll(1000 * wait_s))
        ended = found & (select.POLLHUP | select.POLLERR)
        return bool(found & select.POLLIN or ended), bool(found & select.POLLOUT)


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _length(count: int) -> bytes:
    encoded = bytearray()
    while True:
        count, low = count >> _LENGTH_BITS, count & 0x7F
        encoded.append(low | (0x80 if count else 0))
        if not count:
            return bytes(encoded)
