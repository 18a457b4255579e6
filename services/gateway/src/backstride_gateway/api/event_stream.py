"""A live stream on its way to one client: an ASGI response that costs little per event.

Two thousand of them wait for the same changes. Each is the one task that serves its request: it
sleeps until its listener has something, joins what is due into one write, and makes neither a
task nor a timer for it. While the client does not read, the write waits and the listener's queue
fills: that is how a slow one loses the oldest.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from backstride_gateway.live_listener import Listener, LiveMessage
from backstride_gateway.ports import Clock

_HEADERS: Final = {
    "Cache-Control": "no-cache",
    # nginx would wait for more
    "X-Accel-Buffering": "no",
}
MOST_AT_ONCE: Final = 32
"""Changes in one write, some 50 kB: what waits for a slow client beside its queue."""
_PING: Final = b": ping\n\n"
BEAT_S: Final = 7.5
"""A whole one without an event brings a ping, so a stream is silent for 15 s at most."""


class EventStream(Response):
    """Tells a client what its listener takes, written by `written`, until `ends_at_ms`.

    It looks at the time with each event and each beat.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        listener: Listener,
        written: Callable[[LiveMessage], bytes],
        clock: Clock,
        *,
        retry_ms: int,
        ends_at_ms: float,
        beat_s: float = BEAT_S,
    ) -> None:
        self.status_code = 200
        self.background = None
        self._listener = listener
        self._written = written
        self._clock = clock
        self._ends_at_ms = ends_at_ms
        self._begin = f"retry: {retry_ms}\n".encode()
        self._beat_s = beat_s
        self._is_quiet = False
        self._is_ping_due = False
        self._beat: asyncio.TimerHandle | None = None
        self.init_headers(_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send until the stream ends or the client goes."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        watching = asyncio.create_task(self._close_when_gone(receive))
        self._beat_on()
        try:
            await self._tell(send)
        finally:
            if self._beat is not None:
                self._beat.cancel()
            watching.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _tell(self, send: Send) -> None:
        listener, written = self._listener, self._written
        begin = self._begin
        while self._clock() < self._ends_at_ms:
            messages = listener.take(MOST_AT_ONCE)
            if messages:
                body = begin + b"".join(map(written, messages))
                begin = b""
            elif listener.is_closed:
                return
            elif self._is_ping_due:
                body = _PING
            else:
                await listener.wait()
                continue
            self._is_quiet = self._is_ping_due = False
            if body:
                await send({"type": "http.response.body", "body": body, "more_body": True})

    def _beat_on(self) -> None:
        """Look once in a beat whether anything was sent, whatever comes in between.

        A timer for each event would cost more than the event.
        """
        if self._is_quiet:
            self._is_ping_due = True
            self._listener.wake()
        self._is_quiet = True
        self._beat = asyncio.get_running_loop().call_later(self._beat_s, self._beat_on)

    async def _close_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._listener.close()
