"""How a live stream is written to one client: joined, held back, ended."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Message

from backstride_gateway.api.event_stream import MOST_AT_ONCE, EventStream
from backstride_gateway.live_listener import (
    MAX_QUEUED_UPDATES,
    Listener,
    LiveMessage,
    TreadmillChanged,
    UpdatesDropped,
)
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.waiting import eventually

HOUR_MS = 3_600_000


class Client:
    """The ASGI side of one client, which reads only while `is_reading` is set."""

    def __init__(self) -> None:
        self.started: Message | None = None
        self.bodies: list[bytes] = []
        self.is_ended = False
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        self.is_gone = asyncio.Event()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = message
            return
        await self.is_reading.wait()
        self.is_ended = not message.get("more_body", False)
        if message["body"]:
            self.bodies.append(message["body"])

    async def receive(self) -> Message:
        await self.is_gone.wait()
        return {"type": "http.disconnect"}

    async def has_read(self, count: int) -> None:
        await eventually(
            lambda: len(self.bodies), what=f"{count} writes", holds=lambda found: found >= count
        )


def in_words(message: LiveMessage) -> bytes:
    if isinstance(message, TreadmillChanged):
        reading = message.treadmill.reading
        assert reading is not None
        return f"<{reading.speed_m_per_s:.0f}>".encode()
    if isinstance(message, UpdatesDropped):
        return f"<lost {message.count}>".encode()
    return b"<picture>"


def change(desk: Desk, speed_m_per_s: float) -> None:
    desk.move(1, speed_m_per_s)
    desk.live.publish(is_look_at_all=False)


@asynccontextmanager
async def streaming(
    desk: Desk, client: Client, *, ends_at_ms: float = math.inf, beat_s: float = 60.0
) -> AsyncIterator[tuple[Listener, asyncio.Task[None]]]:
    """Run a stream that has told its picture, when the client reads."""
    listener = desk.live.listen(TREADMILL)
    stream = EventStream(
        listener, in_words, desk.clock, retry_ms=7, ends_at_ms=ends_at_ms, beat_s=beat_s
    )
    before = asyncio.all_tasks()
    running = asyncio.create_task(stream({}, client.receive, client.send))
    await client.has_read(1)
    yield listener, running
    listener.close()
    client.is_reading.set()
    await asyncio.wait_for(running, 5)
    await eventually(
        lambda: asyncio.all_tasks() - before, what="no task left", holds=lambda left: not left
    )


async def test_it_begins_with_the_picture_and_when_to_come_again_and_is_kept_by_nobody() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client):
        assert client.bodies == [b"retry: 7\n<picture>"]
        assert client.started is not None
        headers = dict(client.started["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert headers[b"cache-control"] == b"no-cache"
        assert b"content-length" not in headers
    assert client.is_ended


async def test_what_is_due_goes_out_in_one_write() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client):
        # no turn of the loop in between: all of it is due when the stream wakes
        for speed in (1, 2, 3):
            change(desk, speed)
        await client.has_read(2)
        assert client.bodies[1] == b"<1><2><3>"
        change(desk, 4)
        await client.has_read(3)
        assert client.bodies[2] == b"<4>"


async def test_one_write_holds_only_so_much() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client):
        for _ in range(MOST_AT_ONCE + 2):
            change(desk, 1)
        await client.has_read(3)
        assert client.bodies[1:] == [b"<1>" * MOST_AT_ONCE, b"<1><1>"]


async def test_a_client_that_does_not_read_loses_the_oldest_and_is_told_so() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client):
        client.is_reading.clear()
        change(desk, 1)
        # it is taken, and waits in the write
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for _ in range(MAX_QUEUED_UPDATES + 9):
            change(desk, 2)
        client.is_reading.set()
        await client.has_read(3)
        assert client.bodies[1:] == [b"<1>", b"<lost 9><picture>"]
        change(desk, 3)
        await client.has_read(4)
        assert client.bodies[3] == b"<3>"


async def test_it_ends_when_its_client_goes_though_nothing_happens() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client) as (_, running):
        client.is_gone.set()
        await asyncio.wait_for(running, 5)


async def test_it_ends_at_its_time_though_changes_go_on() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client, ends_at_ms=NOW_MS + HOUR_MS) as (_, running):
        change(desk, 1)
        await client.has_read(2)
        desk.pass_minutes(60)
        change(desk, 2)
        await asyncio.wait_for(running, 5)
    assert client.bodies[1:] == [b"<1>"]
    assert client.is_ended


async def test_it_ends_at_its_time_though_nothing_happens() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client, ends_at_ms=NOW_MS + HOUR_MS, beat_s=0.01) as (_, running):
        desk.pass_minutes(60)
        await asyncio.wait_for(running, 5)
    assert client.is_ended


async def test_a_quiet_stream_is_kept_open_by_pings() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client, beat_s=0.01):
        await client.has_read(4)
    assert set(client.bodies[1:]) == {b": ping\n\n"}


async def test_a_client_that_does_not_read_is_sent_no_heap_of_pings() -> None:
    desk, client = Desk(), Client()
    async with streaming(desk, client, beat_s=0.001):
        client.is_reading.clear()
        beats = asyncio.get_running_loop().time() + 0.05
        await eventually(
            asyncio.get_running_loop().time, what="50 beats", holds=lambda now: now >= beats
        )
        sent = len(client.bodies)
        client.is_reading.set()
        await asyncio.sleep(0)
        # the one that waited in the write, and one that is due
        assert len(client.bodies) - sent <= 2
