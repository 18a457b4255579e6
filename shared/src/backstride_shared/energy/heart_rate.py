"""Heart rate beside the speed model: fusion, and the calibration of an effective VO2max.

The heart rate is never used alone: it moves the speed model's answer by a quarter at most.
Callers keep the gate on time: steady speed, grade and direction for three minutes.
"""

from math import exp, log, sqrt

from backstride_shared.energy.coefficients import HeartRateCoefficients
from backstride_shared.energy.constants import (
    BACKWARD_HEART_RATE_FACTOR,
    FUSED_MAX,
    FUSED_MIN,
    HEART_RATE_BPM,
    HRR_INTERCEPT_PERCENT,
    HRR_MIN_PERCENT,
    HRR_SLOPE,
)

_LOWEST_BPM, _HIGHEST_BPM = HEART_RATE_BPM


def oxygen_reserve_fraction(
    coefficients: HeartRateCoefficients, heart_rate_bpm: float
) -> float | None:
    """Return the share of the oxygen reserve in use, or None where the heart rate cannot tell.

    It cannot below 35 % of the heart rate's reserve, nor outside what a heart can do.
    A heart rate above the maximum counts as the maximum.  Source: Swain 1998.
    """
    if not _LOWEST_BPM <= heart_rate_bpm <= _HIGHEST_BPM:
        return None
    reserve_percent = (
        100.0
        * (heart_rate_bpm - coefficients.resting_bpm)
        / (coefficients.max_bpm - coefficients.resting_bpm)
    )
    if reserve_percent < HRR_MIN_PERCENT:
        return None
    return (min(reserve_percent, 100.0) - HRR_INTERCEPT_PERCENT) / HRR_SLOPE / 100.0


def fuse(
    coefficients: HeartRateCoefficients,
    vo2_ml_per_kg_per_min: float,
    uncertainty_percent: float,
    is_backward: bool,  # noqa: FBT001 - the hot path passes positions
    heart_rate_bpm: float,
) -> tuple[float, float] | None:
    """Return (VO2, uncertainty percent) of speed and heart rate together, or None if gated out.

    The two are weighted by their variances in the logarithm (calorie-model.md 4).
    """
    fraction = oxygen_reserve_fraction(coefficients, heart_rate_bpm)
    if fraction is None:
        return None
    above_rest = fraction * (coefficients.vo2max - coefficients.rest_vo2)
    if is_backward:
        above_rest *= BACKWARD_HEART_RATE_FACTOR
        heart_rate_sd = coefficients.backward_sd
    else:
        heart_rate_sd = coefficients.forward_sd
    speed_sd = uncertainty_percent / 100.0
    speed_weight = 1.0 / (speed_sd * speed_sd)
    heart_weight = 1.0 / (heart_rate_sd * heart_rate_sd)
    weight = speed_weight + heart_weight
    ratio = exp(
        heart_weight / weight * log((coefficients.rest_vo2 + above_rest) / vo2_ml_per_kg_per_min)
    )
    ratio = min(max(ratio, FUSED_MIN), FUSED_MAX)
    return vo2_ml_per_kg_per_min * ratio, 100.0 * sqrt(1.0 / weight)


def implied_vo2max(
    coefficients: HeartRateCoefficients, vo2_ml_per_kg_per_min: float, heart_rate_bpm: float
) -> float | None:
    """Return the VO2max at which this heart rate belongs to the speed model's VO2, or None."""
    fraction = oxygen_reserve_fraction(coefficients, heart_rate_bpm)
    if fraction is None:
        return None
    rest = coefficients.rest_vo2
    return rest + (vo2_ml_per_kg_per_min - rest) / fraction
