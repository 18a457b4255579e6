from itertools import pairwise
from random import Random

import pytest

from backstride_controller.domain.history import PastSession, claim_of_today, past_sessions

_NOW_MS = 1_795_406_909_699
_DAY_MS = 24 * 3600 * 1000


def _past(now_ms: int = _NOW_MS, treadmills: int = 2) -> list[list[PastSession]]:
    return past_sessions(now_ms, 6, treadmills, Random(1))


@pytest.mark.parametrize("hours_later", range(0, 24, 3))
def test_every_past_session_is_over_and_young_enough_to_be_accepted(hours_later: int) -> None:
    now_ms = _NOW_MS + hours_later * 3_600_000
    for sessions in _past(now_ms):
        assert all(session.ended_at_ms < now_ms - 15 * 60_000 for session in sessions)
        assert all(session.started_at_ms >= now_ms - 6 * _DAY_MS for session in sessions)


def test_two_sessions_never_meet_on_a_treadmill() -> None:
    for sessions in _past(treadmills=1):
        for earlier, later in pairwise(sessions):
            assert earlier.claims()[1].at_ms < later.claims()[0].at_ms


def test_every_demo_member_has_a_past() -> None:
    members = {session.member_number for sessions in _past() for session in sessions}

    assert members == {"1001", "1002", "1003", "1004"}


def test_backward_practice_gets_longer() -> None:
    sessions = [
        session
        for each in _past()
        for session in each
        if session.member_number == "1001" and session.programme.name.startswith("backward")
    ]
    sessions.sort(key=lambda session: session.started_at_ms)
    minutes = [session.programme.duration_s for session in sessions]

    assert len(minutes) >= 2
    assert minutes == sorted(minutes)


def test_the_same_day_and_seed_give_the_same_past() -> None:
    later = [session for each in _past(_NOW_MS + 60_000) for session in each]

    assert all(session in later for each in _past() for session in each)


def test_a_release_ends_the_claim_made_before_it() -> None:
    session = _past()[0][0]
    claim, release = session.claims()

    assert (claim.action, release.action) == ("claim", "release")
    assert claim.console_claim_id == release.console_claim_id
    assert claim.at_ms < session.started_at_ms < session.ended_at_ms < release.at_ms


def test_a_demonstration_begins_with_two_members_and_leaves_treadmills_free() -> None:
    claims = [claim_of_today(number, 1_795_406_900_000) for number in (1, 2, 3, 4)]

    assert [claim.member_number if claim else None for claim in claims] == [
        "1001",
        "1003",
        None,
        None,
    ]
