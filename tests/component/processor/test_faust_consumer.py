import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from backstride_processor.adapters.faust_app import build_app
from backstride_processor.adapters.faust_consumer import SteadyConsumer
from backstride_shared.settings import KafkaBlock

EVENTS = TP("treadmill-events.v1", 0)
CHANGELOG = TP("changelog", 0)


class SlowThread:
    """A consumer thread whose fetches last until they are let go."""

    def __init__(self) -> None:
        self.is_fetching = asyncio.Event()
        self.lets_go = asyncio.Event()
        self.fetches_from: set[TP] = set()
        self.sought: list[Mapping[TP, int] | str] = []

    async def getmany(self, active_partitions: set[TP], *_timeout: float) -> dict[TP, list[Any]]:
        """Fetch nothing, slowly."""
        self.fetches_from = active_partitions
        self.is_fetching.set()
        await self.lets_go.wait()
        return {}

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Take note of a seek."""
        self.sought.append(partitions)

    async def seek_to_committed(self) -> dict[TP, int]:
        """Take note of a seek."""
        self.sought.append("committed")
        return {}


@pytest.fixture
async def consumer(tmp_path: Path) -> SteadyConsumer:
    """Lend a consumer that never meets a broker."""
    app = build_app(KafkaBlock(), tmp_path, session_timeout_s=10.0, buffered_frames=16)
    app.finalize()
    consumer = app.consumer
    assert isinstance(consumer, SteadyConsumer)
    consumer._thread.thread_loop.close()  # noqa: SLF001  it was never started
    return consumer


async def test_a_seek_waits_for_the_fetch_under_way(consumer: SteadyConsumer) -> None:
    thread = SlowThread()
    consumer._thread = thread  # type: ignore[assignment]  # noqa: SLF001  its only seam
    fetch = asyncio.create_task(consumer._getmany({EVENTS}, 1.0))  # noqa: SLF001  as Faust does
    await thread.is_fetching.wait()

    seeks = [
        asyncio.create_task(consumer.seek_wait({CHANGELOG: 0})),
        asyncio.create_task(consumer.perform_seek()),
    ]
    _, waiting = await asyncio.wait(seeks, timeout=0.05)
    assert (len(waiting), thread.sought) == (2, [])
    thread.lets_go.set()
    await asyncio.gather(fetch, *seeks)

    assert thread.sought == [{CHANGELOG: 0}, "committed"]


async def test_a_fetch_under_way_does_not_see_partitions_that_are_paused_or_resumed(
    consumer: SteadyConsumer,
) -> None:
    thread = SlowThread()
    consumer._thread = thread  # type: ignore[assignment]  # noqa: SLF001  its only seam
    active = {CHANGELOG}
    fetch = asyncio.create_task(consumer._getmany(active, 1.0))  # noqa: SLF001  as Faust does
    await thread.is_fetching.wait()

    active.clear()
    active.add(EVENTS)
    thread.lets_go.set()
    await fetch

    assert thread.fetches_from == {CHANGELOG}
