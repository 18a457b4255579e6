"""Measures the live stream with many listeners: part of `make bench`.

Treadmills publish at a steady rate through the whole chain; two thousand pages each follow one of
them. Meanwhile a few follow all and do not read: their queues and sockets fill up, they lose the
oldest, and when they read again they must be told so and go on from a whole picture.
"""

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from backstride_shared.identity import TreadmillKey
from backstride_shared.settings import TelemetryBlock
from backstride_shared.telemetry import set_up_logging
from bench.latency import publish_steadily
from bench.load import treadmills_of
from bench.programs import GATEWAY, Programs, whole_chain
from bench.servers import MissingServerError, Servers, running_servers
from bench.usage import Usage
from tests.servers.finding import HOST, fresh_name

LISTENERS: Final = 2_000
SLOW: Final = 5
TREADMILLS: Final = 100
MESSAGES_PER_S: Final = 100
SECONDS: Final = 20.0
OUTPUT: Final = Path(".cache/bench-listeners.json")

_OPENED_PER_S: Final = 150
"""Below what one address may ask in the long run."""
_WARM_UP_S: Final = 2.0
_SLOW_BUFFER_BYTES: Final = 4_096
_LAST_WITHIN_S: Final = 10.0
_TOLD_WITHIN_S: Final = 60.0
_BUFFER_BYTES: Final = 2**18
_CHANGE: Final = b"event: treadmill\n"
_READ_EVERY: Final = 10
"""To read all would cost the pages, which share the machine, as much as the gateway's telling."""


class NotToldError(Exception):
    """A listener that was too slow was not told, or none was too slow."""


class Told(NamedTuple):
    """What the listeners were told, and when."""

    listeners: int
    events_per_s: float
    p50_ms: float
    p99_ms: float
    highest_ms: float
    slow_listeners: int
    dropped: int
    gateway_cpu_percent: float
    gateway_cpu_us_per_event: float
    readers_cpu_us_per_event: float
    gateway_highest_mib: float
    others_percent: float


def main() -> int:
    """Run the bench; a slow listener that is not told ends it with an error."""
    parser = argparse.ArgumentParser(description="Bench of the live stream")
    parser.add_argument("--listeners", type=int, default=LISTENERS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    set_up_logging("bench", TelemetryBlock(log_level="warning"))
    with tempfile.TemporaryDirectory(prefix="backstride-bench-") as folder:
        try:
            with running_servers(Path(folder), may_substitute=False) as servers:
                told = measure_listeners(servers, options.listeners, options.seconds)
        except MissingServerError as error:
            print(error, file=sys.stderr)
            return 1
    print(
        f"{told.listeners} listeners, {told.events_per_s:,.0f} events/s: p50 {told.p50_ms:.0f} ms, "
        f"p99 {told.p99_ms:.0f} ms, highest {told.highest_ms:.0f} ms; gateway "
        f"{told.gateway_cpu_percent:.0f} % of a core, {told.gateway_cpu_us_per_event:.0f} µs per "
        f"event, {told.gateway_highest_mib:.0f} MiB; the pages beside it "
        f"{told.readers_cpu_us_per_event:.0f} µs per event; {told.slow_listeners} slow ones lost "
        f"{told.dropped:,} and were told "
        f"({told.others_percent:.0f} % of the machine used by others)"
    )
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(told._asdict(), indent=2) + "\n", encoding="utf-8")
    return 0


def measure_listeners(servers: Servers, count: int, seconds: float) -> Told:
    """Return what so many listeners were told in these seconds."""
    name = fresh_name("listeners")
    series = servers.fresh_series()
    treadmills = treadmills_of(name, TREADMILLS)
    with whole_chain(servers, series.settings, name) as programs:
        return asyncio.run(_measure(servers, programs, treadmills, count, seconds))


async def _measure(
    servers: Servers,
    programs: Programs,
    treadmills: Sequence[TreadmillKey],
    count: int,
    seconds: float,
) -> Told:
    pages = _Pages(programs.http_port)
    for number in range(count - SLOW):
        await pages.open(treadmills[number % len(treadmills)])
        await asyncio.sleep(1 / _OPENED_PER_S)
    slow = [await _SlowPage.opened(programs.http_port) for _ in range(SLOW)]
    first_turn = round(MESSAGES_PER_S * _WARM_UP_S) // len(treadmills)
    await asyncio.to_thread(
        publish_steadily, servers, treadmills, MESSAGES_PER_S, _WARM_UP_S, first_turn=0
    )
    pages.counted.clear()
    usage = Usage({**programs.process_ids(), **servers.processes})
    began_s, readers_began_s = time.monotonic(), time.thread_time()
    await asyncio.to_thread(
        publish_steadily, servers, treadmills, MESSAGES_PER_S, seconds, first_turn=first_turn
    )
    took_s, readers_s = time.monotonic() - began_s, time.thread_time() - readers_began_s
    cpu_s = usage.cpu_s()[GATEWAY]
    others_percent = usage.others_percent()
    events, latencies_ms = pages.counted.events, sorted(pages.counted.latencies_ms)
    read = len(latencies_ms)
    dropped = await asyncio.gather(*(one.dropped() for one in slow))
    pages.close()
    return Told(
        listeners=count,
        events_per_s=events / took_s,
        p50_ms=latencies_ms[read // 2],
        p99_ms=latencies_ms[read * 99 // 100],
        highest_ms=latencies_ms[-1],
        slow_listeners=len(slow),
        dropped=sum(dropped),
        gateway_cpu_percent=100 * cpu_s / took_s,
        gateway_cpu_us_per_event=1e6 * cpu_s / events,
        readers_cpu_us_per_event=1e6 * readers_s / events,
        gateway_highest_mib=usage.highest_mib()[GATEWAY],
        others_percent=others_percent,
    )


class _Pages:
    """Pages that take what they are told at once; of some of it they note how long it took."""

    def __init__(self, port: int) -> None:
        self.counted = _Counted()
        self._port = port
        self._transports: list[asyncio.BaseTransport] = []

    async def open(self, treadmill: TreadmillKey) -> None:
        """Let one more page follow a treadmill."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: _Page(self.counted), HOST, self._port)
        path = f"/v1/live?treadmill={quote(treadmill, safe='')}"
        transport.write(_request(self._port, path))
        self._transports.append(transport)

    def close(self) -> None:
        """Let all pages go."""
        for transport in self._transports:
            transport.close()


class _Counted:
    """What all pages together were told; all of them read into one buffer, in turn."""

    def __init__(self) -> None:
        self.events = 0
        self.latencies_ms: list[float] = []
        self.buffer = bytearray(_BUFFER_BYTES)

    def clear(self) -> None:
        """Begin anew."""
        self.events = 0
        self.latencies_ms.clear()

    def count(self, event: bytes) -> None:
        """Take one event; every so many-th is read as a page would."""
        if _CHANGE not in event:
            return
        self.events += 1
        if self.events % _READ_EVERY:
            return
        now_ms = time.time_ns() / 1e6
        data = event.partition(b"\ndata: ")[2].partition(b"\n")[0]
        at = json.loads(data)["last_reading_at"]
        if at is not None:
            self.latencies_ms.append(now_ms - 1000 * datetime.fromisoformat(at).timestamp())


class _Page(asyncio.BufferedProtocol):
    """One page, as cheap as it can be: it shares the machine with what is measured."""

    def __init__(self, counted: _Counted) -> None:
        self._counted = counted
        self._begun = b""

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002  asyncio's words
        """Return where to put what comes."""
        return self._counted.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Count the events that are whole."""
        *events, self._begun = (self._begun + self._counted.buffer[:nbytes]).split(b"\n\n")
        for event in events:
            self._counted.count(event)


class _SlowPage:
    """A page that follows all treadmills and does not read, until it is asked what it lost."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        # forgotten, it would close the connection
        self._writer = writer

    @classmethod
    async def opened(cls, port: int) -> "_SlowPage":
        """Return a page whose socket takes as little as the system allows."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SLOW_BUFFER_BYTES)
        connection.setblocking(False)  # noqa: FBT003  positional only
        await asyncio.get_running_loop().sock_connect(connection, (HOST, port))
        # asyncio stops to take from the socket when twice the limit waits for the reader
        reader, writer = await asyncio.open_connection(sock=connection, limit=_SLOW_BUFFER_BYTES)
        writer.write(_request(port, "/v1/live"))
        return cls(reader, writer)

    async def dropped(self) -> int:
        """Read on; return how many updates it is told to have lost, and see the picture after it.

        Raises:
            NotToldError: when it is told of no loss, or of one without the whole picture.

        """
        text = b""
        async with asyncio.timeout(_TOLD_WITHIN_S):
            while (
                b"event: dropped" not in text
                or b"event: picture" not in text.rpartition(b"event: dropped")[2]
            ):
                part = await self._reader.read(2**16)
                if not part:
                    raise NotToldError(f"the stream ended, untold: {text[-300:]!r}")
                text += part
        told = text.partition(b"event: dropped")[2]
        return int(json.loads(told.partition(b"data: ")[2].partition(b"\n")[0])["count"])


def _request(port: int, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode()


if __name__ == "__main__":
    sys.exit(main())
