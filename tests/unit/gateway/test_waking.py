import asyncio

import pytest

from backstride_gateway.waking import Waking


async def is_awake(waking: Waking) -> bool:
    """Return whether who waits goes on in some turns of the loop."""
    waiting = asyncio.create_task(waking.wait())
    for _ in range(5):
        await asyncio.sleep(0)
    is_done = waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    return is_done


async def test_who_waits_sleeps_until_it_is_woken() -> None:
    waking = Waking()
    waiting = asyncio.create_task(waking.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    waking.wake()
    # once more in the same turn: many changes may come in one
    waking.wake()
    await asyncio.wait_for(waiting, 5)


async def test_what_woke_before_anybody_waited_is_not_lost() -> None:
    waking = Waking()
    waking.wake()
    assert await is_awake(waking)
    assert await is_awake(waking)
    waking.forget()
    assert not await is_awake(waking)


async def test_after_one_who_gave_up_the_next_one_is_woken() -> None:
    waking = Waking()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await waking.wait()
    waking.wake()
    waking.forget()
    assert not await is_awake(waking)
    waking.wake()
    assert await is_awake(waking)


def test_it_waits_in_whichever_loop_it_is_asked() -> None:
    waking = Waking()
    for _ in range(2):
        assert not asyncio.run(is_awake(waking))
