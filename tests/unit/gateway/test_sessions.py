from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from backstride_gateway.domain.periods import spans
from backstride_gateway.domain.sessions import ended_at_ms, sum_by_period, sum_of
from backstride_shared.energy import EnergyTotals
from tests.factories.session_records import session_record

MINUTE_MS = 60_000
START_MS = round(datetime(2026, 11, 23, 23, 50, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("claim_id", "idle_minutes", "is_over"),
    [("c", 10, False), ("c", 10.1, True), (None, 2, False), (None, 2.1, True)],
)
def test_a_session_is_over_when_nobody_moved_for_longer_than_a_rest(
    claim_id: str | None, idle_minutes: float, *, is_over: bool
) -> None:
    session = session_record("s", START_MS, claim_id=claim_id, duration_s=60)
    now_ms = session.last_moving_at_ms + round(idle_minutes * MINUTE_MS)
    expected = session.last_moving_at_ms if is_over else None
    assert ended_at_ms(session, now_ms) == expected


def test_a_session_that_the_fold_ended_is_over_at_once() -> None:
    session = replace(session_record("s", START_MS, claim_id="c"), ended_at_ms=START_MS + 1)
    assert ended_at_ms(session, START_MS + 2) == START_MS + 1


def test_a_workout_over_midnight_counts_whole_where_it_began() -> None:
    days = spans("day", date(2026, 11, 23), date(2026, 11, 24), UTC)
    over_midnight = session_record("a", START_MS, duration_s=3600)
    later = session_record("b", START_MS + 12 * 3_600_000, duration_s=600)
    first, second = sum_by_period([over_midnight, later], days)
    assert (first.sessions_count, first.totals.forward_seconds) == (1, 3600)
    assert (second.sessions_count, second.totals.forward_seconds) == (1, 600)


def test_a_period_without_a_session_is_there_with_zeros() -> None:
    days = spans("day", date(2026, 11, 20), date(2026, 11, 23), UTC)
    sums = sum_by_period([session_record("a", START_MS)], days)
    assert [one.sessions_count for one in sums] == [0, 0, 0, 1]
    assert sums[0].totals == EnergyTotals()


def test_a_session_outside_the_range_counts_nowhere() -> None:
    days = spans("day", date(2026, 11, 20), date(2026, 11, 21), UTC)
    assert sum_of(sum_by_period([session_record("a", START_MS)], days)) == (0, EnergyTotals())


def test_the_uncertainty_of_several_sessions_does_not_average_out() -> None:
    """The error is mostly one person's own: two sessions of 20 % are 20 % together."""
    days = spans("day", date(2026, 11, 23), date(2026, 11, 23), UTC)
    totals = EnergyTotals(backward_gross_kcal=50.0, backward_kcal_percent=50.0 * 20.0)
    sessions = [replace(session_record(name, START_MS), totals=totals) for name in ("a", "b")]
    _, together = sum_of(sum_by_period(sessions, days))
    assert together.gross_kcal == 100.0
    assert together.uncertainty_percent == pytest.approx(20.0)
