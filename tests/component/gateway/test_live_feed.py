import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from backstride_gateway.live_feed import LiveFeed, TooManyListenersError, TooManyOfOneError
from backstride_gateway.live_listener import (
    MAX_QUEUED_UPDATES,
    Listener,
    LiveMessage,
    TreadmillChanged,
    UpdatesDropped,
    WholePicture,
)
from tests.component.gateway.desk import TREADMILL, Desk

OTHER = "demo/treadmill-02"


async def told(listener: Listener) -> AsyncIterator[LiveMessage]:
    """Yield what a stream would be told, one by one, until it ends."""
    while True:
        messages = listener.take(1)
        for message in messages:
            yield message
        if not messages:
            if listener.is_closed:
                return
            await listener.wait()


@asynccontextmanager
async def telling(desk: Desk, *, interval_s: float, look_interval_s: float) -> AsyncIterator[None]:
    running = asyncio.create_task(desk.live.run(interval_s, look_interval_s))
    yield
    running.cancel()
    await asyncio.wait([running])


async def following(messages: AsyncIterator[LiveMessage]) -> LiveMessage:
    return await asyncio.wait_for(anext(messages), 5)


def velocity(message: LiveMessage) -> float | None:
    assert isinstance(message, TreadmillChanged)
    reading = message.treadmill.reading
    return None if reading is None else reading.belt_velocity_m_per_s


async def test_a_listener_first_gets_everything_and_then_what_changes() -> None:
    desk = Desk()
    desk.move(3)
    messages = told(desk.live.listen())
    first = await following(messages)
    assert isinstance(first, WholePicture)
    assert [one.treadmill for one in first.treadmills] == [TREADMILL]
    desk.live.publish(is_look_at_all=False)
    assert velocity(await following(messages)) == 1.0
    desk.move(1, -0.8)
    desk.live.publish(is_look_at_all=False)
    assert velocity(await following(messages)) == -0.8


async def test_changes_in_between_go_out_as_one() -> None:
    desk = Desk()
    listener = desk.live.listen()
    messages = told(listener)
    await following(messages)
    for speed in (0.5, 0.6, 0.7):
        desk.move(1, speed)
    desk.live.publish(is_look_at_all=False)
    assert velocity(await following(messages)) == 0.7
    listener.close()
    with pytest.raises(StopAsyncIteration):
        await following(messages)


async def test_a_listener_of_one_treadmill_hears_of_no_other() -> None:
    desk = Desk()
    desk.move(1, treadmill=OTHER)
    messages = told(desk.live.listen(TREADMILL))
    first = await following(messages)
    assert isinstance(first, WholePicture)
    assert first.treadmills == ()
    desk.move(1, treadmill=OTHER)
    desk.live.publish(is_look_at_all=False)
    desk.move(1, 0.9)
    desk.live.publish(is_look_at_all=False)
    update = await following(messages)
    assert isinstance(update, TreadmillChanged)
    assert update.treadmill.treadmill == TREADMILL


async def test_what_changed_while_nobody_followed_is_in_the_picture_and_not_told_again() -> None:
    desk = Desk()
    for speed in (0.5, -0.6):
        desk.move(1, speed)
        desk.live.publish(is_look_at_all=True)
    messages = told(desk.live.listen(TREADMILL))
    first = await following(messages)
    assert isinstance(first, WholePicture)
    assert first.treadmills[0].reading is not None
    assert first.treadmills[0].reading.belt_velocity_m_per_s == -0.6
    desk.live.publish(is_look_at_all=False)
    desk.move(1, 0.9)
    desk.live.publish(is_look_at_all=False)
    assert velocity(await following(messages)) == 0.9


async def test_a_slow_listener_loses_the_oldest_is_told_and_gets_everything_again() -> None:
    desk = Desk()
    messages = told(desk.live.listen())
    await following(messages)
    for _ in range(MAX_QUEUED_UPDATES + 7):
        desk.move(1)
        desk.live.publish(is_look_at_all=False)
    dropped = await following(messages)
    assert isinstance(dropped, UpdatesDropped)
    assert dropped.count == 7
    picture = await following(messages)
    assert isinstance(picture, WholePicture)
    assert picture.treadmills[0].reading is not None
    assert picture.treadmills[0].reading.measured_at_ms == desk.now_ms
    desk.move(1, -0.5)
    desk.live.publish(is_look_at_all=False)
    assert velocity(await following(messages)) == -0.5


async def test_a_fast_listener_is_not_held_up_by_a_slow_one() -> None:
    desk = Desk()
    slow, fast = told(desk.live.listen()), told(desk.live.listen())
    await following(slow)
    await following(fast)
    for _ in range(MAX_QUEUED_UPDATES + 1):
        desk.move(1)
        desk.live.publish(is_look_at_all=False)
        assert isinstance(await following(fast), TreadmillChanged)
    assert isinstance(await following(slow), UpdatesDropped)


async def test_a_treadmill_that_falls_silent_is_told_of_by_time_alone() -> None:
    desk = Desk()
    desk.move(1)
    desk.live.publish(is_look_at_all=True)
    messages = told(desk.live.listen())
    await following(messages)
    desk.live.publish(is_look_at_all=True)
    desk.pass_minutes(1)
    desk.live.publish(is_look_at_all=True)
    update = await following(messages)
    assert isinstance(update, TreadmillChanged)
    assert update.treadmill.status == "silent"


async def test_a_change_is_told_at_once_and_not_with_the_next_look_at_all() -> None:
    desk = Desk()
    async with telling(desk, interval_s=0.0, look_interval_s=3600.0):
        messages = told(desk.live.listen())
        await following(messages)
        for speed in (0.5, -0.6):
            desk.move(1, speed)
            assert velocity(await following(messages)) == speed


async def test_changes_of_an_interval_are_told_as_one_when_it_is_over() -> None:
    desk = Desk()
    listener = desk.live.listen()
    listener.take(1)
    async with telling(desk, interval_s=0.05, look_interval_s=3600.0):
        messages = told(listener)
        for speed in (0.5, 0.6):
            desk.move(1, speed)
        # told before any interval has begun
        assert velocity(await following(messages)) == 0.6
        for speed in (0.7, 0.8):
            desk.move(1, speed)
            for _ in range(10):
                await asyncio.sleep(0)
        assert velocity(await following(messages)) == 0.8


async def test_what_changes_by_time_alone_is_told_though_nothing_comes() -> None:
    desk = Desk()
    desk.move(1)
    desk.live.publish(is_look_at_all=True)
    messages = told(desk.live.listen())
    await following(messages)
    async with telling(desk, interval_s=0.0, look_interval_s=0.01):
        desk.pass_minutes(1)
        update = await following(messages)
    assert isinstance(update, TreadmillChanged)
    assert update.treadmill.status == "silent"


async def test_ids_differ_from_one_update_to_the_next() -> None:
    desk = Desk()
    messages = told(desk.live.listen())
    ids = [(await following(messages)).event_id]
    for _ in range(3):
        desk.move(1)
        desk.live.publish(is_look_at_all=False)
        ids.append((await following(messages)).event_id)
    assert len(set(ids)) == 4


async def test_streams_end_when_the_feed_closes_also_those_that_begin_later() -> None:
    desk = Desk()
    messages = told(desk.live.listen())
    await following(messages)
    waiting = asyncio.ensure_future(anext(messages))
    await asyncio.sleep(0)
    desk.live.close()
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(waiting, 5)
    later = told(desk.live.listen())
    await following(later)
    with pytest.raises(StopAsyncIteration):
        await following(later)


def test_there_are_only_so_many_listeners_at_once() -> None:
    feed = LiveFeed(Desk().clock, max_listeners=3)
    listeners: list[Listener] = [feed.listen(one) for one in (None, TREADMILL, TREADMILL)]
    with pytest.raises(TooManyListenersError):
        feed.listen()
    feed.leave(listeners[1])
    # a stream that ended twice makes room once
    feed.leave(listeners[1])
    feed.listen(OTHER)
    with pytest.raises(TooManyListenersError):
        feed.listen()


def test_one_follower_leaves_room_for_others() -> None:
    feed = LiveFeed(Desk().clock, max_listeners=4, max_listeners_of_one=2)
    first = feed.listen(None, "ann")
    feed.listen(TREADMILL, "ann")
    with pytest.raises(TooManyOfOneError):
        feed.listen(None, "ann")
    feed.listen(None, "bob")
    feed.leave(first)
    feed.leave(first)
    feed.listen(None, "ann")
    with pytest.raises(TooManyOfOneError):
        feed.listen(None, "ann")


async def test_all_listeners_of_a_change_get_one_and_the_same() -> None:
    desk = Desk()
    desk.move(1)
    desk.live.publish(is_look_at_all=False)
    streams = [told(desk.live.listen(one)) for one in (None, TREADMILL, TREADMILL)]
    for messages in streams:
        await following(messages)
    desk.move(1, 0.9)
    desk.live.publish(is_look_at_all=False)
    first, *others = [await following(messages) for messages in streams]
    assert isinstance(first, TreadmillChanged)
    assert all(other is first for other in others)


async def test_what_is_due_is_taken_together_and_in_order_but_not_more_than_asked_for() -> None:
    desk = Desk()
    listener = desk.live.listen()
    listener.take(1)
    for number in range(5):
        desk.move(1, 0.5 + number / 10)
        desk.live.publish(is_look_at_all=False)
    assert [velocity(one) for one in listener.take(3)] == [0.5, 0.6, 0.7]
    assert [velocity(one) for one in listener.take(3)] == [0.8, 0.9]
    assert listener.take(3) == []
