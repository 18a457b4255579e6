"""Taking over a session of nobody, and that a member has one treadmill at a time."""

from dataclasses import replace

import pytest

from backstride_gateway.claiming import ClaimedByAnotherError, ElsewhereThenError, PastClaimedError
from backstride_gateway.domain.members import Profile
from backstride_gateway.domain.sessions import SessionRecord
from backstride_gateway.ports import LogUnavailableError
from backstride_gateway.taking_over import NothingToTakeOverError
from backstride_shared.fold import TreadmillsFold
from backstride_shared.frames import ClaimEvent, Refold, ReleaseEvent
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import ConsoleClaimMessage
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.two_gyms import TwoGyms
from tests.factories.session_records import session_record

KEY, OTHER = TreadmillKey(TREADMILL), TreadmillKey("demo/treadmill-02")
MINUTE_MS = 60_000


def desk_with_session(ended_minutes_ago: float = 5.0, session_id: str = "s") -> Desk:
    desk = Desk()
    desk.add_member("m", "1001", Profile(display_name="Ada", mass_kg=62.0, birth_year=1996))
    desk.add_member("n", "1002")
    run_as_nobody(desk, ended_minutes_ago, session_id)
    return desk


def run_as_nobody(desk: Desk, ended_minutes_ago: float, session_id: str = "s") -> SessionRecord:
    started_at_ms = desk.now_ms - round((ended_minutes_ago + 10) * MINUTE_MS)
    session = session_record(session_id, started_at_ms, treadmill=TREADMILL, duration_s=600)
    desk.history.put(session)
    return session


def test_a_session_just_finished_becomes_a_claim_of_its_interval() -> None:
    desk = desk_with_session()
    outcome = desk.services.taking_over.take_over(KEY, "m")
    claim = outcome.claim
    assert outcome.is_new
    assert claim.claimed_at_ms == NOW_MS - 15 * MINUTE_MS
    # the last reading is inside
    assert claim.released_at_ms == NOW_MS - 5 * MINUTE_MS + 1
    assert claim.wearer.mass_kg == 62.0
    view = desk.live.treadmill(TREADMILL)
    assert view is not None
    assert view.claim is None, "the past is theirs, the treadmill is free"


def test_a_running_session_goes_on_as_the_members() -> None:
    desk = Desk()
    desk.add_member("m", "1001")
    desk.move(660)
    session = session_record("s", NOW_MS + 1000, treadmill=TREADMILL, duration_s=659)
    desk.history.put(session)
    claim = desk.services.taking_over.take_over(KEY, "m").claim
    assert claim.released_at_ms is None
    view = desk.live.treadmill(TREADMILL)
    assert view is not None
    assert view.claim is not None, "before the log has learned of it"
    assert desk.claiming.release(KEY, "m").claim_id == claim.claim_id


def test_fifteen_minutes_after_its_last_motion_nothing_is_offered() -> None:
    desk = desk_with_session(ended_minutes_ago=15.0)
    assert desk.services.taking_over.offer(KEY) is not None
    desk.now_ms += 1
    assert desk.services.taking_over.offer(KEY) is None
    with pytest.raises(NothingToTakeOverError):
        desk.services.taking_over.take_over(KEY, "m")


def test_asked_for_twice_it_is_the_same_claim_also_when_it_is_folded() -> None:
    desk = desk_with_session()
    first = desk.services.taking_over.take_over(KEY, "m")
    again = desk.services.taking_over.take_over(KEY, "m")
    assert (again.claim, again.is_new) == (first.claim, False)
    session = desk.history.get("s")
    assert session is not None
    desk.history.put(replace(session, claim_id=first.claim.claim_id))
    folded = desk.services.taking_over.take_over(KEY, "m")
    assert (folded.claim, folded.is_new) == (first.claim, False)
    assert len(desk.claims.rows) == 1


def test_what_one_member_took_over_another_cannot() -> None:
    desk = desk_with_session()
    claim = desk.services.taking_over.take_over(KEY, "m").claim
    with pytest.raises(ClaimedByAnotherError):
        desk.services.taking_over.take_over(KEY, "n")
    session = desk.history.get("s")
    assert session is not None
    desk.history.put(replace(session, claim_id=claim.claim_id))
    with pytest.raises(NothingToTakeOverError):
        desk.services.taking_over.take_over(KEY, "n")


def test_a_claimed_session_is_never_given_away_also_while_its_claim_is_on_its_way() -> None:
    desk = Desk()
    desk.add_member("m", "1001")
    desk.add_member("n", "1002")
    desk.claiming.claim(KEY, "n", None)
    desk.pass_minutes(11)
    # as the store says until the fold has learned of the claim
    session = session_record("s", NOW_MS + MINUTE_MS, treadmill=TREADMILL, duration_s=600)
    desk.history.put(session)
    assert desk.services.taking_over.offer(KEY) is None
    with pytest.raises(PastClaimedError):
        desk.services.taking_over.take_over(KEY, "m")


def test_whoever_claimed_in_the_meantime_keeps_what_is_theirs() -> None:
    desk = desk_with_session(ended_minutes_ago=1.0)
    later = desk.claiming.claim(KEY, "n", None).claim
    claim = desk.services.taking_over.take_over(KEY, "m").claim
    assert claim.released_at_ms is not None
    assert claim.released_at_ms <= later.claimed_at_ms
    assert desk.claims.rows[later.claim_id].released_at_ms is None


def run_elsewhere(desk: Desk, minutes: float) -> str:
    """Let m run on another treadmill for the last minutes, and return the claim."""
    claim = desk.claiming.claim(OTHER, "m", None).claim
    desk.pass_minutes(minutes)
    session = session_record(
        "own",
        desk.now_ms - round(minutes * MINUTE_MS),
        claim_id=claim.claim_id,
        treadmill=OTHER,
        duration_s=minutes * 60,
    )
    desk.history.put(session)
    return claim.claim_id


@pytest.mark.parametrize("is_released", [False, True])
def test_nobody_takes_over_what_was_run_while_they_ran_elsewhere(*, is_released: bool) -> None:
    desk = Desk()
    desk.add_member("m", "1001")
    claim_id = run_elsewhere(desk, 12)
    if is_released:
        desk.claiming.release(OTHER, "m")
    before = desk.claims.rows[claim_id]
    run_as_nobody(desk, ended_minutes_ago=1.0)
    with pytest.raises(ElsewhereThenError):
        desk.services.taking_over.take_over(KEY, "m")
    assert desk.claims.rows == {claim_id: before}


def test_who_forgot_to_release_takes_over_what_they_ran_afterwards() -> None:
    desk = Desk()
    desk.add_member("m", "1001")
    claim_id = run_elsewhere(desk, 12)
    desk.pass_minutes(12)
    run_as_nobody(desk, ended_minutes_ago=1.0)
    claim = desk.services.taking_over.take_over(KEY, "m").claim
    assert claim.claimed_at_ms == desk.now_ms - 11 * MINUTE_MS
    assert desk.claims.rows[claim_id].released_at_ms in {None, claim.claimed_at_ms}


async def test_a_take_over_survives_the_loss_of_the_log() -> None:
    desk = desk_with_session()
    desk.log.is_away = True
    claim = desk.services.taking_over.take_over(KEY, "m").claim
    with pytest.raises(LogUnavailableError):
        await desk.delivery.deliver_once()
    desk.log.is_away = False
    await desk.delivery.deliver_once()
    # the broker forgets what it had acknowledged
    desk.log.frames.clear()
    desk.pass_minutes(2)
    assert await desk.delivery.deliver_once() == 1
    ((_, events),) = desk.log.frames
    assert [type(event) for event in events] == [ClaimEvent, ReleaseEvent]
    desk.log.store_states(desk.history, desk.now_ms)
    assert await desk.delivery.deliver_once() == 0
    assert desk.claims.rows[claim.claim_id].is_release_stored


async def test_the_fold_asks_for_the_past_to_be_folded_again() -> None:
    desk = Desk()
    desk.add_member("m", "1001")
    desk.move(120)
    session = session_record("s", NOW_MS + 1000, treadmill=TREADMILL, duration_s=119)
    desk.history.put(session)
    desk.pass_minutes(3)
    desk.services.taking_over.take_over(KEY, "m")
    await desk.delivery.deliver_once()
    fold = TreadmillsFold(desk.fold_states())
    for _, events in desk.log.frames:
        for event in events:
            fold.apply(event)
    asked = [item for item in fold.drain().items if isinstance(item, Refold)]
    assert (asked[0].from_ms, asked[0].to_ms) == (NOW_MS + 1000, NOW_MS + 120_000)


def test_a_new_claim_elsewhere_releases_the_old_one() -> None:
    desk = desk_with_session()
    first = desk.claiming.claim(KEY, "m", None).claim
    desk.pass_minutes(1)
    second = desk.claiming.claim(OTHER, "m", None).claim
    assert desk.claims.rows[first.claim_id].released_at_ms == second.claimed_at_ms
    assert not desk.claims.rows[first.claim_id].is_release_stored
    desk.claiming.claim(KEY, "n", None)
    assert desk.claims.rows[second.claim_id].released_at_ms is None, "another member's claim"


def test_a_claim_keyed_in_late_ends_where_the_next_one_elsewhere_began() -> None:
    desk = desk_with_session()
    desk.pass_minutes(5)
    later = desk.claiming.claim(OTHER, "m", None).claim
    message = ConsoleClaimMessage(
        console_claim_id="console-1", action="claim", member_number="1001", at_ms=NOW_MS
    )
    claim = desk.key_in(KEY, message)
    assert claim.released_at_ms == later.claimed_at_ms
    assert desk.claims.rows[later.claim_id].released_at_ms is None


async def test_a_member_takes_over_with_the_code_on_the_treadmill() -> None:
    gyms = TwoGyms()
    desk = gyms.desk
    desk.pass_minutes(40)
    session = session_record("anon", desk.now_ms - 4 * MINUTE_MS, treadmill="north/one")
    desk.history.put(replace(session, last_moving_at_ms=desk.now_ms - 3 * MINUTE_MS))
    (code,) = desk.codes.of([TreadmillKey("north/one")]).values()
    path = "/v1/treadmills/north/one/take-over"
    async with gyms.signed_in("ann") as client:
        offer = (await client.get(f"/v1/t/{code}")).json()["take_over"]
        assert offer["session_id"] == "anon"
        assert not offer["is_running"]
        body = {"member_id": gyms.member_id("ann"), "code": code}
        foreign = await client.post(path, json=body | {"member_id": gyms.member_id("bob")})
        assert foreign.status_code == 404
        wrong = await client.post(path, json=body | {"code": "ZZZZZZ"})
        assert wrong.json()["type"] == "urn:backstride:problem:treadmill-code-unknown"
        done = await client.post(path, json=body | {"code": code.lower()})
        again = await client.post(path, json=body)
        assert (await client.get(f"/v1/t/{code}")).json()["take_over"] is None
    assert (done.status_code, again.status_code) == (201, 200)
    assert done.json() == again.json()


async def test_guessing_codes_is_slowed_down() -> None:
    gyms = TwoGyms()
    body = {"member_id": gyms.member_id("ann"), "code": "ZZZZZZ"}
    async with gyms.signed_in("ann") as client:
        found = [
            (await client.post("/v1/treadmills/north/one/take-over", json=body)).status_code
            for _ in range(7)
        ]
    assert found[0] == 404
    assert found[-1] == 429
