"""A wire between two programs that a test can make slow, cut, or leave half open."""

import asyncio
import contextlib
import socket
import struct
import threading
from enum import Enum
from typing import Final

from tests.servers.finding import HOST

_CHUNK_BYTES: Final = 65_536
_STARTED_WITHIN_S: Final = 5.0
# With a time of zero to linger, close sends RST, as a router does that forgot the connection.
_ABORT: Final = struct.pack("ii", 1, 0)


class Wire(Enum):
    """What happens to the bytes."""

    WHOLE = "whole"
    SLOW = "slow"
    CUT = "cut"
    """Connections are reset, and new ones too."""
    HALF_OPEN = "half open"
    """Nothing is carried and nobody is told; connections of this time stay dead for ever."""


class TcpProxy:
    """Listens on a port of its own and carries bytes to `target_port`; runs in one thread."""

    def __init__(self, target_port: int, *, port: int = 0) -> None:
        self._target_port = target_port
        self._wire = Wire.WHOLE
        self._latency_s = 0.0
        self._epoch = 0
        self._writers: set[asyncio.StreamWriter] = set()
        # one for each connection, done when nothing of it is left
        self._carried: set[asyncio.Future[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._is_listening = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(port,), name="tcp-proxy")
        self.port = port
        self._thread.start()
        assert self._is_listening.wait(_STARTED_WITHIN_S), "the proxy does not listen"

    def set(self, wire: Wire, *, latency_s: float = 0.0) -> None:
        """Change what happens from now on; `latency_s` is added to each way of a slow wire."""
        asyncio.run_coroutine_threadsafe(self._set(wire, latency_s), self._loop).result()

    def reset_connections(self) -> None:
        """Reset the connections of this moment; new ones are taken."""
        asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result()

    def close(self) -> None:
        """End every connection and the thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _set(self, wire: Wire, latency_s: float) -> None:
        if self._wire is Wire.HALF_OPEN:
            self._epoch += 1
        self._wire, self._latency_s = wire, latency_s
        if wire is Wire.CUT:
            await self._reset()

    async def _reset(self) -> None:
        for writer in list(self._writers):
            _abort(writer)

    def _run(self, port: int) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(port))

    async def _serve(self, port: int) -> None:
        server = await asyncio.start_server(self._carry, HOST, port)
        self.port = server.sockets[0].getsockname()[1]
        self._is_listening.set()
        await self._stop.wait()
        server.close()
        await self._reset()
        await asyncio.gather(*self._carried)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried = asyncio.get_running_loop().create_future()
        self._carried.add(carried)
        try:
            await self._connect(reader, writer)
        finally:
            carried.set_result(None)
            self._carried.discard(carried)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._wire is Wire.CUT:
            _abort(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target_port)
        except OSError:
            _abort(writer)
            return
        both = {writer, far_writer}
        self._writers |= both
        epoch = self._epoch
        pumps = [
            asyncio.ensure_future(self._pump(reader, far_writer, epoch)),
            asyncio.ensure_future(self._pump(far_reader, writer, epoch)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._writers -= both
            for one in both:
                one.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, epoch: int
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                data = await reader.read(_CHUNK_BYTES)
                if self._wire is Wire.HALF_OPEN or epoch != self._epoch:
                    # neither end hears of it, nor of the other's leave: only time-outs tell
                    await self._stop.wait()
                    return
                if not data:
                    return
                if self._wire is Wire.SLOW:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stop.wait(), self._latency_s)
                writer.write(data)
                await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    writer.transport.abort()
