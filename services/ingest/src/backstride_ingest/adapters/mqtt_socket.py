"""Stands between paho and its socket: reads in large pieces, writes acknowledgements together.

paho sees only its own packets (CONNACK, SUBACK, PINGRESP, PUBACK); messages go past it.
"""

import socket
import ssl
from typing import Final

from backstride_ingest.adapters.mqtt_packets import PUBACK_HEAD, PacketSplitter
from backstride_ingest.ports import Arrival

READ_BYTES: Final = 256 * 1024
"""Read at most in one turn: bounds what a turn takes on, some 1 000 messages."""
MAX_UNSENT_BYTES: Final = 1024 * 1024


class PacketSocket:
    """What paho takes for its socket; of one connection."""

    def __init__(self, inner: socket.socket, max_packet_bytes: int) -> None:
        self._inner = inner
        self._splitter = PacketSplitter(max_packet_bytes)
        self._unsent = bytearray()
        self._is_at_end = False

    def fill(self) -> None:
        """Read what has arrived, without waiting.

        Raises:
            MalformedStreamError: when it is not MQTT.

        """
        left_bytes = READ_BYTES
        while left_bytes > 0 and not self._is_at_end:
            try:
                chunk = self._inner.recv(left_bytes)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                chunk = b""
            self._is_at_end = not chunk
            self._splitter.feed(chunk)
            # TLS gives one record at a time, a plain socket all there is
            left_bytes -= len(chunk) if isinstance(self._inner, ssl.SSLSocket) else left_bytes

    def take_arrivals(self) -> list[Arrival]:
        """Return the messages that are complete, once."""
        return self._splitter.take_arrivals()

    def pending(self) -> int:
        """Return how many calls of paho's `loop_read` are worth while: bytes, or the end."""
        return len(self._splitter.others) or int(self._is_at_end)

    def has_unread(self) -> bool:
        """Tell whether TLS holds bytes already, of which `select` knows nothing."""
        return isinstance(self._inner, ssl.SSLSocket) and self._inner.pending() > 0

    def recv(self, length: int) -> bytes:
        """Give paho the next bytes of its packets; b"" at the end, as a socket does."""
        others = self._splitter.others
        if not others:
            if self._is_at_end:
                return b""
            raise BlockingIOError
        part = bytes(others[:length])
        del others[:length]
        return part

    def send(self, data: bytes | bytearray) -> int:
        """Take paho's bytes; `flush` sends them."""
        if len(self._unsent) > MAX_UNSENT_BYTES:
            raise BlockingIOError
        self._unsent += data
        return len(data)

    def acknowledge(self, mid: int) -> None:
        """Take a PUBACK past paho: twelve times quicker than `Client.ack`."""
        self._unsent += PUBACK_HEAD + mid.to_bytes(2, "big")

    def wants_write(self) -> bool:
        """Tell whether bytes wait to be sent."""
        return bool(self._unsent)

    def flush(self) -> None:
        """Send what waits, as far as the connection takes it now."""
        while self._unsent and not self._is_at_end:
            try:
                sent_bytes = self._inner.send(self._unsent)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self._is_at_end = True
                return
            del self._unsent[:sent_bytes]

    def fileno(self) -> int:
        """Return the descriptor for `select`."""
        return self._inner.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  the socket's own signature
        """Do as the socket does."""
        self._inner.setblocking(flag)

    def close(self) -> None:
        """Send what waits (paho's DISCONNECT is among it) and close."""
        self.flush()
        self._inner.close()
