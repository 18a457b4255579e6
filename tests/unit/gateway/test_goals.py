from backstride_gateway.domain.goals import Goals, week_progress
from tests.factories.session_records import totals_of


def test_progress_is_what_is_done_of_each_goal() -> None:
    totals = totals_of(forward_s=1800, backward_s=600)

    found = week_progress(Goals(minutes=50, kcal=100, backward_minutes=20), totals)

    assert found.minutes is not None
    assert (found.minutes.done, found.minutes.fraction) == (40.0, 0.8)
    assert not found.minutes.is_reached
    assert found.kcal is not None
    assert found.kcal.is_reached
    assert found.kcal.done == totals.gross_kcal
    assert found.backward_minutes is not None
    assert found.backward_minutes.fraction == 0.5


def test_without_a_goal_there_is_no_progress() -> None:
    found = week_progress(Goals(), totals_of(forward_s=1800))

    assert (found.minutes, found.kcal, found.backward_minutes) == (None, None, None)
