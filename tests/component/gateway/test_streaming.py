"""The live stream over a real socket, and a server that stops while streams are open."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from backstride_gateway.api.app import build_app
from backstride_gateway.live_feed import MAX_LISTENERS_OF_ONE
from backstride_gateway.serving import (
    AddressInUseError,
    Server,
    build_server,
    listening_socket,
)
from tests.component.gateway.desk import Desk
from tests.waiting import eventually


@dataclass
class Event:
    name: str
    event_id: str
    data: Any


@dataclass
class Served:
    desk: Desk
    server: Server
    client: httpx.AsyncClient
    serving: asyncio.Task[None]

    async def stop(self) -> None:
        self.desk.live.close()
        self.server.should_exit = True
        await asyncio.wait_for(asyncio.shield(self.serving), 20)


@asynccontextmanager
async def _served() -> AsyncIterator[Served]:
    desk = Desk()
    listener = listening_socket("127.0.0.1", 0)
    server = build_server(build_app(desk.services))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    running = asyncio.create_task(desk.live.run())
    port = listener.getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        await eventually(lambda: server.started, what="the server to listen")
        yield Served(desk, server, client, serving)
        served = Served(desk, server, client, serving)
        await served.stop()
    running.cancel()
    await asyncio.wait([running])


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with _served() as found:
        yield found


async def events_of(response: httpx.Response) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Event(fields["event"], fields["id"], json.loads(fields["data"]))
            fields = {}


async def test_a_stream_begins_with_the_picture_and_follows_each_change(served: Served) -> None:
    served.desk.move(5, 1.2)
    async with served.client.stream("GET", "/v1/live") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "default-src 'none'" in response.headers["content-security-policy"]
        events = events_of(response)
        picture = await anext(events)
        assert picture.name == "picture"
        assert picture.data["treadmills"][0]["belt_velocity_m_per_s"] == 1.2
        served.desk.move(1, -0.9)
        async for event in events:
            assert event.name == "treadmill"
            if event.data["direction"] == "reverse":
                assert event.data["belt_velocity_m_per_s"] == -0.9
                break


async def test_a_stream_of_one_treadmill_leaves_the_others_out(served: Served) -> None:
    served.desk.move(1, treadmill="demo/treadmill-02")
    path = "/v1/live?treadmill=demo/treadmill-01"
    async with served.client.stream("GET", path) as response:
        picture = await anext(events_of(response))
        assert picture.data["treadmills"] == []


async def test_a_stream_that_resumes_begins_with_the_whole_picture(served: Served) -> None:
    served.desk.move(1)
    headers = {"Last-Event-ID": "1-99"}
    async with served.client.stream("GET", "/v1/live", headers=headers) as response:
        assert (await anext(events_of(response))).name == "picture"


async def test_a_treadmill_that_cannot_be_is_refused_before_the_stream(served: Served) -> None:
    response = await served.client.get("/v1/live?treadmill=NOT")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_listener_is_forgotten_when_its_client_goes(served: Served) -> None:
    async def listeners() -> float:
        text = (await served.client.get("/metrics")).text
        (line,) = [
            one for one in text.splitlines() if one.startswith("backstride_gateway_live_listeners")
        ]
        return float(line.split()[-1])

    async with served.client.stream("GET", "/v1/live") as response:
        events = events_of(response)  # dropped, it would close the stream
        await anext(events)
        assert await listeners() == 1
    served.desk.move(1)
    await eventually(listeners, what="the listener forgotten", holds=lambda count: count == 0)


async def test_somebody_with_too_many_streams_is_told_and_may_open_one_when_another_is_closed(
    served: Served,
) -> None:
    async with AsyncExitStack() as streams:

        async def open_one() -> AsyncExitStack:
            stream = await streams.enter_async_context(AsyncExitStack())
            response = await stream.enter_async_context(served.client.stream("GET", "/v1/live"))
            assert response.status_code == 200
            return stream

        first = await open_one()
        for _ in range(MAX_LISTENERS_OF_ONE - 1):
            await open_one()
        refused = await served.client.get("/v1/live")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["type"] == "urn:backstride:problem:too-many-streams-of-one"
        await first.aclose()

        async def status() -> int:
            async with served.client.stream("GET", "/v1/live") as response:
                return response.status_code

        await eventually(status, what="room for a stream", holds=lambda found: found == 200)


async def test_a_client_that_does_not_read_is_told_within_some_hundred_updates(
    served: Served,
) -> None:
    """What the system keeps for a connection by itself would hold two thousand of them."""
    base_url = served.client.base_url
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)  # noqa: FBT003  positional only
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, (base_url.host, base_url.port))
        asked = f"GET /v1/live HTTP/1.1\r\nHost: {base_url.host}\r\n\r\n"
        await loop.sock_sendall(connection, asked.encode())
        text = await loop.sock_recv(connection, 1_024)
        for _ in range(700):
            served.desk.move(1)
            served.desk.live.publish(is_look_at_all=False)
            # the stream has its turn
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            while b"event: dropped" not in text:
                text += await loop.sock_recv(connection, 2**16)


async def test_the_server_stops_though_streams_are_open(served: Served) -> None:
    async with served.client.stream("GET", "/v1/live") as response:
        events = events_of(response)
        await anext(events)
        stopping = asyncio.create_task(served.stop())
        async for _ in events:
            pass
        await stopping
    assert served.serving.done()


def test_a_busy_port_is_named_in_one_line() -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressInUseError, match=f"port {port}.*BACKSTRIDE_HTTP__PORT"):
            listening_socket("127.0.0.1", port)
