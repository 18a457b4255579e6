"""Energy over time: readings become points and sums, the same however the stream is cut.

Each reading first settles the one before it, over the time between, held for five seconds at most;
what is longer is a gap: counted, no energy.  A belt at rest, or nobody on it, gives no energy.
The sums are added in the order of the readings, so the totals do not depend on batch limits,
not in the last bit.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from backstride_shared.energy.bout import keep_bout, use_heart_rate
from backstride_shared.energy.coefficients import Coefficients
from backstride_shared.energy.constants import HOLD_MS, RAMP_S
from backstride_shared.energy.flags import X_RAMP
from backstride_shared.energy.speed_model import power_rate
from backstride_shared.energy.state import ABSENT, MOVING, STANDING, EnergyState, ReadingLike
from backstride_shared.energy.totals import EnergyTotals

# (gross kcal/min, net kcal/min, uncertainty percent, flags, session's gross kcal so far).
# A plain tuple: a NamedTuple costs 0.2 us more per reading.  At rest and with nobody present the
# rates are 0, so that the series, integrated, is the sum.
EnergyPoint = tuple[float, float, float, int, float]

_AT_REST: Final = (0.0, 0.0, 0.0, 0)
_RAMP_MS: Final = int(RAMP_S * 1000)


def advance(  # noqa: C901 - one flat pass is the hot path
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
            state.kind = ABSENT
            state.heart_rate_bpm = None
            points.append((*_AT_REST, totals.forward_gross_kcal + totals.backward_gross_kcal))
            continue
        bpm = reading.heart_rate_bpm
        state.heart_rate_bpm = bpm
        if bpm is not None and bpm > totals.max_heart_rate_bpm:
            totals.max_heart_rate_bpm = bpm
        if speed <= 0.0:
            state.kind = STANDING
            points.append((*_AT_REST, totals.forward_gross_kcal + totals.backward_gross_kcal))
            continue
        is_reverse = reading.is_reverse
        grade = reading.grade_percent
        hands = reading.hands
        is_changed = (
            speed != state.speed_m_per_s
            or grade != state.grade_percent
            or is_reverse != state.is_reverse
            or hands != state.hands
        )
        # A steady belt repeats itself: what was worked out for the last reading still holds.
        if is_changed or state.was_reverse is None:
            _work_out(state, coefficients, is_reverse, speed, grade, hands)
        elif state.is_fused:
            _take_speed_alone(state, coefficients)
        if is_changed or is_gap or state.kind != MOVING:
            keep_bout(state, at_ms, is_gap)
        state.kind = MOVING
        if bpm is not None and heart_rate is not None:
            use_heart_rate(state, coefficients, heart_rate, at_ms - state.steady_since_ms, bpm)
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
    state.kind = ABSENT


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
    if state.kind == MOVING:
        _settle_gait(state, totals, seconds)
    elif state.kind == STANDING:
        totals.standing_seconds += seconds
        state.backward_run_seconds = 0.0
    else:
        totals.absent_seconds += seconds
        state.backward_run_seconds = 0.0
    if is_gap:
        # nobody knows what was done in it
        state.backward_run_seconds = 0.0
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
        run_seconds = state.backward_run_seconds = state.backward_run_seconds + seconds
        totals.longest_backward_seconds = max(totals.longest_backward_seconds, run_seconds)
    else:
        totals.forward_seconds += seconds
        totals.forward_metres += state.speed_m_per_s * seconds
        totals.forward_gross_kcal += gross_kcal
        totals.forward_net_kcal += state.net_kcal_per_min * minutes
        totals.forward_kcal_percent += gross_kcal * state.uncertainty_percent
        state.backward_run_seconds = 0.0
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


def _work_out(
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
    is_backward = is_reverse != coefficients.is_facing_away
    state.is_reverse = is_reverse
    state.is_backward = is_backward
    state.speed_m_per_s = speed
    state.grade_percent = grade
    state.hands = hands
    state.flags = flags
    state.speed_gross_kcal_per_min = scale * power
    state.speed_uncertainty_percent = uncertainty
    state.speed_forward_kcal_per_min = scale * forward_power
    _take_speed_alone(state, coefficients)
    totals = state.totals
    if is_backward:
        totals.backward_max_speed_m_per_s = max(totals.backward_max_speed_m_per_s, speed)
    elif speed > totals.forward_max_speed_m_per_s:
        totals.forward_max_speed_m_per_s = speed


def _take_speed_alone(state: EnergyState, coefficients: Coefficients) -> None:
    gross = state.speed_gross_kcal_per_min
    state.is_fused = False
    state.gross_kcal_per_min = gross
    state.net_kcal_per_min = max(0.0, gross - coefficients.resting_kcal_per_min)
    state.uncertainty_percent = state.speed_uncertainty_percent
    state.forward_kcal_per_min = state.speed_forward_kcal_per_min
