from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_gateway.domain.aggregation import aggregate, automatic_resolution_s
from backstride_shared.series.ports import SeriesPoint

START_MS = 1_795_406_900_000


def point(
    at_s: float,
    *,
    speed_m_per_s: float = 1.0,
    is_reverse: bool = False,
    gross_kcal_per_min: float = 5.0,
    uncertainty_percent: float = 10.0,
    heart_rate_bpm: float | None = None,
    flags: int = 0,
) -> SeriesPoint:
    return SeriesPoint(
        treadmill="gym/t",
        measured_at_ms=START_MS + round(at_s * 1000),
        device_id="d",
        boot_id=1,
        seq=1 + round(at_s * 4),
        is_reverse=is_reverse,
        speed_m_per_s=speed_m_per_s,
        grade_percent=2.0,
        heart_rate_bpm=heart_rate_bpm,
        is_present=None,
        hands=None,
        is_emergency_stop=False,
        gross_kcal_per_min=gross_kcal_per_min,
        net_kcal_per_min=gross_kcal_per_min - 1,
        uncertainty_percent=uncertainty_percent,
        flags=flags,
        session_gross_kcal=at_s,
    )


def test_a_slice_keeps_mean_and_extremes_of_the_signed_speed() -> None:
    points = [point(0, speed_m_per_s=1.0), point(1, speed_m_per_s=0.6, is_reverse=True)]
    (found,) = aggregate(points, START_MS, 10)
    assert found.belt_velocity_m_per_s == pytest.approx(0.2)
    assert found.min_belt_velocity_m_per_s == -0.6
    assert found.max_belt_velocity_m_per_s == 1.0
    assert found.session_gross_kcal == 1


def test_a_slice_without_readings_is_left_out() -> None:
    found = list(aggregate([point(0), point(25)], START_MS, 10))
    assert [one.from_ms - START_MS for one in found] == [0, 20_000]


def test_a_reading_on_the_edge_begins_the_next_slice() -> None:
    found = list(aggregate([point(9.75), point(10)], START_MS, 10))
    assert [one.readings_count for one in found] == [1, 1]


def test_heart_rate_is_the_mean_of_what_is_known() -> None:
    points = [point(0, heart_rate_bpm=100.0), point(1), point(2, heart_rate_bpm=110.0)]
    assert next(aggregate(points, START_MS, 10)).heart_rate_bpm == 105.0
    assert next(aggregate([point(0)], START_MS, 10)).heart_rate_bpm is None


def test_uncertainty_is_weighted_by_energy() -> None:
    rest = point(0, gross_kcal_per_min=0.0, uncertainty_percent=0.0)
    moving = point(1, gross_kcal_per_min=6.0, uncertainty_percent=20.0)
    assert next(aggregate([rest, moving], START_MS, 10)).uncertainty_percent == 20.0
    assert next(aggregate([rest], START_MS, 10)).uncertainty_percent == 0.0


def test_flags_of_a_slice_are_all_of_its_readings() -> None:
    points = [point(0, flags=1), point(1, flags=4)]
    assert next(aggregate(points, START_MS, 10)).flags == ("X_BACK_SLOW", "X_BACK_DOWN")


@given(
    seconds=st.lists(st.integers(0, 5_000), min_size=1, max_size=50, unique=True),
    resolution_s=st.integers(1, 600),
)
def test_no_reading_is_lost_and_slices_are_in_order(
    seconds: Sequence[int], resolution_s: int
) -> None:
    points = [point(second) for second in sorted(seconds)]
    found = list(aggregate(points, START_MS, resolution_s))
    assert sum(one.readings_count for one in found) == len(points)
    starts = [one.from_ms for one in found]
    assert starts == sorted(set(starts))
    assert all((start - START_MS) % (resolution_s * 1000) == 0 for start in starts)


@given(st.integers(0, 10 * 86_400_000))
def test_the_automatic_resolution_makes_some_300_points_at_most(duration_ms: int) -> None:
    resolution_s = automatic_resolution_s(duration_ms)
    assert duration_ms <= resolution_s * 1000 * 300
