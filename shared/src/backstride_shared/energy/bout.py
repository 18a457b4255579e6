"""Steady bouts: since when nothing changes, and what the heart rate then adds.

The heart rate counts only after three minutes at the same speed, grade and direction; the third
minute of a steady forward bout also gives one value for the calibration of VO2max.
"""

from typing import Final

from backstride_shared.energy.coefficients import Coefficients, HeartRateCoefficients
from backstride_shared.energy.constants import (
    CALIBRATION_MIN_READINGS,
    CALIBRATION_WINDOW_S,
    SAME_GRADE_PERCENT,
    SAME_SPEED_FRACTION,
    SAME_SPEED_M_PER_S,
    STEADY_FOR_HEART_RATE_S,
    VO2_PER_POWER,
)
from backstride_shared.energy.heart_rate import fuse, implied_vo2max
from backstride_shared.energy.state import MOVING, EnergyState

_STEADY_MS: Final = int(STEADY_FOR_HEART_RATE_S * 1000)
_CALIBRATION_FROM_MS: Final = _STEADY_MS - int(CALIBRATION_WINDOW_S * 1000)


def keep_bout(state: EnergyState, at_ms: int, is_gap: bool) -> None:  # noqa: FBT001
    """Note what changed with this moving reading: direction, speed, grade, or nothing much.

    The references are those of the bout's start, so that a slow drift counts as a change too.
    What happened in a gap is not known, so nothing is steady after one.
    """
    has_turned = state.was_reverse is not None and state.is_reverse != state.was_reverse
    if has_turned:
        state.totals.direction_changes += 1
    state.was_reverse = state.is_reverse
    reference = state.bout_speed_m_per_s
    change = abs(state.speed_m_per_s - reference)
    is_same_speed = (
        state.kind == MOVING
        and not has_turned
        and (change <= SAME_SPEED_M_PER_S or change <= SAME_SPEED_FRACTION * reference)
    )
    if not is_same_speed:
        state.bout_speed_m_per_s = state.speed_m_per_s
        state.same_speed_since_ms = at_ms
    grade_change = abs(state.grade_percent - state.bout_grade_percent)
    if not is_same_speed or is_gap or grade_change > SAME_GRADE_PERCENT:
        state.bout_grade_percent = state.grade_percent
        state.steady_since_ms = at_ms
        state.window_readings = 0
        state.window_bpm_sum = 0.0


def use_heart_rate(
    state: EnergyState,
    coefficients: Coefficients,
    heart_rate: HeartRateCoefficients,
    steady_ms: int,
    bpm: float,
) -> None:
    """Fuse the heart rate into the rates held, once steady; calibrate on forward bouts."""
    if steady_ms < _CALIBRATION_FROM_MS:
        return
    if steady_ms < _STEADY_MS:
        if not state.is_backward:
            state.window_readings += 1
            state.window_bpm_sum += bpm
        return
    vo2_per_kcal = VO2_PER_POWER / coefficients.kcal_per_min_per_w_per_kg
    vo2 = state.gross_kcal_per_min * vo2_per_kcal
    if state.window_readings:
        _calibrate(state, heart_rate, vo2)
    fused = fuse(heart_rate, vo2, state.uncertainty_percent, state.is_backward, bpm)
    if fused is None:
        return
    fused_vo2, uncertainty = fused
    gross = fused_vo2 / vo2_per_kcal
    # What the heart tells of this person holds forward as well: the dividend stays a ratio of
    # directions, not of persons.
    state.forward_kcal_per_min *= fused_vo2 / vo2
    state.gross_kcal_per_min = gross
    state.net_kcal_per_min = max(0.0, gross - coefficients.resting_kcal_per_min)
    state.uncertainty_percent = uncertainty
    state.is_fused = True


def _calibrate(state: EnergyState, heart_rate: HeartRateCoefficients, vo2: float) -> None:
    """Add one bout: its heart rate is the mean of its third minute."""
    if state.window_readings >= CALIBRATION_MIN_READINGS:
        bpm = state.window_bpm_sum / state.window_readings
        implied = implied_vo2max(heart_rate, vo2, bpm)
        if implied is not None:
            state.totals.calibration_bouts += 1
            state.totals.calibration_vo2max_sum += implied
    state.window_readings = 0
    state.window_bpm_sum = 0.0
