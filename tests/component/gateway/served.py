"""The gateway's app over a desk, for clients that need no socket."""

from functools import cache

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from backstride_gateway.api.app import described_app
from backstride_gateway.api.services import Services


@cache
def _described(host_names: frozenset[str]) -> FastAPI:
    return described_app(host_names)


def served(services: Services, address: str = "127.0.0.1") -> httpx.ASGITransport:
    """Return a transport to the app over these services, from an address.

    FastAPI works each route out when it is first asked for, a fifth of a second for an app. All
    tests therefore share the routes, and each request brings the services that it is for.
    """
    app = _described(services.host_names)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        app.state.services = services
        await app(scope, receive, send)

    return httpx.ASGITransport(serve, client=(address, 50_000))
