"""HTTP as llhttp reads it, a third of h11's processor time, with bounds on memory and time.

The parser keeps a request's head until that is whole, however long it is and takes: whoever sends
one without an end would fill the memory, or hold a connection for ever, before anybody asked who
that is.
"""

from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_HEAD_BYTES: Final = 64 * 1024
"""Of all that is no body: head, chunks' sizes, trailers. Browsers send some 2 KiB."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection; refused and closed when a request does not end."""

    whole_within_s: ClassVar[float] = 20.0
    """From a request's first byte to its last; the largest has some KiB, from a phone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  uvicorn's own
        super().__init__(*arguments, **options)
        self._head_bytes = 0
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._clear_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came over the connection."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._is_awaited and self._deadline is None:
            # not anew with each part that comes: drops would put it off for ever
            self._set_deadline()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which routes bound by themselves."""
        self._head_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin to count anew."""
        self._head_bytes = 0
        self._clear_deadline()
        super().on_message_complete()

    @property
    def _is_awaited(self) -> bool:
        """Whether the next thing to happen here is up to the client.

        One that is asked before the last was answered has time until it was; then uvicorn's own
        wait between requests begins.
        """
        latest = self._latest
        return latest is None or latest.response_complete or latest.more_body

    @property
    def _latest(self) -> RequestResponseCycle | None:
        """The request whose head came last; none at first, whatever uvicorn's types say."""
        return self.cycle

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(self.whole_within_s, self._give_up)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        latest = self._latest
        is_in_answer = (
            latest is not None and latest.response_started and not latest.response_complete
        )
        if self._head_bytes == 0 or is_in_answer:
            # nothing was asked, or a second answer would stand in the middle of the first
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-length: 0\r\nconnection: close\r\n\r\n".encode()
        )
        self.transport.close()
