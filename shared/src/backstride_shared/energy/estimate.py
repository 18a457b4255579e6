"""One reading, or many without a state: the whole answer of the model, for people and programs."""

from collections.abc import Iterable
from math import isfinite

import msgspec

from backstride_shared.energy.coefficients import Coefficients
from backstride_shared.energy.constants import (
    ACSM_MODEL_VERSION,
    MODEL_VERSION,
    RAMP_S,
    STEADY_FOR_HEART_RATE_S,
    VO2_PER_MET,
    VO2_PER_POWER,
)
from backstride_shared.energy.flags import X_RAMP
from backstride_shared.energy.heart_rate import fuse
from backstride_shared.energy.speed_model import Gait, power_rate
from backstride_shared.energy.state import ReadingLike

# (gross kcal/min, net kcal/min, uncertainty percent, flags), as in the stream but without a sum.
EnergyRate = tuple[float, float, float, int]


class BackwardNotSupportedError(ValueError):
    """The ACSM equations were asked about backward gait, which they do not know."""


class ImplausibleReadingError(ValueError):
    """A speed, grade or heart rate that is not a number, or negative where it cannot be."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One moment on the belt; `steady_s` is the time at the same speed, None for long enough."""

    speed_m_per_s: float
    is_reverse: bool = False
    grade_percent: float = 0.0
    hands: str | None = None
    gait: Gait | None = None
    heart_rate_bpm: float | None = None
    steady_s: float | None = None


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What one moment costs; `uncertainty_percent` is 1 SD in percent of gross."""

    vo2_ml_per_kg_per_min: float
    power_w_per_kg: float
    mets: float
    gross_kcal_per_min: float
    net_kcal_per_min: float
    uncertainty_percent: float
    run_fraction: float
    is_backward: bool
    effective_grade_percent: float
    flags: int
    is_heart_rate_used: bool
    forward_gross_kcal_per_min: float
    model_version: str


def estimate(coefficients: Coefficients, moment: Moment) -> Estimate:
    """Return the whole answer for one moment.

    Raises:
        ImplausibleReadingError: a value is not finite, or the speed is negative.
        BackwardNotSupportedError: backward gait with the ACSM equations.

    """
    _check(moment)
    is_backward = moment.is_reverse != coefficients.is_facing_away
    if is_backward and coefficients.is_acsm:
        message = "the acsm model knows no backward gait; use backstride-1"
        raise BackwardNotSupportedError(message)
    power, uncertainty, flags, run_fraction, forward_power = power_rate(
        coefficients,
        moment.is_reverse,
        moment.speed_m_per_s,
        moment.grade_percent,
        moment.hands,
        moment.gait,
    )
    if moment.steady_s is not None and moment.steady_s < RAMP_S and moment.speed_m_per_s > 0.0:
        flags |= X_RAMP
    vo2 = power * VO2_PER_POWER
    fused = _fused(coefficients, moment, vo2, uncertainty, is_backward=is_backward)
    if fused is not None:
        fused_vo2, uncertainty = fused
        forward_power *= fused_vo2 / vo2
        vo2 = fused_vo2
        power = vo2 / VO2_PER_POWER
    scale = coefficients.kcal_per_min_per_w_per_kg
    return Estimate(
        vo2_ml_per_kg_per_min=vo2,
        power_w_per_kg=power,
        mets=vo2 / VO2_PER_MET,
        gross_kcal_per_min=scale * power,
        net_kcal_per_min=max(0.0, scale * power - coefficients.resting_kcal_per_min),
        uncertainty_percent=uncertainty,
        run_fraction=run_fraction,
        is_backward=is_backward,
        effective_grade_percent=(
            -moment.grade_percent if moment.is_reverse else moment.grade_percent
        )
        + 0.0,  # no negative zero
        flags=flags,
        is_heart_rate_used=fused is not None,
        forward_gross_kcal_per_min=scale * forward_power,
        model_version=ACSM_MODEL_VERSION if coefficients.is_acsm else MODEL_VERSION,
    )


def rates(coefficients: Coefficients, readings: Iterable[ReadingLike]) -> list[EnergyRate]:
    """Return the speed model's rates of many readings, each on its own.

    For what needs no history: no heart rate (its gates need time), no sums, no X_RAMP.
    A belt at rest gives standing, as in `estimate`.
    """
    scale = coefficients.kcal_per_min_per_w_per_kg
    resting = coefficients.resting_kcal_per_min
    result: list[EnergyRate] = []
    for reading in readings:
        power, uncertainty, flags, _, _ = power_rate(
            coefficients,
            reading.is_reverse,
            reading.speed_m_per_s,
            reading.grade_percent,
            reading.hands,
        )
        gross = scale * power
        result.append((gross, max(0.0, gross - resting), uncertainty, flags))
    return result


def _check(moment: Moment) -> None:
    if not (isfinite(moment.speed_m_per_s) and moment.speed_m_per_s >= 0.0):
        message = f"the speed must be a number from 0, not {moment.speed_m_per_s:g} m/s"
        raise ImplausibleReadingError(message)
    if not isfinite(moment.grade_percent):
        message = f"the grade must be a number, not {moment.grade_percent:g} %"
        raise ImplausibleReadingError(message)


def _fused(
    coefficients: Coefficients, moment: Moment, vo2: float, uncertainty: float, *, is_backward: bool
) -> tuple[float, float] | None:
    """Return (VO2, uncertainty) with the heart rate, or None where a gate forbids it."""
    bpm, heart_rate = moment.heart_rate_bpm, coefficients.heart_rate
    if bpm is None or heart_rate is None or moment.speed_m_per_s <= 0.0:
        return None
    if moment.steady_s is not None and moment.steady_s < STEADY_FOR_HEART_RATE_S:
        return None
    return fuse(heart_rate, vo2, uncertainty, is_backward, bpm)
