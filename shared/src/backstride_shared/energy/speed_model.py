"""The speed model: what a reading costs, how sure that is, and which flags it raises.

`power_rate` is the hot path: the scalar form, the batch form and the stream all go through it.
"""

from math import sqrt
from typing import Final, Literal

from backstride_shared.energy.coefficients import Coefficients
from backstride_shared.energy.constants import (
    ACSM_REST_VO2,
    ACSM_RUN_GRADE,
    ACSM_RUN_PER_M_PER_MIN,
    ACSM_WALK_GRADE,
    ACSM_WALK_PER_M_PER_MIN,
    BACKWARD_FAST_ABOVE_M_PER_S,
    BACKWARD_RUN_STEEP_ABOVE_PERCENT,
    BACKWARD_SLOW_BELOW_M_PER_S,
    BACKWARD_TRANSITION_M_PER_S,
    BACKWARD_WALK_STEEP_ABOVE_PERCENT,
    FORWARD_RUN_FAST_ABOVE_M_PER_S,
    FORWARD_SLOW_BELOW_M_PER_S,
    FORWARD_TRANSITION_M_PER_S,
    FORWARD_WALK_FAST_ABOVE_M_PER_S,
    GRADE_LIMIT_PERCENT,
    HAND_GRIPPING_FACTOR,
    HAND_RESTING_FACTOR,
    SD_BACKWARD_DOWNHILL,
    SD_BACKWARD_FAST,
    SD_BACKWARD_RUN,
    SD_BACKWARD_SLOW,
    SD_BACKWARD_WALK,
    SD_FORWARD_DOWNHILL,
    SD_FORWARD_RUN,
    SD_FORWARD_RUN_FAST,
    SD_FORWARD_SLOW,
    SD_FORWARD_WALK,
    SD_GAIT_UNKNOWN,
    SD_HANDRAIL,
    SD_HANDS_UNKNOWN_BACKWARD,
    SD_STANDING,
    SD_UPHILL,
    VO2_PER_POWER,
    WALK_GRADE_MIN_PERCENT,
)
from backstride_shared.energy.equations import (
    backward_power,
    forward_power,
    graded_running_cost,
    graded_walking_power,
    level_walking_power,
    run_fraction_between,
)
from backstride_shared.energy.flags import (
    X_BACK_DOWN,
    X_BACK_FAST,
    X_BACK_SLOW,
    X_BACK_STEEP,
    X_GAIT,
    X_GRADE,
    X_HANDS,
    X_MODEL,
    X_WALK_FAST,
)

Gait = Literal["walk", "run"]

# Power W/kg, uncertainty percent, flags, run fraction, and what the same would cost forward, W/kg.
PowerRate = tuple[float, float, int, float, float]

_FORWARD_LOW, _FORWARD_HIGH = FORWARD_TRANSITION_M_PER_S
_BACKWARD_LOW, _BACKWARD_HIGH = BACKWARD_TRANSITION_M_PER_S
_MOSTLY_RUNNING: Final = 0.5
# Squares, because independent errors add in quadrature.
_V_STANDING: Final = SD_STANDING**2
_V_UPHILL: Final = SD_UPHILL**2
_V_FORWARD_DOWNHILL: Final = SD_FORWARD_DOWNHILL**2
_V_BACKWARD_DOWNHILL: Final = SD_BACKWARD_DOWNHILL**2
_V_GAIT_UNKNOWN: Final = SD_GAIT_UNKNOWN**2
_V_BACKWARD_SLOW: Final = SD_BACKWARD_SLOW**2
_V_BACKWARD_FAST: Final = SD_BACKWARD_FAST**2
_V_FORWARD_SLOW: Final = SD_FORWARD_SLOW**2
_V_FORWARD_RUN_FAST: Final = SD_FORWARD_RUN_FAST**2

# Hands: factor on locomotion, variance, flags. A word that we do not know is unknown.
_HAND = tuple[float, float, int]
_HANDS_FORWARD: Final[dict[str | None, _HAND]] = {
    "free": (1.0, 0.0, 0),
    "rest": (HAND_RESTING_FACTOR, SD_HANDRAIL**2, X_HANDS),
    "grip": (HAND_GRIPPING_FACTOR, SD_HANDRAIL**2, X_HANDS),
    None: (1.0, 0.0, 0),
}
_HANDS_BACKWARD: Final[dict[str | None, _HAND]] = {
    **_HANDS_FORWARD,
    None: (1.0, SD_HANDS_UNKNOWN_BACKWARD**2, X_HANDS),
}
_UNKNOWN_FORWARD: Final = _HANDS_FORWARD[None]
_UNKNOWN_BACKWARD: Final = _HANDS_BACKWARD[None]


def power_rate(
    coefficients: Coefficients,
    is_reverse: bool,  # noqa: FBT001 - the hot path passes positions; keywords cost a tenth
    speed_m_per_s: float,
    deck_grade_percent: float,
    hands: str | None,
    gait: Gait | None = None,
) -> PowerRate:
    """Return what one moment costs: the whole speed model, standing included.

    Args are the belt's direction, its speed (0 to 8 m/s), the deck's grade (percent, positive
    with its front up), the hands (`free`, `rest`, `grip`, None unknown) and the gait if known.
    A reversed belt flips the sign of the grade, whichever way the user faces.
    """
    if speed_m_per_s <= 0.0:
        standing = (
            ACSM_REST_VO2 / VO2_PER_POWER
            if coefficients.is_acsm
            else coefficients.standing_w_per_kg
        )
        sd = sqrt(_V_STANDING + coefficients.body_variance)
        return standing, sd, coefficients.body_flags, 0.0, standing
    grade = -deck_grade_percent if is_reverse else deck_grade_percent
    if is_reverse != coefficients.is_facing_away:
        return _backward_rate(coefficients, speed_m_per_s, grade, hands, gait)
    return _forward_rate(coefficients, speed_m_per_s, grade, hands, gait)


def _forward_rate(  # noqa: C901 - one flat pass is the hot path
    coefficients: Coefficients, speed: float, grade: float, hands: str | None, gait: Gait | None
) -> PowerRate:
    flags = coefficients.body_flags
    variance = coefficients.body_variance
    if gait is None:
        fraction = run_fraction_between(speed, _FORWARD_LOW, _FORWARD_HIGH)
        if 0.0 < fraction < 1.0:
            flags |= X_GAIT
            variance += _V_GAIT_UNKNOWN
    else:
        fraction = 1.0 if gait == "run" else 0.0
    is_walk = fraction < _MOSTLY_RUNNING
    factor, hand_variance, hand_flags = _HANDS_FORWARD.get(hands, _UNKNOWN_FORWARD)
    flags |= hand_flags
    base = SD_FORWARD_WALK + fraction * (SD_FORWARD_RUN - SD_FORWARD_WALK)
    variance += hand_variance + base * base
    if grade > 0.0:
        variance += _V_UPHILL
    elif grade < 0.0:
        variance += _V_FORWARD_DOWNHILL
    if speed < FORWARD_SLOW_BELOW_M_PER_S:
        variance += _V_FORWARD_SLOW
    if is_walk:
        if speed > FORWARD_WALK_FAST_ABOVE_M_PER_S:
            flags |= X_WALK_FAST
    elif speed > FORWARD_RUN_FAST_ABOVE_M_PER_S:
        variance += _V_FORWARD_RUN_FAST
    if grade > GRADE_LIMIT_PERCENT or grade < WALK_GRADE_MIN_PERCENT:
        flags |= _grade_flag(grade, is_walk=is_walk)
    if coefficients.is_acsm:
        power = _acsm_power(speed, grade, fraction)
    else:
        level = coefficients.stature * level_walking_power(speed)
        walk_slope = graded_walking_power(speed, grade) if grade else 0.0
        run_slope = graded_running_cost(grade) if grade and fraction else 0.0
        power = coefficients.standing_w_per_kg + factor * forward_power(
            speed, fraction, level, walk_slope, run_slope
        )
    return power, sqrt(variance), flags, fraction, power


def _backward_rate(  # noqa: C901 - one flat pass is the hot path
    coefficients: Coefficients, speed: float, grade: float, hands: str | None, gait: Gait | None
) -> PowerRate:
    flags = coefficients.body_flags
    variance = coefficients.body_variance + coefficients.novice_variance
    if gait is None:
        fraction = run_fraction_between(speed, _BACKWARD_LOW, _BACKWARD_HIGH)
        if 0.0 < fraction < 1.0:
            flags |= X_GAIT
            variance += _V_GAIT_UNKNOWN
    else:
        fraction = 1.0 if gait == "run" else 0.0
    factor, hand_variance, hand_flags = _HANDS_BACKWARD.get(hands, _UNKNOWN_BACKWARD)
    flags |= hand_flags
    base = SD_BACKWARD_WALK + fraction * (SD_BACKWARD_RUN - SD_BACKWARD_WALK)
    variance += hand_variance + base * base
    if grade > 0.0:
        variance += _V_UPHILL
        is_walk = fraction < _MOSTLY_RUNNING
        if grade > (
            BACKWARD_WALK_STEEP_ABOVE_PERCENT if is_walk else BACKWARD_RUN_STEEP_ABOVE_PERCENT
        ):
            flags |= X_BACK_STEEP
            if grade > GRADE_LIMIT_PERCENT:
                flags |= X_GRADE
    elif grade < 0.0:
        variance += _V_BACKWARD_DOWNHILL
        flags |= X_BACK_DOWN
        if grade < WALK_GRADE_MIN_PERCENT:
            flags |= _grade_flag(grade, is_walk=fraction < _MOSTLY_RUNNING)
    if speed < BACKWARD_SLOW_BELOW_M_PER_S:
        variance += _V_BACKWARD_SLOW
        flags |= X_BACK_SLOW
    elif speed > BACKWARD_FAST_ABOVE_M_PER_S:
        variance += _V_BACKWARD_FAST
        flags |= X_BACK_FAST
    if coefficients.is_acsm:
        flags |= X_MODEL
    forward_fraction = run_fraction_between(speed, _FORWARD_LOW, _FORWARD_HIGH)
    level = coefficients.stature * level_walking_power(speed)
    walk_slope = graded_walking_power(speed, grade) if grade else 0.0
    is_run_needed = fraction > 0.0 or forward_fraction > 0.0
    run_slope = graded_running_cost(grade) if grade and is_run_needed else 0.0
    standing = coefficients.standing_w_per_kg
    power = standing + factor * backward_power(
        speed, fraction, level, walk_slope, run_slope, coefficients.novelty
    )
    forward = standing + factor * forward_power(
        speed, forward_fraction, level, walk_slope, run_slope
    )
    return power, sqrt(variance), flags, fraction, forward


def _grade_flag(grade: float, *, is_walk: bool) -> int:
    if abs(grade) > GRADE_LIMIT_PERCENT or (is_walk and grade < WALK_GRADE_MIN_PERCENT):
        return X_GRADE
    return 0


def _acsm_power(speed: float, grade: float, run_fraction: float) -> float:
    """Return the ACSM equations (Bushman 2020) as W/kg, gross; hands and stature unknown to them.

    They were not made for descents: what they give there is not taken below rest.
    """
    metres_per_min = 60.0 * speed
    slope = grade / 100.0
    walk = metres_per_min * (ACSM_WALK_PER_M_PER_MIN + ACSM_WALK_GRADE * slope)
    run = metres_per_min * (ACSM_RUN_PER_M_PER_MIN + ACSM_RUN_GRADE * slope)
    vo2 = (1.0 - run_fraction) * walk + run_fraction * run
    return (ACSM_REST_VO2 + max(vo2, 0.0)) / VO2_PER_POWER
