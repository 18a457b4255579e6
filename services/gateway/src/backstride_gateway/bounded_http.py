"""HTTP as llhttp reads it, a third of h11's processor time, with a bound on what it may hold.

The parser keeps a request's head until that is whole, however long it is: whoever sends one without
an end would fill the memory, before anybody asked who that is.
"""

from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 64 * 1024
"""Of all that is no body: head, chunks' sizes, trailers. Browsers send some 2 KiB."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection; refused and closed when a request's head does not end."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  uvicorn's own
        super().__init__(*arguments, **options)
        self._head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take what came over the connection."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which routes bound by themselves."""
        self._head_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin to count anew."""
        self._head_bytes = 0
        super().on_message_complete()

    def _refuse(self) -> None:
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-length: 0\r\nconnection: close\r\n\r\n".encode()
        )
        self.transport.close()
