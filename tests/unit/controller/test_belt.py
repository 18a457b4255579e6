from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_controller.domain.belt import Belt, BeltLimits

_LIMITS = BeltLimits()
_DT_S = 0.25
_targets = st.lists(
    st.tuples(
        st.floats(-9, 9),  # beyond what the belt may do, on purpose
        st.floats(-50, 50),
        st.integers(1, 40),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def _velocities(belt: Belt, targets: list[tuple[float, float, int, bool]]) -> list[float]:
    velocities = [belt.velocity_m_per_s]
    for velocity, grade, steps, is_safety_stop in targets:
        for _ in range(steps):
            belt.step(velocity, grade, _DT_S, is_safety_stop=is_safety_stop)
            velocities.append(belt.velocity_m_per_s)
    return velocities


@given(_targets)
def test_the_belt_changes_direction_only_through_standstill(
    targets: list[tuple[float, float, int, bool]],
) -> None:
    velocities = _velocities(Belt(), targets)

    assert all(before * after >= 0 for before, after in pairwise(velocities))
    signs = [(velocity > 0) - (velocity < 0) for velocity in velocities]
    moving = [(index, sign) for index, sign in enumerate(signs) if sign]
    for (index, sign), (later_index, later_sign) in pairwise(moving):
        if sign != later_sign:
            assert (later_index - index) * _DT_S >= _LIMITS.standstill_s


@given(_targets)
def test_ramps_keep_to_the_limits_of_the_drive(
    targets: list[tuple[float, float, int, bool]],
) -> None:
    velocities = _velocities(Belt(), targets)

    for before, after in pairwise(velocities):
        assert abs(after) - abs(before) <= _LIMITS.acceleration_m_per_s2 * _DT_S + 1e-9
        assert abs(before) - abs(after) <= _LIMITS.safety_stop_m_per_s2 * _DT_S + 1e-9
        assert -_LIMITS.max_reverse_m_per_s <= after <= _LIMITS.max_forward_m_per_s


@given(st.floats(-30, 30), st.integers(1, 200))
def test_the_deck_tilts_slowly_and_not_beyond_its_end(target_percent: float, steps: int) -> None:
    belt = Belt()
    grades = [belt.grade_percent]
    for _ in range(steps):
        belt.step(1.0, target_percent, _DT_S)
        grades.append(belt.grade_percent)

    step_percent = _LIMITS.grade_rate_percent_per_s * _DT_S
    assert all(abs(after - before) <= step_percent + 1e-9 for before, after in pairwise(grades))
    assert max(map(abs, grades)) <= _LIMITS.max_grade_percent


def test_at_rest_the_belt_keeps_the_direction_last_used() -> None:
    belt = Belt()
    for _ in range(40):
        belt.step(-1.0, 0.0, _DT_S)
    assert belt.velocity_m_per_s == -1.0
    for _ in range(40):
        belt.step(0.0, 0.0, _DT_S)

    assert belt.velocity_m_per_s == 0.0
    assert belt.is_reverse


def test_the_same_direction_may_start_again_at_once() -> None:
    belt = Belt()
    belt.step(1.0, 0.0, _DT_S)
    belt.step(0.0, 0.0, _DT_S)
    belt.step(1.0, 0.0, _DT_S)

    assert belt.velocity_m_per_s > 0.0


def test_a_safety_stop_brakes_harder_than_a_programme() -> None:
    gentle, hard = Belt(), Belt()
    for belt in (gentle, hard):
        for _ in range(60):
            belt.step(3.0, 0.0, _DT_S)
    gentle.step(0.0, 0.0, 1.0)
    hard.step(3.0, 0.0, 1.0, is_safety_stop=True)

    assert gentle.speed_m_per_s == pytest.approx(2.5)
    assert hard.speed_m_per_s == pytest.approx(1.0)


def test_distance_is_the_way_of_the_belt_in_both_directions() -> None:
    belt = Belt()
    for target in (1.0, 0.0, -1.0):
        for _ in range(400):
            belt.step(target, 0.0, 0.1)

    # 40 s each way at 1 m/s; the ramps up cost 1/0.35 s, the one down gives 1/0.5 s, halved,
    # and the belt has rested long enough when it turns
    assert belt.distance_m == pytest.approx(80 - 2 * 0.5 / 0.35 + 0.5 / 0.5, abs=0.1)
