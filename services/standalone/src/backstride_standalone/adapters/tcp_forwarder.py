"""Passes connections at a fixed port on to another port of this machine."""

import asyncio
import contextlib
import threading
from typing import Final

from backstride_standalone.adapters.librdkafka_cluster import Address

_CHUNK_BYTES: Final = 256 * 1024


class TcpForwarder:
    """Listens at one address and copies bytes both ways, in a thread of its own.

    librdkafka's broker takes a port of the kernel's choice at each start;
    behind a forwarder its clients find it again after it was restarted.
    """

    def __init__(self, listen: Address, target: Address) -> None:
        """Open the port; 0 takes a free one.

        Raises OSError when the port is taken.
        """
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._links: set[asyncio.Task[None]] = set()
        try:
            self._server = self._loop.run_until_complete(
                asyncio.start_server(self._on_connection, listen.host, listen.port)
            )
        except OSError:
            self._loop.close()
            raise
        self.address = Address(listen.host, self._server.sockets[0].getsockname()[1])
        self._thread = threading.Thread(target=self._loop.run_forever, name="kafka-forwarder")
        self._thread.start()

    def close(self) -> None:
        """Cut every connection and stop listening."""
        asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _shut_down(self) -> None:
        self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if link := asyncio.current_task():
            self._links.add(link)
            link.add_done_callback(self._links.discard)
        # A cancelled or broken link has nobody to tell: either side sees its connection close.
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._link(reader, writer)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            target_reader, target_writer = await asyncio.open_connection(*self._target)
            with contextlib.closing(target_writer):
                ways = [
                    asyncio.ensure_future(_copy(reader, target_writer)),
                    asyncio.ensure_future(_copy(target_reader, writer)),
                ]
                try:
                    # Kafka's clients never half-close: when one way ends, the connection has.
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
