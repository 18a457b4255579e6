"""Where a request comes from, over a real connection: who is believed when they say so."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI, Request

from backstride_gateway.api.access import address_of
from backstride_gateway.serving import build_server, listening_socket
from tests.waiting import eventually

HOST = "127.0.0.1"
SAID = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("trusted", "believed"),
    [
        ([], f"http {HOST}"),
        (["192.168.1.4"], f"http {HOST}"),
        ([HOST], "https 203.0.113.9"),
        (["127.0.0.0/8"], "https 203.0.113.9"),
        (["*"], "https 203.0.113.9"),
    ],
)
async def test_only_a_front_that_is_named_says_who_asks(
    trusted: list[str], believed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # uvicorn's own, which is none of our settings
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    app = FastAPI()

    @app.get("/asker")
    async def asker(request: Request) -> str:
        return f"{request.url.scheme} {address_of(request)}"

    server = build_server(app, trusted)
    listener = listening_socket(HOST, 0)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=url) as client:
            await eventually(lambda: server.started, what="the server to listen")
            assert (await client.get("/asker", headers=SAID)).json() == believed
    finally:
        server.should_exit = True
        await serving
