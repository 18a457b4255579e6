"""Energy over time: readings become points and sums, the same however the stream is cut.

Each reading first settles the one before it, over the time between, held for five seconds at most;
what is longer is a gap: counted, no energy.  A belt at rest, or nobody on it, gives no energy.
The sums are added in the order of the readings, so the totals do not depend on batch limits,
not in the last bit.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from backstride_shared.energy.coefficients import Coefficients, HeartRateCoefficients
from backstride_shared.energy.constants import (
    CALIBRATION_MIN_READINGS,
    CALIBRATION_WINDOW_S,
    HOLD_MS,
    RAMP_S,
    SAME_GRADE_PERCENT,
    SAME_SPEED_FRACTION,
    SAME_SPEED_M_PER_S,
    STEADY_FOR_HEART_RATE_S,
    VO2_PER_POWER,
)
from backstride_shared.energy.flags import X_RAMP
from backstride_shared.energy.heart_rate import fuse, implied_vo2max
from backstride_shared.energy.speed_model import power_rate
from backstride_shared.energy.totals import EnergyTotals

# (gross kcal/min, net kcal/min, uncertainty percent, flags, session's gross kcal so far).
# A plain tuple: a NamedTuple costs 0.2 us more per reading.  At rest and with nobody present the
# rates are 0, so that the series, integrated, is the sum.
EnergyPoint = tuple[float, float, float, int, float]

_ABSENT: Final = 0
_STANDING: Final = 1
_MOVING: Final = 2
_AT_REST: Final = (0.0, 0.0, 0.0, 0)

_STEADY_MS: Final = int(STEADY_FOR_HEART_RATE_S * 1000)
_RAMP_MS: Final = int(RAMP_S * 1000)
_CALIBRATION_FROM_MS: Final = _STEADY_MS - int(CALIBRATION_WINDOW_S * 1000)


class ReadingLike(Protocol):
    """What the model reads of a reading; unknown is None, and unknown presence is present."""

    @property
    def measured_at_ms(self) -> int:
        """Milliseconds since the epoch."""

    @property
    def is_reverse(self) -> bool:
        """Whether the belt runs in reverse; at rest, whether it last did."""

    @property
    def speed_m_per_s(self) -> float:
        """Unsigned belt speed, 0 to 8."""

    @property
    def grade_percent(self) -> float:
        """Grade of the deck, positive with its front up, -45 to 45."""

    @property
    def heart_rate_bpm(self) -> float | None:
        """Heart rate, 25 to 250."""

    @property
    def hands(self) -> str | None:
        """One of `free`, `rest` and `grip`."""

    @property
    def is_present(self) -> bool | None:
        """Whether somebody is on the belt."""


class EnergyState(msgspec.Struct, array_like=True):
    """Where a session's energy stands: its sums, the reading being held, how steady it is.

    It travels in every checkpoint; new fields are added at the end, with a default.
    """

    totals: EnergyTotals = msgspec.field(default_factory=EnergyTotals)
    # The reading being held, until the next one settles it.
    held_at_ms: int | None = None
    kind: int = _ABSENT
    is_reverse: bool = False
    is_backward: bool = False
    is_fused: bool = False
    speed_m_per_s: float = 0.0
    grade_percent: float = 0.0
    hands: str | None = None
    heart_rate_bpm: float | None = None
    gross_kcal_per_min: float = 0.0
    net_kcal_per_min: float = 0.0
    uncertainty_percent: float = 0.0
    # Without X_RAMP, which depends on the time.
    flags: int = 0
    is_ramp: bool = False
    forward_kcal_per_min: float = 0.0
    # The bout: since when the same speed, and the same speed, grade and direction, are held.
    bout_speed_m_per_s: float = 0.0
    bout_grade_percent: float = 0.0
    same_speed_since_ms: int = 0
    steady_since_ms: int = 0
    # None before the first moving reading.
    was_reverse: bool | None = None
    window_readings: int = 0
    window_bpm_sum: float = 0.0


def advance(
    state: EnergyState, coefficients: Coefficients, readings: Iterable[ReadingLike]
) -> list[EnergyPoint]:
    """Add `readings`, in the order of their measured times, to `state`; return a point for each.

    Time that does not advance holds for 0 s.  Values are taken as accepted at the edge.
    """
    totals = state.totals
    heart_rate = coefficients.heart_rate
    points: list[EnergyPoint] = []
    for reading in readings:
        at_ms = reading.measured_at_ms
        held_at_ms = state.held_at_ms
        is_gap = False
        if held_at_ms is not None:
            if at_ms > held_at_ms:
                is_gap = _settle(state, totals, at_ms - held_at_ms)
            else:
                at_ms = held_at_ms
        state.held_at_ms = at_ms
        totals.readings += 1
        speed = reading.speed_m_per_s
        if reading.is_present is False:
            state.kind = _ABSENT
            state.heart_rate_bpm = None
            points.append((*_AT_REST, totals.forward_gross_kcal + totals.backward_gross_kcal))
            continue
        bpm = reading.heart_rate_bpm
        state.heart_rate_bpm = bpm
        if bpm is not None and bpm > totals.max_heart_rate_bpm:
            totals.max_heart_rate_bpm = bpm
        if speed <= 0.0:
            state.kind = _STANDING
            points.append((*_AT_REST, totals.forward_gross_kcal + totals.backward_gross_kcal))
            continue
        is_reverse = reading.is_reverse
        grade = reading.grade_percent
        hands = reading.hands
        is_changed = (
            speed != state.speed_m_per_s
            or grade != state.grade_percent
            or is_reverse is not state.is_reverse
            or hands != state.hands
        )
        # A steady belt repeats itself: what was worked out for the last reading still holds.
        if is_changed or state.is_fused or state.was_reverse is None:
            _work_out(state, coefficients, is_reverse, speed, grade, hands)
        if is_changed or is_gap or state.kind != _MOVING:
            _keep_bout(state, at_ms, is_gap)
        state.kind = _MOVING
        if bpm is not None and heart_rate is not None:
            _use_heart_rate(state, coefficients, heart_rate, at_ms - state.steady_since_ms, bpm)
        state.is_ramp = at_ms - state.same_speed_since_ms < _RAMP_MS
        points.append(
            (
                state.gross_kcal_per_min,
                state.net_kcal_per_min,
                state.uncertainty_percent,
                state.flags | X_RAMP if state.is_ramp else state.flags,
                totals.forward_gross_kcal + totals.backward_gross_kcal,
            )
        )
    return points


def close(state: EnergyState, coefficients: Coefficients, until_measured_at_ms: int) -> None:
    """Settle the reading being held up to `until_measured_at_ms`, by the same rule, and let it go.

    For when the next reading belongs to another session: the time between two readings belongs
    to the earlier one's.
    """
    del coefficients  # the rate being held was worked out with them
    if state.held_at_ms is not None and until_measured_at_ms > state.held_at_ms:
        _settle(state, state.totals, until_measured_at_ms - state.held_at_ms)
    state.held_at_ms = None
    state.kind = _ABSENT


def _settle(state: EnergyState, totals: EnergyTotals, elapsed_ms: int) -> bool:
    """Add the reading being held over `elapsed_ms`; return whether that was a gap."""
    is_gap = elapsed_ms > HOLD_MS
    if is_gap:
        totals.gaps += 1
        totals.gap_seconds += (elapsed_ms - HOLD_MS) / 1000.0
        elapsed_ms = HOLD_MS
    seconds = elapsed_ms / 1000.0
    bpm = state.heart_rate_bpm
    if bpm is not None:
        totals.heart_rate_seconds += seconds
        totals.heart_rate_bpm_seconds += bpm * seconds
    if state.kind == _MOVING:
        _settle_gait(state, totals, seconds)
    elif state.kind == _STANDING:
        totals.standing_seconds += seconds
    else:
        totals.absent_seconds += seconds
    return is_gap


def _settle_gait(state: EnergyState, totals: EnergyTotals, seconds: float) -> None:
    minutes = seconds / 60.0
    gross_kcal = state.gross_kcal_per_min * minutes
    if state.is_backward:
        totals.backward_seconds += seconds
        totals.backward_metres += state.speed_m_per_s * seconds
        totals.backward_gross_kcal += gross_kcal
        totals.backward_net_kcal += state.net_kcal_per_min * minutes
        totals.backward_kcal_percent += gross_kcal * state.uncertainty_percent
        totals.forward_equivalent_gross_kcal += state.forward_kcal_per_min * minutes
    else:
        totals.forward_seconds += seconds
        totals.forward_metres += state.speed_m_per_s * seconds
        totals.forward_gross_kcal += gross_kcal
        totals.forward_net_kcal += state.net_kcal_per_min * minutes
        totals.forward_kcal_percent += gross_kcal * state.uncertainty_percent
    if state.is_reverse:
        totals.belt_reverse_seconds += seconds
    if state.is_fused:
        totals.fused_seconds += seconds
    flags = state.flags | X_RAMP if state.is_ramp else state.flags
    if flags:
        flag_seconds = totals.flag_seconds
        for index in _indexes(flags):
            flag_seconds[index] = flag_seconds.get(index, 0.0) + seconds


@lru_cache(maxsize=4096)
def _indexes(flags: int) -> tuple[int, ...]:
    return tuple(index for index in range(flags.bit_length()) if flags >> index & 1)


def _work_out(  # noqa: PLR0913, PLR0917 - the hot path passes positions
    state: EnergyState,
    coefficients: Coefficients,
    is_reverse: bool,  # noqa: FBT001
    speed: float,
    grade: float,
    hands: str | None,
) -> None:
    """Put the speed model's rates for a moving reading into `state`."""
    power, uncertainty, flags, _, forward_power = power_rate(
        coefficients, is_reverse, speed, grade, hands
    )
    scale = coefficients.kcal_per_min_per_w_per_kg
    gross = scale * power
    net = gross - coefficients.resting_kcal_per_min
    is_backward = is_reverse is not coefficients.is_facing_away
    state.is_reverse = is_reverse
    state.is_backward = is_backward
    state.is_fused = False
    state.speed_m_per_s = speed
    state.grade_percent = grade
    state.hands = hands
    state.gross_kcal_per_min = gross
    state.net_kcal_per_min = net if net > 0.0 else 0.0
    state.uncertainty_percent = uncertainty
    state.flags = flags
    state.forward_kcal_per_min = scale * forward_power
    totals = state.totals
    if is_backward:
        if speed > totals.backward_max_speed_m_per_s:
            totals.backward_max_speed_m_per_s = speed
    elif speed > totals.forward_max_speed_m_per_s:
        totals.forward_max_speed_m_per_s = speed


def _keep_bout(state: EnergyState, at_ms: int, is_gap: bool) -> None:  # noqa: FBT001
    """Note what changed with this moving reading: direction, speed, grade, or nothing much.

    The references are those of the bout's start, so that a slow drift counts as a change too.
    What happened in a gap is not known, so nothing is steady after one.
    """
    has_turned = state.was_reverse is not None and state.is_reverse is not state.was_reverse
    if has_turned:
        state.totals.direction_changes += 1
    state.was_reverse = state.is_reverse
    reference = state.bout_speed_m_per_s
    change = abs(state.speed_m_per_s - reference)
    is_same_speed = (
        state.kind == _MOVING
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


def _use_heart_rate(
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
    net = gross - coefficients.resting_kcal_per_min
    # What the heart tells of this person holds forward as well: the dividend stays a ratio of
    # directions, not of persons.
    state.forward_kcal_per_min *= fused_vo2 / vo2
    state.gross_kcal_per_min = gross
    state.net_kcal_per_min = net if net > 0.0 else 0.0
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
