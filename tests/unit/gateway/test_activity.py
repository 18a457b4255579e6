"""A session drawn together for export: moments, laps, pauses, and sums that stay what they were."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_gateway.domain.activity import (
    MOST_MOMENTS,
    Activity,
    Drawing,
    activity_of,
    moments_of_minutes,
    moments_of_totals,
    step_ms_of,
)
from backstride_shared.series import SeriesMinute
from tests.factories.session_records import session_record
from tests.factories.whole_sessions import Step, steps_of, whole_session

steps = st.lists(
    st.builds(
        Step,
        velocity_m_per_s=st.sampled_from([0.0, 0.8, 1.4, 2.0, 3.5, -0.5, -1.2, -2.5]),
        after_ms=st.sampled_from([1, 250, 1000, 2500, 6000, 30_000]),
        heart_rate_bpm=st.sampled_from([None, 61.0, 140.0]),
        is_present=st.sampled_from([None, True, False]),
    ),
    min_size=1,
    max_size=120,
)


def drawn(steps: list[Step], *, is_facing_away: bool = False, closed_after_ms: int = 0) -> Activity:
    session, points = whole_session(
        steps, is_facing_away=is_facing_away, closed_after_ms=closed_after_ms
    )
    drawing = Drawing(session, step_ms_of(session))
    drawing.add(points)
    return activity_of(session, "readings", drawing.finish(), 0)


@given(steps, st.booleans(), st.sampled_from([0, 700, 9000]))
def test_moments_and_laps_add_up_to_the_session(
    steps: list[Step],
    is_facing_away: bool,  # noqa: FBT001
    closed_after_ms: int,
) -> None:
    activity = drawn(steps, is_facing_away=is_facing_away, closed_after_ms=closed_after_ms)
    totals = activity.session.totals
    for parts in (activity.moments, activity.laps):
        assert sum(one.metres for one in parts) == pytest.approx(totals.metres)
        assert sum(one.gross_kcal for one in parts) == pytest.approx(totals.gross_kcal)
        assert sum(one.net_kcal for one in parts) == pytest.approx(totals.net_kcal)
        assert sum(one.moving_s for one in parts) == pytest.approx(totals.moving_seconds)


@given(steps)
def test_times_only_go_on(steps: list[Step]) -> None:
    activity = drawn(steps)
    starts = [moment.from_ms for moment in activity.moments]
    assert starts == sorted(set(starts))
    assert all(start % 1000 == 0 for start in starts)
    spans = [(span.from_ms, span.until_ms) for span in activity.spans]
    laps = [(lap.from_ms, lap.until_ms) for lap in activity.laps]
    for parts in (spans, laps):
        assert all(begin <= end for begin, end in parts)
        assert all(end <= begin for (_, end), (begin, _) in pairwise(parts))
    assert sum(lap.timer_ms for lap in activity.laps) <= activity.timer_ms
    assert activity.timer_ms <= activity.until_ms - activity.from_ms


@given(steps)
def test_every_motion_is_recorded_outside_pauses(steps: list[Step]) -> None:
    activity = drawn(steps)
    recorded = [moment for moment, _, _ in activity.recorded()]
    assert [one for one in recorded if one.is_moving] == [
        one for one in activity.moments if one.is_moving
    ]


def test_readings_of_a_second_become_one_moment() -> None:
    activity = drawn(steps_of((8, 1.5), after_ms=250))
    assert [one.readings_count for one in activity.moments] == [4, 4]
    assert [one.metres for one in activity.moments] == pytest.approx([1.5, 1.125])
    assert [one.speed_m_per_s for one in activity.moments] == pytest.approx([1.5, 1.5])
    assert [one.direction for one in activity.moments] == [1, 1]


def test_each_direction_is_a_lap() -> None:
    activity = drawn(steps_of((60, 1.4), (3, 0.0), (30, -1.0), (4, 0.0), (20, 1.2)))
    assert [lap.is_backward for lap in activity.laps] == [False, True, False]
    assert [lap.metres for lap in activity.laps] == pytest.approx([84.0, 30.0, 22.8])
    assert len(activity.spans) == 1


def test_a_belt_in_reverse_under_somebody_who_faces_away_is_forward_gait() -> None:
    activity = drawn(steps_of((30, -1.0)), is_facing_away=True)
    assert [lap.is_backward for lap in activity.laps] == [False]
    assert {moment.direction for moment in activity.moments} == {-1}


def test_a_belt_that_flaps_makes_no_lap_of_each_turn() -> None:
    activity = drawn(steps_of(*[(1, 1.0), (1, -1.0)] * 100))
    assert len(activity.laps) == 1
    assert {moment.direction for moment in activity.moments} == {1, -1}


def test_rest_and_silence_stop_the_timer() -> None:
    rested = drawn(steps_of((30, 1.4), (60, 0.0), (30, 1.4)))
    # the rest begins in the timer's time, so that the speed is seen to fall
    assert [span.last - span.first + 1 for span in rested.spans] == [31, 30]
    assert rested.timer_ms == 59_000
    silent = drawn([*steps_of((30, 1.4)), Step(1.4, 60_000), *steps_of((29, 1.4))])
    assert len(silent.spans) == 2
    # a reading counts for five seconds, what follows is the gap
    assert silent.spans[0].until_ms - silent.spans[0].from_ms == 34_000
    assert silent.session.totals.gap_seconds == 55.0


def test_the_sport_is_what_took_the_longer() -> None:
    assert not drawn(steps_of((30, 1.4), (20, 3.5))).is_running
    assert drawn(steps_of((20, 1.4), (30, 3.5))).is_running
    # backward one runs at lower speeds
    assert drawn(steps_of((30, -1.85))).is_running
    assert not drawn(steps_of((30, 1.85))).is_running


def test_a_session_of_days_is_drawn_to_longer_steps() -> None:
    session = session_record("s", 0, duration_s=MOST_MOMENTS * 2.5)
    assert step_ms_of(session) == 3000


def test_minutes_are_made_to_add_up_to_the_session() -> None:
    session = session_record("s", 600_000, duration_s=180.0, backward_s=60.0)
    minutes = [
        # the first one holds something of the session before
        SeriesMinute(600_000, 240, 60.0, 0.0, 9.0, 7.0, 1.3, 120.0),
        SeriesMinute(660_000, 240, 60.0, 0.0, 3.0, 2.0, 1.3, None),
        SeriesMinute(720_000, 240, 0.0, 60.0, 6.0, 5.0, 0.9, 130.0),
    ]
    activity = activity_of(session, "minutes", moments_of_minutes(session, minutes), 0)
    totals = session.totals
    assert [moment.direction for moment in activity.moments] == [1, 1, -1]
    assert sum(moment.metres for moment in activity.moments) == pytest.approx(totals.metres)
    assert sum(moment.gross_kcal for moment in activity.moments) == pytest.approx(totals.gross_kcal)
    assert [lap.metres for lap in activity.laps] == pytest.approx(
        [totals.forward_metres, totals.backward_metres]
    )


def test_sums_alone_make_a_lap_each_way() -> None:
    session = session_record("s", 600_000, duration_s=180.0, backward_s=60.0)
    activity = activity_of(session, "totals", moments_of_totals(session), 0)
    assert [lap.is_backward for lap in activity.laps] == [False, True]
    assert sum(lap.gross_kcal for lap in activity.laps) == pytest.approx(session.totals.gross_kcal)
    nothing = session_record("s", 600_000, duration_s=0.0)
    assert len(activity_of(nothing, "totals", moments_of_totals(nothing), 0).laps) == 1
