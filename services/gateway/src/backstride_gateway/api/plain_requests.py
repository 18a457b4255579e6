"""What no address of ours holds: a NUL, which PostgreSQL cannot even be asked for.

Nothing has such an id, so a path with one is absent; a parameter with one is not valid.
"""

from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from backstride_gateway.api.problems import problem_response

_NUL: Final = "\x00"
_NUL_IN_QUERY: Final = b"%00"


class PlainRequests:
    """ASGI middleware: answers requests whose address holds a NUL."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            if _NUL in scope["path"]:
                refusal = problem_response("not-found", HTTPStatus.NOT_FOUND, "Not Found")
                await refusal(scope, receive, send)
                return
            if _NUL_IN_QUERY in scope["query_string"]:
                refusal = problem_response(
                    "request-invalid",
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "The request is not valid",
                    detail="query: no parameter holds a NUL (%00)",
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)
