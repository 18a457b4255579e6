import pytest

from backstride_gateway.claiming import (
    ClaimedByAnotherError,
    NotClaimedError,
)
from backstride_gateway.console_access import UnknownMemberNumberError
from backstride_gateway.domain.claiming import ClaimTimeError
from backstride_gateway.domain.members import Profile
from backstride_gateway.membership import UnknownMemberError
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import ConsoleClaimMessage
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.factories.session_records import session_record

KEY = TreadmillKey(TREADMILL)
DAY_MS = 86_400_000


def console(
    action: str, at_ms: int, number: str = "1001", console_claim_id: str = "console-1"
) -> ConsoleClaimMessage:
    return ConsoleClaimMessage(
        console_claim_id=console_claim_id,
        action="claim" if action == "claim" else "release",
        member_number=number,
        at_ms=at_ms,
    )


def test_a_claim_freezes_who_the_member_is_then() -> None:
    desk = Desk()
    profile = Profile(display_name="Ada", mass_kg=62.0, birth_year=1996, sex="female")
    desk.add_member("m", profile=profile)
    claim = desk.claiming.claim(KEY, "m", "training").claim
    desk.membership.change("m", Profile(display_name="Ada", mass_kg=80.0))
    assert desk.claims.rows[claim.claim_id].wearer.mass_kg == 62.0
    assert claim.wearer.age_years == 30.0
    assert claim.purpose == "training"
    assert not claim.is_claim_stored


def test_practice_on_record_is_frozen_in_the_claim() -> None:
    desk = Desk()
    desk.add_member("m")
    first = desk.claiming.claim(KEY, "m", None).claim
    assert first.wearer.backward_minutes == 0.0
    desk.history.put(
        session_record("s", NOW_MS, claim_id=first.claim_id, duration_s=900, backward_s=720)
    )
    desk.claiming.release(KEY, None)
    desk.pass_minutes(30)
    second = desk.claiming.claim(KEY, "m", None).claim
    assert second.wearer.backward_minutes == 12.0


def walk_steadily(desk: Desk, claim_id: str, days_ago: float, bouts: int) -> None:
    session = session_record(
        f"s-{days_ago}", NOW_MS - round(days_ago * DAY_MS), claim_id=claim_id, duration_s=900
    )
    session.totals.calibration_bouts = bouts
    session.totals.calibration_vo2max_sum = bouts * 42.0
    desk.history.put(session)


def test_steady_walks_of_the_season_calibrate_what_the_next_claim_freezes() -> None:
    desk = Desk()
    profile = Profile(display_name="Ada", birth_year=1996, resting_heart_rate_bpm=60.0)
    desk.add_member("m", profile=profile)
    first = desk.claiming.claim(KEY, "m", None).claim
    assert first.wearer.vo2max_source is None
    walk_steadily(desk, first.claim_id, 91, bouts=5)
    walk_steadily(desk, first.claim_id, 80, bouts=1)
    desk.claiming.release(KEY, None)
    desk.pass_minutes(1)
    second = desk.claiming.claim(KEY, "m", None).claim
    assert second.wearer.vo2max_source is None, "one bout and an old season calibrate nobody"
    walk_steadily(desk, first.claim_id, 2, bouts=1)
    desk.claiming.release(KEY, None)
    desk.pass_minutes(1)
    third = desk.claiming.claim(KEY, "m", None).claim
    assert third.wearer.vo2max_ml_per_kg_per_min == 42.0
    assert third.wearer.vo2max_source == "calibrated"


def test_a_measured_vo2max_is_frozen_as_measured() -> None:
    desk = Desk()
    desk.add_member("m", profile=Profile(display_name="Ada", vo2max_ml_per_kg_per_min=51.0))
    claim = desk.claiming.claim(KEY, "m", None).claim
    assert claim.wearer.vo2max_ml_per_kg_per_min == 51.0
    assert claim.wearer.vo2max_source == "measured"


def test_a_repeated_claim_by_the_same_member_changes_nothing() -> None:
    desk = Desk()
    desk.add_member("m")
    first = desk.claiming.claim(KEY, "m", None)
    desk.pass_minutes(3)
    again = desk.claiming.claim(KEY, "m", "training")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.claim == first.claim
    assert len(desk.claims.rows) == 1


def test_a_claim_by_another_member_ends_the_one_that_held() -> None:
    desk = Desk()
    desk.add_member("m")
    desk.add_member("n", "1002")
    first = desk.claiming.claim(KEY, "m", None).claim
    desk.pass_minutes(3)
    second = desk.claiming.claim(KEY, "n", None).claim
    assert desk.claims.rows[first.claim_id].released_at_ms == second.claimed_at_ms


def test_after_ten_minutes_without_motion_the_same_member_claims_anew() -> None:
    desk = Desk()
    desk.add_member("m")
    first = desk.claiming.claim(KEY, "m", None).claim
    desk.pass_minutes(11)
    second = desk.claiming.claim(KEY, "m", None)
    assert second.is_new
    assert second.claim.claim_id != first.claim_id


async def test_who_moves_keeps_the_claim_though_the_store_does_not_know_yet() -> None:
    desk = Desk()
    desk.add_member("m")
    desk.claiming.claim(KEY, "m", None)
    await desk.delivery.deliver_once()
    desk.move(900)
    assert not desk.claiming.claim(KEY, "m", None).is_new


def test_nobody_unknown_can_claim() -> None:
    with pytest.raises(UnknownMemberError):
        Desk().claiming.claim(KEY, "nobody", None)


def test_a_release_ends_the_claim_now() -> None:
    desk = Desk()
    desk.add_member("m")
    claim = desk.claiming.claim(KEY, "m", None).claim
    desk.pass_minutes(2)
    assert desk.claiming.release(KEY, "m").released_at_ms == desk.now_ms
    assert desk.claims.rows[claim.claim_id].released_at_ms == desk.now_ms
    with pytest.raises(NotClaimedError):
        desk.claiming.release(KEY, None)


def test_only_who_holds_the_treadmill_is_released_when_named() -> None:
    desk = Desk()
    desk.add_member("m")
    desk.claiming.claim(KEY, "m", None)
    with pytest.raises(ClaimedByAnotherError):
        desk.claiming.release(KEY, "somebody-else")
    assert desk.claiming.release(KEY, None).member_id == "m"


def test_a_console_claims_at_the_time_it_tells() -> None:
    desk = Desk()
    desk.add_member("m")
    at_ms = NOW_MS - 3 * 86_400_000
    claim = desk.key_in(KEY, console("claim", at_ms))
    assert (claim.member_id, claim.claimed_at_ms) == ("m", at_ms)
    ended = desk.key_in(KEY, console("release", at_ms + 60_000))
    assert (ended.claim_id, ended.released_at_ms) == (claim.claim_id, at_ms + 60_000)


def test_a_repeated_console_message_changes_nothing() -> None:
    desk = Desk()
    desk.add_member("m")
    for _ in range(2):
        desk.key_in(KEY, console("claim", NOW_MS - 60_000))
    for _ in range(2):
        desk.key_in(KEY, console("release", NOW_MS))
    (claim,) = desk.claims.rows.values()
    assert claim.released_at_ms == NOW_MS


def test_a_console_message_repeated_after_its_release_does_not_claim_again() -> None:
    desk = Desk()
    desk.add_member("m")
    first = desk.key_in(KEY, console("claim", NOW_MS - 60_000))
    ended = desk.key_in(KEY, console("release", NOW_MS))
    assert desk.key_in(KEY, console("claim", NOW_MS - 60_000)) == ended
    assert ended.claim_id == first.claim_id
    assert len(desk.claims.rows) == 1


def test_claims_of_the_past_that_come_late_find_their_place() -> None:
    desk = Desk()
    desk.add_member("m")
    desk.add_member("n", "1002")
    now = desk.claiming.claim(KEY, "n", None).claim
    late = desk.key_in(KEY, console("claim", NOW_MS - 600_000))
    assert late.released_at_ms == now.claimed_at_ms
    assert desk.claims.rows[now.claim_id] == now


def test_what_was_held_until_its_release_is_not_taken_by_a_claim_that_comes_late() -> None:
    desk = Desk()
    desk.add_member("m")
    desk.add_member("n", "1002")
    desk.claiming.claim(KEY, "n", None)
    desk.pass_minutes(2)
    held = desk.claiming.release(KEY, "n")
    with pytest.raises(ClaimTimeError, match="released it"):
        desk.key_in(KEY, console("claim", NOW_MS + 60_000))
    assert list(desk.claims.rows.values()) == [held]
    after = desk.key_in(KEY, console("claim", desk.now_ms))
    assert after.claimed_at_ms == held.released_at_ms


def test_a_late_claim_cuts_one_that_ended_only_because_its_member_went_elsewhere() -> None:
    desk = Desk()
    desk.add_member("m")
    desk.add_member("n", "1002")
    forgotten = desk.claiming.claim(KEY, "n", None).claim
    desk.pass_minutes(2)
    desk.claiming.claim(TreadmillKey("demo/treadmill-02"), "n", None)
    late = desk.key_in(KEY, console("claim", NOW_MS + 60_000))
    assert late.claimed_at_ms == NOW_MS + 60_000
    assert desk.claims.rows[forgotten.claim_id].released_at_ms == NOW_MS + 60_000


@pytest.mark.parametrize("at_ms", [NOW_MS - 8 * 86_400_000, NOW_MS + 600_000])
def test_a_console_with_a_wrong_clock_is_refused(at_ms: int) -> None:
    desk = Desk()
    desk.add_member("m")
    with pytest.raises(ClaimTimeError):
        desk.key_in(KEY, console("claim", at_ms))


def test_a_number_of_another_gym_is_unknown_here() -> None:
    desk = Desk()
    desk.add_member("m")
    with pytest.raises(UnknownMemberNumberError):
        desk.key_in(TreadmillKey("other/t"), console("claim", NOW_MS))


def test_a_release_without_a_claim_is_refused() -> None:
    desk = Desk()
    desk.add_member("m")
    with pytest.raises(NotClaimedError):
        desk.key_in(KEY, console("release", NOW_MS))
