from itertools import pairwise
from random import Random

import pytest

from backstride_controller.domain.belt import Belt
from backstride_controller.domain.programmes import Segment
from backstride_controller.domain.treadmill import SimulatedTreadmill
from backstride_controller.domain.wearer import Habits, Wearer, cadence_steps_per_min
from backstride_shared.messages import Reading

_DT_S = 0.25
_HABITS = Habits(resting_bpm=60, max_bpm=180, rail_speed_m_per_s=1.0)


def _readings(treadmill: SimulatedTreadmill, seconds: float) -> list[Reading]:
    readings = []
    for index in range(round(seconds / _DT_S)):
        treadmill.advance(_DT_S)
        readings.append(treadmill.reading(index + 1, 1000 + round(1000 * _DT_S * (index + 1))))
    return readings


def _treadmill(
    *segments: Segment, seed: int = 1, has_safety_stops: bool = False
) -> SimulatedTreadmill:
    return SimulatedTreadmill(iter(segments), Random(seed), has_safety_stops=has_safety_stops)


def test_the_same_seed_gives_the_same_readings() -> None:
    segment = Segment(duration_s=30, speed_m_per_s=1.2, direction="reverse")

    same = [_readings(_treadmill(segment, seed=7), 30) for _ in range(2)]
    other = _readings(_treadmill(segment, seed=8), 30)

    assert same[0] == same[1]
    assert other != same[0]


def test_segments_follow_one_another_and_then_the_treadmill_stands_empty() -> None:
    readings = _readings(
        _treadmill(
            Segment(duration_s=20, speed_m_per_s=1.0),
            Segment(duration_s=20, speed_m_per_s=0.5, direction="reverse"),
        ),
        50,
    )

    assert [readings[79].speed_m_per_s, readings[79].direction] == [1.0, "forward"]
    assert [readings[159].speed_m_per_s, readings[159].direction] == [0.5, "reverse"]
    assert readings[79].is_present is True
    assert readings[-1].speed_m_per_s == 0.0
    assert readings[-1].is_present is False
    assert readings[-1].direction == "reverse"
    assert readings[-1].heart_rate_bpm is None


def test_a_segment_can_fix_heart_rate_and_hands() -> None:
    (reading,) = _readings(
        _treadmill(Segment(duration_s=5, speed_m_per_s=1.0, heart_rate_bpm=111, hands="rest")), 0.25
    )

    assert (reading.heart_rate_bpm, reading.hands) == (111, "rest")


def test_a_safety_stop_stops_the_belt_and_says_so() -> None:
    readings = _readings(
        _treadmill(
            Segment(duration_s=15, speed_m_per_s=2.0),
            Segment(duration_s=10, speed_m_per_s=2.0, is_safety_stop=True),
        ),
        25,
    )

    assert not any(reading.is_emergency_stop for reading in readings[:60])
    assert all(reading.is_emergency_stop for reading in readings[60:])
    assert readings[-1].speed_m_per_s == 0.0


def test_the_safety_cord_is_pulled_now_and_then_and_the_workout_goes_on() -> None:
    treadmill = _treadmill(
        Segment(duration_s=8 * 3600, speed_m_per_s=1.0), seed=3, has_safety_stops=True
    )
    stops = 0
    was_stopped = False
    for reading in _readings(treadmill, 8 * 3600):
        stops += reading.is_emergency_stop and not was_stopped
        was_stopped = reading.is_emergency_stop

    assert 1 <= stops <= 12
    assert treadmill.belt.distance_m > 7 * 3600


def test_the_heart_follows_the_workload_with_a_lag() -> None:
    belt = Belt()
    wearer = Wearer(_HABITS, Random(1))
    for _ in range(40):
        belt.step(2.0, 0.0, _DT_S)
    rates = []
    for _ in range(8):
        for _ in range(60):
            wearer.step(belt, _DT_S, is_present=True)
        rates.append(wearer.heart_rate_bpm())

    assert all(after >= before - 3 for before, after in pairwise(rates))
    assert rates[0] < rates[-1] - 10
    assert 100 < rates[-1] < 160
    for _ in range(1200):
        wearer.step(belt, _DT_S, is_present=False)
    assert wearer.heart_rate_bpm() < 75


def test_backward_steps_begin_with_the_hands_on_the_rail() -> None:
    belt = Belt()
    wearer = Wearer(_HABITS, Random(1))
    for _ in range(20):
        belt.step(-0.6, 0.0, _DT_S)
        wearer.step(belt, _DT_S, is_present=True)
    first = wearer.hands(belt)
    for _ in range(200):
        wearer.step(belt, _DT_S, is_present=True)

    assert (first, wearer.hands(belt)) == ("grip", "free")


@pytest.mark.parametrize(("velocity_m_per_s", "expected"), [(0.0, 0.0), (1.35, 110.4)])
def test_cadence_is_that_of_a_walker(velocity_m_per_s: float, expected: float) -> None:
    belt = Belt()
    belt.velocity_m_per_s = velocity_m_per_s

    assert cadence_steps_per_min(belt) == expected
