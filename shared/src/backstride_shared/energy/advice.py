"""Advice beside the model: pure rules, each with one plain sentence.

The limits of speed and minutes are engineering judgement (calorie-model.md 8), shown as advice,
never as control: the software observes a belt and never moves one.
"""

from typing import Final, NamedTuple

import msgspec

from backstride_shared.energy.flags import X_BACK_DOWN, X_BODY, X_HANDS

BACKWARD_RUN_ABOVE_M_PER_S: Final = 1.6
BACKWARD_MAX_M_PER_S: Final = 3.0
BACKWARD_SHARE_OF_FORWARD_MAX: Final = 0.7
# Close to one's own limit, whatever the gait: engineering judgement.
HIGH_HEART_RATE_FRACTION: Final = 0.85
_ADULT_AGE_YEARS: Final = 18.0
_OLDER_AGE_YEARS: Final = 60.0
_SETTING: Final = "level, rail in reach, safety clip on"


class Advice(NamedTuple):
    """One piece of advice: a stable code and one plain sentence."""

    code: str
    sentence: str


class PracticeTier(NamedTuple):
    """How far somebody's practice backward goes; `until_minutes` is None in the last tier."""

    number: int
    until_minutes: float | None
    max_speed_m_per_s: float


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at; unknown is None, `deck_grade_percent` is as the deck stands."""

    is_backward: bool
    speed_m_per_s: float
    deck_grade_percent: float = 0.0
    flags: int = 0
    backward_minutes: float | None = None
    forward_max_speed_m_per_s: float | None = None
    age_years: float | None = None
    heart_rate_bpm: float | None = None
    max_heart_rate_bpm: float | None = None
    has_beta_blocker: bool = False


class ProgrammeStep(NamedTuple):
    """One week of a slow start: so many sessions of so many minutes backward."""

    week: int
    sessions: int
    minutes: int
    max_speed_m_per_s: float
    sentence: str


TIERS: Final = (
    PracticeTier(1, 30.0, 0.8),
    PracticeTier(2, 120.0, 1.2),
    PracticeTier(3, None, 1.5),
)
# (sessions, minutes, tier) per week; each tier's minutes are done before the next tier begins.
_WEEKS: Final = ((3, 5, 0), (3, 5, 0), (3, 10, 1), (3, 10, 1), (3, 10, 1), (3, 15, 2))
_TIMES: Final = {1: "once", 2: "twice", 3: "three times"}


def practice_tier(backward_minutes: float | None) -> PracticeTier:
    """Return the tier of somebody with so many lifetime minutes backward; unknown is none."""
    minutes = backward_minutes or 0.0
    for tier in TIERS:
        if tier.until_minutes is None or minutes < tier.until_minutes:
            return tier
    return TIERS[-1]


def practice_sentence(backward_minutes: float | None) -> str:
    """Return where somebody stands, such as `18 of 30 minutes at ≤ 0.8 m/s …`."""
    tier = practice_tier(backward_minutes)
    if tier.until_minutes is None:
        return (
            f"{backward_minutes:.0f} minutes of practice: walking backward"
            f" up to {tier.max_speed_m_per_s:g} m/s; running backward only with a harness."
        )
    setting = f": {_SETTING}" if tier.number == 1 else ""
    return (
        f"{backward_minutes or 0.0:.0f} of {tier.until_minutes:.0f} minutes"
        f" at ≤ {tier.max_speed_m_per_s:g} m/s{setting}."
    )


def backward_cue(backward_minutes: float | None) -> str:
    """Return how to go backward, short enough to be read while walking; the speed stands apart."""
    number = practice_tier(backward_minutes).number
    if number == 1:
        return f"Start slowly: {_SETTING}."
    return "Level, rail in reach." if number == len(TIERS) - 1 else "Level; no running."


def advised_max_speed_m_per_s(
    backward_minutes: float | None, forward_max_speed_m_per_s: float | None
) -> float:
    """Return the backward speed (m/s) advised: the tier's, within 70 % of one's own forward one."""
    limit = min(practice_tier(backward_minutes).max_speed_m_per_s, BACKWARD_MAX_M_PER_S)
    if forward_max_speed_m_per_s is None:
        return limit
    return min(limit, BACKWARD_SHARE_OF_FORWARD_MAX * forward_max_speed_m_per_s)


def advise(situation: Situation) -> list[Advice]:
    """Return the advice that applies, the most pressing first."""
    advice = _by_heart_rate(situation)
    if situation.is_backward and situation.speed_m_per_s > 0.0:
        advice += _by_speed(situation) + _by_setting(situation) + _by_person(situation)
    return advice


def slow_start_programme(backward_minutes: float | None) -> list[ProgrammeStep]:
    """Return a suggestion of weeks for somebody with so many minutes, leaving out what is done.

    The weeks follow the tiers; Heath 2001 had people practise three times a week.
    """
    steps: list[ProgrammeStep] = []
    planned = 0.0
    for sessions, minutes, tier_index in _WEEKS:
        planned += sessions * minutes
        if planned <= (backward_minutes or 0.0):
            continue
        week = len(steps) + 1
        limit = TIERS[tier_index].max_speed_m_per_s
        sentence = (
            f"Week {week}: {_TIMES[sessions]} {minutes} minutes backward"
            f" at ≤ {limit:g} m/s, {_SETTING}."
        )
        steps.append(ProgrammeStep(week, sessions, minutes, limit, sentence))
    return steps


def _by_heart_rate(situation: Situation) -> list[Advice]:
    bpm, highest = situation.heart_rate_bpm, situation.max_heart_rate_bpm
    if bpm is None:
        return []
    if situation.has_beta_blocker:
        return [
            Advice(
                "A_BETA_BLOCKER",
                "A beta-blocker keeps the heart rate low: go by how hard it feels, not by the"
                " number.",
            )
        ]
    if highest is not None and bpm > HIGH_HEART_RATE_FRACTION * highest:
        return [
            Advice(
                "A_HEART_HIGH",
                "Your heart rate is above 85 % of its maximum: slow down; backward raises it"
                " more than the same speed forward.",
            )
        ]
    return []


def _by_speed(situation: Situation) -> list[Advice]:
    advice: list[Advice] = []
    speed = situation.speed_m_per_s
    if speed > BACKWARD_MAX_M_PER_S:
        advice.append(Advice("A_TOO_FAST", "Never faster than 3.0 m/s backward: slow down."))
    if speed > BACKWARD_RUN_ABOVE_M_PER_S:
        advice.append(
            Advice("A_HARNESS", "Running backward (above 1.6 m/s) only with a safety harness.")
        )
    forward_max = situation.forward_max_speed_m_per_s
    if forward_max is not None and speed > BACKWARD_SHARE_OF_FORWARD_MAX * forward_max:
        advice.append(
            Advice(
                "A_FORWARD_SHARE",
                "This is above 70 % of your own fastest forward speed: go slower backward.",
            )
        )
    tier = practice_tier(situation.backward_minutes)
    if speed > tier.max_speed_m_per_s:
        advice.append(
            Advice(
                "A_START_SLOWLY",
                f"With your practice so far, up to {tier.max_speed_m_per_s:g} m/s is advised.",
            )
        )
    return advice


def _by_setting(situation: Situation) -> list[Advice]:
    advice: list[Advice] = []
    if situation.deck_grade_percent:
        sentence = "Keep the incline at 0 in reverse."
        if situation.flags & X_BACK_DOWN:
            sentence += " A raised front under a reversed belt is backward downhill."
        advice.append(Advice("A_INCLINE", sentence))
    if situation.flags & X_HANDS:
        advice.append(
            Advice(
                "A_RAIL",
                "Keep the rail within reach, but do not lean on it to go faster.",
            )
        )
    if practice_tier(situation.backward_minutes).number == 1:
        advice.append(
            Advice(
                "A_SPOTTER",
                "For the first half hour let somebody stand beside you and wear the safety clip.",
            )
        )
    return advice


def _by_person(situation: Situation) -> list[Advice]:
    age = situation.age_years
    if age is not None and age > _OLDER_AGE_YEARS:
        return [
            Advice(
                "A_AGE_OLDER",
                "Backward gait was studied in adults of about 18 to 35 years: over 60, ask a"
                " doctor first and keep somebody beside you.",
            )
        ]
    if age is not None and age < _ADULT_AGE_YEARS:
        return [
            Advice(
                "A_AGE_YOUNGER",
                "Backward gait was studied in adults: under 18 only with an adult beside you.",
            )
        ]
    if situation.flags & X_BODY:
        return [
            Advice(
                "A_BODY",
                "Backward gait was studied in healthy young adults of ordinary weight: start"
                " slowly, and ask a doctor if in doubt.",
            )
        ]
    return []
