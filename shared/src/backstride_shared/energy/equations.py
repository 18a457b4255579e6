"""The equations of the model, each a pure function of speed (m/s) and effective grade (percent).

Power is metabolic power in W per kg of body mass, above standing unless said otherwise.
Sources stand beside the constants, in `constants`.
"""

from backstride_shared.energy.constants import (
    BACKWARD_RUN_RATIO,
    BACKWARD_UPHILL_WALK_RATIO,
    BACKWARD_WALK_RATIO,
    BACKWARD_WALK_RATIO_MAX_SPEED_M_PER_S,
    BACKWARD_WALK_RATIO_PER_V4,
    RUN_COST_J_PER_KG_M,
    RUN_GRADE_COEFFICIENTS,
    RUN_GRADE_LIMIT,
    WALK_GRADE_FACTOR,
    WALK_GRADE_INNER_BASE,
    WALK_GRADE_MAX_SPEED_M_PER_S,
    WALK_GRADE_OFFSET_PERCENT,
    WALK_GRADE_OUTER_BASE,
    WALK_HIGH_FACTOR,
    WALK_LINEAR_BELOW_M_PER_S,
    WALK_LOW_EXPONENT,
    WALK_LOW_FACTOR,
)

_V = WALK_LINEAR_BELOW_M_PER_S
_LINEAR_SLOPE: float = (WALK_LOW_FACTOR * _V**WALK_LOW_EXPONENT + WALK_HIGH_FACTOR * _V**4) / _V
_A5, _A4, _A3, _A2, _A1 = RUN_GRADE_COEFFICIENTS


def level_walking_power(speed_m_per_s: float) -> float:
    """Return L(v), level forward walking above standing, W/kg (Looney 2019)."""
    if speed_m_per_s < WALK_LINEAR_BELOW_M_PER_S:
        return _LINEAR_SLOPE * speed_m_per_s
    square = speed_m_per_s * speed_m_per_s
    low: float = WALK_LOW_FACTOR * speed_m_per_s**WALK_LOW_EXPONENT
    return low + WALK_HIGH_FACTOR * square * square


def graded_walking_power(speed_m_per_s: float, grade_percent: float) -> float:
    """Return GT, what the slope adds to walking (negative on a gentle descent), W/kg."""
    speed = min(speed_m_per_s, WALK_GRADE_MAX_SPEED_M_PER_S)
    inner: float = WALK_GRADE_INNER_BASE ** (grade_percent + WALK_GRADE_OFFSET_PERCENT)
    outer: float = WALK_GRADE_OUTER_BASE ** (1.0 - inner)
    return WALK_GRADE_FACTOR * speed * grade_percent * (1.0 - outer)


def graded_running_cost(grade_percent: float) -> float:
    """Return RG, what the slope adds to running, J per kg and metre (Minetti 2002)."""
    slope = min(max(grade_percent / 100.0, -RUN_GRADE_LIMIT), RUN_GRADE_LIMIT)
    return ((((_A5 * slope + _A4) * slope + _A3) * slope + _A2) * slope + _A1) * slope


def backward_walking_ratio(speed_m_per_s: float) -> float:
    """Return kw(v), backward over forward level walking above standing."""
    speed = min(speed_m_per_s, BACKWARD_WALK_RATIO_MAX_SPEED_M_PER_S)
    square = speed * speed
    return BACKWARD_WALK_RATIO + BACKWARD_WALK_RATIO_PER_V4 * square * square


def run_fraction_between(speed_m_per_s: float, low_m_per_s: float, high_m_per_s: float) -> float:
    """Return the share of running, 0 at `low` to 1 at `high`, without a kink at either end."""
    if speed_m_per_s <= low_m_per_s:
        return 0.0
    if speed_m_per_s >= high_m_per_s:
        return 1.0
    x = (speed_m_per_s - low_m_per_s) / (high_m_per_s - low_m_per_s)
    return x * x * (3.0 - 2.0 * x)


def forward_power(
    speed_m_per_s: float, run_fraction: float, level: float, walk_slope: float, run_slope: float
) -> float:
    """Return the power of forward gait above standing, W/kg, never negative.

    `level` is L(v) times the stature's factor, `walk_slope` is GT, `run_slope` is RG.
    """
    walk = level + walk_slope
    run = speed_m_per_s * (RUN_COST_J_PER_KG_M + run_slope)
    return max(0.0, (1.0 - run_fraction) * walk + run_fraction * run)


def backward_power(
    speed_m_per_s: float,
    run_fraction: float,
    level: float,
    walk_slope: float,
    run_slope: float,
    novelty: float,
) -> float:
    """Return the power of backward gait above standing, W/kg, never negative.

    The terms are those of `forward_power`; a slope is positive where the user goes uphill.
    Only what the slope costs is multiplied; what it gives back is not.
    """
    if walk_slope > 0.0:
        walk_slope *= BACKWARD_UPHILL_WALK_RATIO
    if run_slope > 0.0:
        run_slope *= BACKWARD_RUN_RATIO
    walk = novelty * backward_walking_ratio(speed_m_per_s) * level + walk_slope
    run = speed_m_per_s * (novelty * BACKWARD_RUN_RATIO * RUN_COST_J_PER_KG_M + run_slope)
    return max(0.0, (1.0 - run_fraction) * walk + run_fraction * run)
