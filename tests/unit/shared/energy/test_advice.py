"""Advice: tiers, precautions and the slow start, each with one plain sentence."""

import msgspec
import pytest

from backstride_shared.energy import (
    Situation,
    advise,
    advised_max_speed_m_per_s,
    backward_cue,
    practice_sentence,
    practice_tier,
    slow_start_programme,
)
from tests.unit.shared.energy.readings import NOBODY, ask

# Somebody practised, young, level and slow: nothing to say.
CALM = Situation(is_backward=True, speed_m_per_s=1.0, backward_minutes=200.0, age_years=30.0)


def _codes(**changes: object) -> list[str]:
    return [advice.code for advice in advise(msgspec.structs.replace(CALM, **changes))]


@pytest.mark.parametrize(
    ("minutes", "number", "limit"),
    [
        (None, 1, 0.8),
        (0.0, 1, 0.8),
        (29.9, 1, 0.8),
        (30.0, 2, 1.2),
        (119.9, 2, 1.2),
        (120.0, 3, 1.5),
        (9999.0, 3, 1.5),
    ],
)
def test_practice_decides_the_tier(minutes: float | None, number: int, limit: float) -> None:
    tier = practice_tier(minutes)

    assert (tier.number, tier.max_speed_m_per_s) == (number, limit)


def test_the_tier_is_said_in_one_sentence() -> None:
    assert practice_sentence(18.0) == (
        "18 of 30 minutes at ≤ 0.8 m/s: level, rail in reach, safety clip on."
    )
    assert practice_sentence(None).startswith("0 of 30 minutes")
    assert practice_sentence(75.0) == "75 of 120 minutes at ≤ 1.2 m/s."
    assert practice_sentence(300.0) == (
        "300 minutes of practice: walking backward up to 1.5 m/s;"
        " running backward only with a harness."
    )


def test_the_advised_speed_stays_within_seventy_percent_of_ones_own_forward_maximum() -> None:
    assert advised_max_speed_m_per_s(200.0, None) == 1.5
    assert advised_max_speed_m_per_s(200.0, 3.0) == 1.5
    assert advised_max_speed_m_per_s(200.0, 2.0) == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("code", "there", "beside"),
    [
        (
            "A_START_SLOWLY",
            {"speed_m_per_s": 0.81, "backward_minutes": 10.0},
            {"speed_m_per_s": 0.80, "backward_minutes": 10.0},
        ),
        ("A_HARNESS", {"speed_m_per_s": 1.61}, {"speed_m_per_s": 1.6}),
        ("A_TOO_FAST", {"speed_m_per_s": 3.01}, {"speed_m_per_s": 3.0}),
        (
            "A_FORWARD_SHARE",
            {"forward_max_speed_m_per_s": 1.4},
            {"forward_max_speed_m_per_s": 1.5},
        ),
        ("A_INCLINE", {"deck_grade_percent": 1.0}, {"deck_grade_percent": 0.0}),
        ("A_SPOTTER", {"backward_minutes": 29.0}, {"backward_minutes": 30.0}),
        ("A_AGE_OLDER", {"age_years": 60.5}, {"age_years": 60.0}),
        ("A_AGE_YOUNGER", {"age_years": 17.5}, {"age_years": 18.0}),
        (
            "A_HEART_HIGH",
            {"heart_rate_bpm": 171.0, "max_heart_rate_bpm": 200.0},
            {"heart_rate_bpm": 170.0, "max_heart_rate_bpm": 200.0},
        ),
        (
            "A_BETA_BLOCKER",
            {"heart_rate_bpm": 120.0, "has_beta_blocker": True},
            {"heart_rate_bpm": None, "has_beta_blocker": True},
        ),
    ],
)
def test_a_precaution_is_given_and_is_absent_just_beside_its_limit(
    code: str, there: dict[str, object], beside: dict[str, object]
) -> None:
    assert code in _codes(**there)
    assert code not in _codes(**beside)


def test_flags_bring_their_precautions() -> None:
    held = ask(NOBODY, 1.0, is_reverse=True, hands="rest", grade_percent=4.0).flags

    advice = advise(msgspec.structs.replace(CALM, flags=held, deck_grade_percent=4.0))

    assert [item.code for item in advice] == ["A_INCLINE", "A_RAIL"]
    assert "backward downhill" in advice[0].sentence


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    assert advise(CALM) == []
    assert _codes(is_backward=False, speed_m_per_s=3.0, backward_minutes=None) == []
    assert _codes(speed_m_per_s=0.0, backward_minutes=None) == []


def test_forward_gait_is_warned_of_a_high_heart_rate_too() -> None:
    assert _codes(is_backward=False, heart_rate_bpm=190.0, max_heart_rate_bpm=200.0) == [
        "A_HEART_HIGH"
    ]


def test_the_slow_start_takes_a_beginner_through_the_tiers() -> None:
    done = 0.0
    for week, step in enumerate(slow_start_programme(None), start=1):
        assert step.week == week
        assert step.max_speed_m_per_s <= practice_tier(done).max_speed_m_per_s
        done += step.sessions * step.minutes
    assert practice_tier(done).number == 3
    assert slow_start_programme(None)[0].sentence == (
        "Week 1: three times 5 minutes backward at ≤ 0.8 m/s, level, rail in reach, safety clip on."
    )


def test_the_slow_start_leaves_out_what_is_done() -> None:
    assert [step.max_speed_m_per_s for step in slow_start_programme(30.0)] == [1.2, 1.2, 1.2, 1.5]
    assert slow_start_programme(30.0)[0].week == 1
    assert slow_start_programme(165.0) == []


def test_a_cue_is_short_and_goes_with_the_practice() -> None:
    assert backward_cue(None) == "Start slowly: level, rail in reach, safety clip on."
    assert backward_cue(30.0) == "Level, rail in reach."
    assert backward_cue(120.0) == "Level; no running."
