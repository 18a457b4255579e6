"""An MQTT 3.1.1 client in forty lines, after the OASIS standard: it shares no code with ours."""

import socket
import struct
from collections.abc import Iterable
from urllib.parse import urlsplit

_TIMEOUT_S = 10.0
_CONNACK, _PUBACK = 0x20, 0x40


def publish(mqtt_url: str, messages: Iterable[tuple[str, bytes]]) -> None:
    """Connect, publish each (topic, payload) with QoS 1, await each PUBACK, and leave."""
    parts = urlsplit(mqtt_url)
    address = (parts.hostname or "", parts.port or 1883)
    with socket.create_connection(address, _TIMEOUT_S) as link:
        # protocol level 4, clean session, keep-alive 60 s
        link.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x3c" + _text("a-treadmill")))
        assert _receive(link) == (_CONNACK, b"\x00\x00")
        for number, (topic, payload) in enumerate(messages, start=1):
            packet_id = struct.pack(">H", number)
            link.sendall(_packet(0x32, _text(topic) + packet_id + payload))
            assert _receive(link) == (_PUBACK, packet_id)
        link.sendall(_packet(0xE0, b""))


def _packet(first_byte: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | 0x80 if length else digit)
        if not length:
            return bytes([first_byte]) + encoded + body


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()


def _receive(link: socket.socket) -> tuple[int, bytes]:
    head = _exactly(link, 2)
    return head[0], _exactly(link, head[1])


def _exactly(link: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        chunk = link.recv(count - len(received))
        assert chunk, "the broker closed the connection"
        received += chunk
    return received
