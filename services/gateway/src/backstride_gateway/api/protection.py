"""What protects the API from the pages of other sites.

A site that a member visits can make their browser send requests to 127.0.0.1 or to the gym. It is
kept out by the host name (DNS rebinding), by the origin of requests that change something, and by
the absence of any permission to read answers across origins.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backstride_gateway.api.problems import problem_response

_LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

MAX_BODY_BYTES: Final = 16 * 1024
"""The largest body is a profile of a few hundred bytes."""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# as ASGI has them: seven look-ups by MutableHeaders take longer than all else here
_HEADERS: Final = tuple(
    (name.lower().encode("latin-1"), value.encode("latin-1"))
    for name, value in {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }.items()
)


class Protection:
    """ASGI middleware: refuses foreign hosts and origins, adds the security headers."""

    def __init__(self, app: ASGIApp, host_names: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._host_names = _LOCAL_HOSTS | host_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = message["headers"] = list(message["headers"])
                names = {name for name, _ in sent}
                sent.extend(header for header in _HEADERS if header[0] not in names)
            await send(message)

        host = headers.get("host", "")
        if _name_of(host) not in self._host_names:
            refusal = problem_response(
                "host-refused",
                HTTPStatus.MISDIRECTED_REQUEST,
                "Not served under this name",
                detail=f"asked for as {host!r}",
            )
            await refusal(scope, receive, send_protected)
            return
        if _declared_bytes(headers) > MAX_BODY_BYTES:
            # a body that does not declare its size is cut off by the routes
            refusal = problem_response(
                "request-entity-too-large",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"A body has {MAX_BODY_BYTES} bytes at most",
            )
            await refusal(scope, receive, send_protected)
            return
        if scope["method"] not in _SAFE_METHODS and _is_foreign(headers, host):
            refusal = problem_response(
                "origin-refused",
                HTTPStatus.FORBIDDEN,
                "Another site may not change anything here",
            )
            await refusal(scope, receive, send_protected)
            return
        await self._app(scope, receive, send_protected)


def _name_of(host: str) -> str:
    """Return the name or address of a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _declared_bytes(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isdecimal() else 0


def _is_foreign(headers: Headers, host: str) -> bool:
    """Return whether a browser says that another site made the request; curl says nothing."""
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and _host_of(origin) != host


def _host_of(origin: str) -> str | None:
    """Return host and port of an origin; None, which is nobody's host, when it cannot be one."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
