"""Every request gets an id, and nobody gets more than their share of answers.

The id is that of the asker when it is a plain one, else a new one; it stands in the answer, in
problems and in the log. Askers are told apart by their session or token, and all together by their
address, so that one who makes up a new token for each request gains nothing.
"""

import re
import threading
from hashlib import sha256
from http import HTTPStatus
from typing import Final
from uuid import uuid4

import structlog
from prometheus_client import Counter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backstride_gateway.api.access import SESSION_COOKIE, address_of
from backstride_gateway.api.problems import REQUEST_ID, problem_response
from backstride_gateway.domain.rate_limiting import Rate, TokenBuckets
from backstride_gateway.ports import Clock

REQUEST_ID_HEADER: Final = "X-Request-Id"
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LIMITED: Final = "/v1/"
_MS_PER_S: Final = 1000

_THROTTLED = Counter(
    "backstride_gateway_requests_throttled_total",
    "Requests refused because their asker had too many",
    ["by"],
)


class RequestIds:
    """ASGI middleware: gives each request an id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _PLAIN_ID.fullmatch(given) else uuid4().hex
        scope[REQUEST_ID] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)


class RateLimits:
    """ASGI middleware: refuses requests to the API beyond what an asker may make."""

    def __init__(self, app: ASGIApp, clock: Clock, per_asker: Rate, per_address: Rate) -> None:
        self._app = app
        self._clock = clock
        self._askers = TokenBuckets(per_asker)
        self._addresses = TokenBuckets(per_address)
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["path"].startswith(_LIMITED):
            wait_ms = self._wait_ms(Request(scope))
            if wait_ms > 0:
                wait_s = -(-wait_ms // _MS_PER_S)
                refusal = problem_response(
                    "too-many-requests",
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "Too many requests",
                    detail=f"try again in {wait_s} s",
                )
                refusal.headers["Retry-After"] = str(wait_s)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _wait_ms(self, request: Request) -> int:
        credential = request.headers.get("authorization") or request.cookies.get(SESSION_COOKIE)
        now_ms = self._clock()
        with self._lock:
            wait_ms = self._addresses.take(address_of(request), now_ms)
            if wait_ms > 0:
                _THROTTLED.labels("address").inc()
                return wait_ms
            if credential is None:
                return 0
            # its hash: no secret is kept here
            wait_ms = self._askers.take(sha256(credential.encode()).hexdigest(), now_ms)
            if wait_ms > 0:
                _THROTTLED.labels("asker").inc()
            return wait_ms
