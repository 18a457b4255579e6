"""The FastAPI app: routes, errors, protection, put together from what it is given."""

import time
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backstride_gateway.api import (
    accounts,
    acknowledgements,
    alerts,
    changes,
    code_sheet,
    console_access,
    demo,
    erasures,
    exports,
    gym_statistics,
    gyms,
    live,
    member_body,
    members,
    memberships,
    platform,
    progress,
    sessions,
    summaries,
    treadmill_codes,
    treadmills,
)
from backstride_gateway.api.access import ACCESS_TOKEN
from backstride_gateway.api.conditional_reads import ConditionalReads
from backstride_gateway.api.pages import pages_router
from backstride_gateway.api.plain_requests import PlainRequests
from backstride_gateway.api.problems import MEDIA_TYPE, Problem, answer_with_problems
from backstride_gateway.api.protection import Protection
from backstride_gateway.api.requests import RateLimits, RequestIds
from backstride_gateway.api.services import Services

_DESCRIPTION: Final = """\
The open platform for gyms with treadmills whose belt runs both ways.

Units are SI and kcal and stand in the names; times are UTC. *Forward* and *backward* mean the
user's gait, *direction* and the signed *velocity* are the belt's (negative in reverse). Energy
comes with its band of ±1 SD. Errors are `application/problem+json` (RFC 9457).

Except in a demonstration, everything but the entrance needs somebody who signed in: a browser by
its cookie, with `X-CSRF-Token` for whatever changes something, a program by
`Authorization: Bearer` and an access token. What is foreign is answered like what is absent.
"""

_REQUESTS = Counter(
    "backstride_gateway_requests_total", "Requests answered", ["route", "method", "status"]
)
_SECONDS = Histogram(
    "backstride_gateway_request_seconds", "Until the answer began", ["route", "method"]
)


def build_app(services: Services) -> FastAPI:
    """Return the app over these services; it opens nothing by itself."""
    app = described_app(services.host_names)
    app.state.services = services
    limits = services.rate_limits
    app.add_middleware(
        RateLimits,
        clock=services.clock,
        per_asker=limits.per_asker,
        per_address=limits.per_address,
    )
    # the last one is the first that a request meets
    app.add_middleware(RequestIds)
    return app


def described_app(host_names: frozenset[str] = frozenset()) -> FastAPI:
    """Return the app without anything behind it: enough to describe it.

    It answers under these names and those of this machine.
    """
    app = FastAPI(
        title="Backstride",
        version="1",
        description=_DESCRIPTION,
        # the interactive pages would load scripts from another host
        docs_url=None,
        redoc_url=None,
        responses={
            422: {"model": Problem, "description": "The request is not valid"},
            429: {"model": Problem, "description": "Too many requests; Retry-After says when"},
        },
        generate_unique_id_function=lambda route: route.name,
    )
    # looked through in this order: what is asked most comes first
    app.include_router(summaries.router)
    app.include_router(treadmills.router)
    app.include_router(live.router)
    app.include_router(members.router)
    app.include_router(member_body.router)
    app.include_router(console_access.router)
    app.include_router(progress.router)
    app.include_router(sessions.router)
    app.include_router(changes.router)
    app.include_router(erasures.router)
    app.include_router(erasures.receipts)
    app.include_router(exports.router)
    app.include_router(accounts.entrance)
    app.include_router(accounts.router)
    app.include_router(memberships.router)
    app.include_router(gyms.router)
    app.include_router(gym_statistics.router)
    app.include_router(treadmill_codes.router)
    app.include_router(code_sheet.router)
    app.include_router(alerts.router)
    app.include_router(acknowledgements.router)
    app.include_router(platform.router)
    app.include_router(demo.router)
    app.include_router(platform.health)
    app.include_router(pages_router())
    answer_with_problems(app)
    app.add_middleware(ConditionalReads)
    app.add_middleware(PlainRequests)
    app.add_middleware(Measuring)
    app.add_middleware(Protection, host_names=host_names)
    generate = app.openapi
    app.openapi = cache(lambda: _with_tokens(_with_problems(generate())))  # type: ignore[method-assign]
    return app


class Measuring:
    """ASGI middleware: counts answers by route, and how long they took to begin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                # the route's pattern, not the path: ids would make millions of series
                route = getattr(scope.get("route"), "path", "none")
                _REQUESTS.labels(route, scope["method"], message["status"]).inc()
                _SECONDS.labels(route, scope["method"]).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, send_measured)


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Tell in an OpenAPI document what FastAPI cannot be told of errors.

    They are problem+json, a body that is no text at all is answered 400, and what is known 304.
    """
    for path in document["paths"].values():
        for method, operation in path.items():
            answers = operation["responses"]
            if method == "get" and "application/json" in answers.get("200", {}).get("content", {}):
                answers["304"] = {"description": "It is what If-None-Match says (ETag)"}
            if "requestBody" in operation:
                operation["responses"]["400"] = {
                    "description": "The body cannot be read",
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            for status, response in operation["responses"].items():
                if status >= "400":
                    (schema,) = response["content"].values()
                    response["content"] = {MEDIA_TYPE: schema}
    return document


def _with_tokens(document: dict[str, Any]) -> dict[str, Any]:
    """Tell in an OpenAPI document that a program's token does where a browser's cookie does."""
    name = ACCESS_TOKEN.scheme_name
    document["components"]["securitySchemes"][name] = ACCESS_TOKEN.model.model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    for path in document["paths"].values():
        for operation in path.values():
            if "security" in operation:
                operation["security"].append({name: []})
    return document
