"""Splits a stream of MQTT 3.1.1 bytes: PUBLISH packets for us, everything else for paho.

paho takes 13 µs and more for each PUBLISH; cutting them out of the stream takes about one.
"""

from typing import Final

from backstride_ingest.ports import Arrival

PUBLISH: Final = 3
PUBACK_HEAD: Final = b"\x40\x02"
_MAX_LENGTH_BYTES: Final = 4
_MAX_PAYLOAD_KEPT_BYTES: Final = 64 * 1024
"""What is kept of a message that is too large: for its dead letter."""


class MalformedStreamError(Exception):
    """The bytes are not MQTT; the connection is of no use any more."""


class PacketSplitter:
    """Takes chunks as they come from the socket; whole packets come out.

    A PUBLISH longer than `max_packet_bytes` is not held in memory: its beginning is kept, and its
    true length is told.
    """

    def __init__(self, max_packet_bytes: int) -> None:
        self._max_packet_bytes = max_packet_bytes
        self._rest = b""
        # of a packet that is too large: its first byte, the beginning of its body, its length
        self._large_head = 0
        self._large_body = b""
        self._large_bytes = 0
        self._large_missing_bytes = 0
        self.arrivals: list[Arrival] = []
        self.others = bytearray()

    def take_arrivals(self) -> list[Arrival]:
        """Return the messages that are complete, once."""
        arrivals, self.arrivals = self.arrivals, []
        return arrivals

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the stream.

        Raises:
            MalformedStreamError: when they cannot be MQTT.

        """
        if self._large_missing_bytes:
            chunk = self._feed_large(chunk)
        data = self._rest + chunk if self._rest else chunk
        end = len(data)
        start = 0
        while end - start >= 2:  # noqa: PLR2004  the shortest packet
            body, length = _length_at(data, start + 1, end)
            if body < 0:
                break
            if length > self._max_packet_bytes and data[start] >> 4 == PUBLISH:
                self._large_head = data[start]
                self._large_bytes = self._large_missing_bytes = length
                data = self._feed_large(data[body:])
                start, end = 0, len(data)
                continue
            if body + length > end:
                break
            if data[start] >> 4 == PUBLISH:
                self._add(data[start], data, body, body + length)
            else:
                self.others += data[start : body + length]
            start = body + length
        self._rest = data[start:]

    def _add(self, head: int, data: bytes, body: int, end: int, missing_bytes: int = 0) -> None:
        topic_end = body + 2 + (data[body] << 8 | data[body + 1]) if end - body >= 2 else end + 1  # noqa: PLR2004
        payload = topic_end
        mid = 0
        if head & 0x06:
            payload += 2
        if payload > end:
            message = "a PUBLISH shorter than its own header"
            raise MalformedStreamError(message)
        if head & 0x06:
            mid = data[topic_end] << 8 | data[topic_end + 1]
        self.arrivals.append(
            Arrival(
                data[body + 2 : topic_end], data[payload:end], mid, end - payload + missing_bytes
            )
        )

    def _feed_large(self, chunk: bytes) -> bytes:
        """Count the bytes of the large packet; return those after it."""
        part = chunk[: self._large_missing_bytes]
        self._large_missing_bytes -= len(part)
        room = _MAX_PAYLOAD_KEPT_BYTES - len(self._large_body)
        self._large_body += part[:room]
        if not self._large_missing_bytes:
            body, self._large_body = self._large_body, b""
            self._add(self._large_head, body, 0, len(body), self._large_bytes - len(body))
        return chunk[len(part) :]


def _length_at(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Return where the body begins and how long it is; (-1, 0) if more bytes are needed."""
    length = data[position]
    if length < 0x80:  # noqa: PLR2004  the continuation bit
        return position + 1, length
    length &= 0x7F
    for count in range(1, _MAX_LENGTH_BYTES):
        if position + count >= end:
            return -1, 0
        byte = data[position + count]
        length |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:  # noqa: PLR2004  the continuation bit
            return position + count + 1, length
    message = "a packet length of more than four bytes"
    raise MalformedStreamError(message)
