import asyncio

import pytest

from backstride_gateway.domain.delivery import is_delivered
from backstride_gateway.ports import LogUnavailableError
from backstride_shared.frames import ClaimEvent, ReleaseEvent
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import TREADMILL, Desk
from tests.waiting import eventually

KEY = TreadmillKey(TREADMILL)


def claimed(desk: Desk) -> str:
    desk.add_member("m")
    return desk.claiming.claim(KEY, "m", None).claim.claim_id


async def test_a_claim_is_sent_once_and_kept_until_a_stored_state_holds_it() -> None:
    desk = Desk()
    claim_id = claimed(desk)
    assert await desk.delivery.deliver_once() == 1
    assert await desk.delivery.deliver_once() == 1
    assert len(desk.log.frames) == 1
    desk.log.store_states(desk.history, desk.now_ms)
    assert await desk.delivery.deliver_once() == 0
    assert is_delivered(desk.claims.rows[claim_id])


async def test_a_claim_that_the_log_lost_is_sent_again() -> None:
    """The embedded broker is volatile: an acknowledgement is not enough."""
    desk = Desk()
    claimed(desk)
    await desk.delivery.deliver_once()
    desk.log.frames.clear()
    desk.pass_minutes(0.2)
    await desk.delivery.deliver_once()
    assert len(desk.log.frames) == 1


async def test_sending_again_slows_down() -> None:
    desk = Desk()
    claimed(desk)
    for _ in range(600):
        await desk.delivery.deliver_once()
        desk.now_ms += 1000
    assert 5 <= len(desk.log.frames) <= 20


async def test_a_release_is_sent_though_the_claim_was_just_sent() -> None:
    desk = Desk()
    claim_id = claimed(desk)
    await desk.delivery.deliver_once()
    desk.now_ms += 1000
    desk.claiming.release(KEY, None)
    await desk.delivery.deliver_once()
    (_, first), (_, second) = desk.log.frames
    assert [type(event) for event in first] == [ClaimEvent]
    assert [type(event) for event in second] == [ClaimEvent, ReleaseEvent]
    desk.log.store_states(desk.history, desk.now_ms)
    assert await desk.delivery.deliver_once() == 0
    state = desk.history.stored_states[TREADMILL].state
    assert [(one.claim_id, one.released_at_ms) for one in state.claims] == [(claim_id, desk.now_ms)]


async def test_claims_go_out_in_the_order_of_their_times() -> None:
    desk = Desk()
    desk.add_member("m")
    desk.add_member("n", "1002")
    for minute, member_id in enumerate(("m", "n", "m")):
        desk.now_ms += minute * 60_000
        desk.claiming.claim(KEY, member_id, None)
    await desk.delivery.deliver_once()
    times = [
        event.claim.claimed_at_ms
        for _, events in desk.log.frames
        for event in events
        if isinstance(event, ClaimEvent)
    ]
    assert times == sorted(times)
    assert len(times) == 3


async def test_without_the_log_the_claim_waits_and_is_not_lost() -> None:
    desk = Desk()
    claimed(desk)
    desk.log.is_away = True
    with pytest.raises(LogUnavailableError):
        await desk.delivery.deliver_once()
    desk.log.is_away = False
    await desk.delivery.deliver_once()
    assert len(desk.log.frames) == 1


async def test_the_loop_delivers_when_woken_and_names_what_stands_in_the_way() -> None:
    desk = Desk()
    problems: list[str | None] = []
    task = asyncio.create_task(desk.delivery.run(problems.append))
    await eventually(lambda: problems, what="the first look at an empty outbox")
    desk.log.is_away = True
    claimed(desk)
    desk.delivery.wake()
    await eventually(lambda: "kafka" in problems, what="the log named as missing")
    desk.log.is_away = False
    desk.delivery.wake()
    await eventually(lambda: desk.log.frames, what="the claim in the log")
    desk.claims.is_away = True
    desk.delivery.wake()
    await eventually(lambda: "database" in problems, what="the store named as missing")
    task.cancel()
    await asyncio.wait([task])
