"""What a page has already it is not sent again: ETag and If-None-Match for what is read as JSON.

The tag is a hash of the answer, so it needs no knowledge of what is behind it: it saves the way,
not the work. Whoever tags an answer by a version of its own keeps that tag.
"""

from hashlib import blake2b
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TAGGED: Final = "/v1/"
_TAG_BYTES: Final = 16
_OK: Final = 200
_NOT_MODIFIED: Final = 304


def weak_tag_of(body: bytes) -> str:
    """Return the ETag of an answer that is known by what it says."""
    return f'W/"{blake2b(body, digest_size=_TAG_BYTES).hexdigest()}"'


class ConditionalReads:
    """ASGI middleware: answers 304 to who says that they have it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or not scope["path"].startswith(_TAGGED)
        ):
            await self._app(scope, receive, send)
            return
        answer = _Answer(Headers(scope=scope).get("if-none-match", ""), send)
        await self._app(scope, receive, answer.take)


class _Answer:
    """Holds a JSON answer back until it is whole; lets everything else through."""

    def __init__(self, if_none_match: str, send: Send) -> None:
        self._known = {_opaque(tag) for tag in if_none_match.split(",")}
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_tagged(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            await self._finish(self._start, b"".join(self._parts))

    async def _finish(self, start: Message, body: bytes) -> None:
        headers = MutableHeaders(scope=start)
        tag = headers.get("etag")
        if tag is None:
            tag = headers["ETag"] = weak_tag_of(body)
        # a member's data: kept by their browser alone, and asked for each time
        headers.setdefault("Cache-Control", "private, no-cache")
        if _opaque(tag) in self._known or "*" in self._known:
            start["status"], body = _NOT_MODIFIED, b""
            del headers["content-length"]
            del headers["content-type"]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_tagged(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return bool(start["status"] == _OK and kind.startswith("application/json"))


def _opaque(tag: str) -> str:
    """Return a tag for the weak comparison of RFC 9110, section 13.1.2."""
    return tag.strip().removeprefix("W/")
