"""Readings to sessions: which reading belongs to which session, and what it adds there.

Used twice: by the live fold on what arrives, and by `refold` on what is stored.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from backstride_shared.claims import Claim
from backstride_shared.energy import (
    ACSM_MODEL_VERSION,
    HOLD_MS,
    MODEL_VERSION,
    EnergyPoint,
    EnergyState,
    EnergyTotals,
    Wearer,
    advance,
    close,
    prepare,
)
from backstride_shared.fold.erasures import first_cut_ms
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS, idle_ms
from backstride_shared.fold.state import OpenSession, TreadmillState
from backstride_shared.fold.timeline import Holder, holder_at
from backstride_shared.frames import FrameReading, SessionSnapshot
from backstride_shared.identity import TreadmillKey, session_id_of


class Piece(NamedTuple):
    """Consecutive readings of one session (None: of none); without readings: it ended."""

    session: OpenSession | None
    readings: Sequence[FrameReading]
    points: list[EnergyPoint]


def is_moving(reading: FrameReading) -> bool:
    """Return whether somebody is carried: the belt moves, and nobody says it is empty."""
    return reading.speed_m_per_s > 0.0 and reading.is_present is not False


def fold_run(
    state: TreadmillState, device_id: str, boot_id: int, readings: Sequence[FrameReading]
) -> list[Piece]:
    """Add readings of one device and boot to the treadmill's sessions.

    `readings` are in the order of their measured times, none before `state.last_measured_at_ms`.
    A reading belongs to the claim that holds at its measured time; the time between two readings
    belongs to the session of the earlier one.
    """
    pieces: list[Piece] = []
    start = 0
    count = len(readings)
    while start < count:
        first = readings[start]
        at_ms = first.measured_at_ms
        holder = _holder_at(state, at_ms)
        claim = holder.claim
        claim_id = None if claim is None else claim.claim_id
        session = state.session
        if session is not None and (
            session.claim_id != claim_id
            or at_ms - session.last_moving_at_ms > idle_ms(session.claim_id)
            or (state.erased and first_cut_ms(state.erased, session.last_reading_at_ms) <= at_ms)
        ):
            pieces.append(end_session(state, at_ms))
            session = None
        if session is None:
            if not is_moving(first):
                end = _end_of_rest(readings, start)
                run = readings[start:end]
                pieces.append(Piece(None, run, rates_outside_sessions(claim, run)))
                state.last_measured_at_ms = run[-1].measured_at_ms
                start = end
                continue
            session = _begin_session(state, device_id, boot_id, first, claim_id)
        last_moving_at_ms = session.last_moving_at_ms
        until_ms = holder.until_ms
        if state.erased:
            until_ms = min(until_ms, first_cut_ms(state.erased, at_ms))
        longest_ms = idle_ms(claim_id)
        end = start
        while end < count:
            reading = readings[end]
            measured_at_ms = reading.measured_at_ms
            if measured_at_ms >= until_ms or measured_at_ms - last_moving_at_ms > longest_ms:
                break
            if reading.speed_m_per_s > 0.0 and reading.is_present is not False:
                last_moving_at_ms = measured_at_ms
            end += 1
        run = readings if end - start == count else readings[start:end]
        points = advance(
            session.energy, prepare(claim.wearer if claim else None), _held(claim, run)
        )
        session.last_moving_at_ms = state.last_moving_at_ms = last_moving_at_ms
        session.last_reading_at_ms = state.last_measured_at_ms = run[-1].measured_at_ms
        pieces.append(Piece(session, run, points))
        start = end
    return pieces


def _holder_at(state: TreadmillState, at_ms: int) -> Holder:
    """Return who holds the treadmill for a reading; a claim which stood idle ends here."""
    holder = holder_at(state.claims, state.expiries, at_ms)
    claim = holder.claim
    if claim is None:
        return holder
    active_at_ms = max(claim.claimed_at_ms, state.last_moving_at_ms)
    if at_ms - active_at_ms <= CLAIMED_IDLE_MS:
        return holder
    state.expiries = {**state.expiries, claim.claim_id: active_at_ms + CLAIMED_IDLE_MS}
    return holder_at(state.claims, state.expiries, at_ms)


def _end_of_rest(readings: Sequence[FrameReading], start: int) -> int:
    end = start + 1
    while end < len(readings) and not is_moving(readings[end]):
        end += 1
    return end


def end_session(state: TreadmillState, at_ms: int) -> Piece:
    """End the open session because the reading at `at_ms` belongs to another one, or to none.

    The last reading is held for at most 5 s; the silence after it is no gap of this session.
    """
    session = state.session
    if session is None:
        message = f"treadmill {state.treadmill} has no open session"
        raise ValueError(message)
    held_until_ms = min(at_ms, session.last_reading_at_ms + HOLD_MS)
    if state.erased:
        held_until_ms = min(held_until_ms, first_cut_ms(state.erased, session.last_reading_at_ms))
    close(session.energy, prepare(None), held_until_ms)
    state.session = None
    return Piece(session, (), [])


def rates_outside_sessions(
    claim: Claim | None, readings: Sequence[FrameReading]
) -> list[EnergyPoint]:
    """Return what readings cost that no open session takes: for the series, in no sum."""
    return advance(EnergyState(), prepare(claim.wearer if claim else None), _held(claim, readings))


def _held(claim: Claim | None, readings: Sequence[FrameReading]) -> Sequence[FrameReading]:
    """Return the readings with the hands as a correction of the claim says they were."""
    if claim is None or claim.hands is None:
        return readings
    return [msgspec.structs.replace(one, hands=claim.hands) for one in readings]


def claim_of(state: TreadmillState, session: OpenSession | None) -> Claim | None:
    """Return the claim that a session belongs to; None for nobody's, and for no session."""
    if session is None or session.claim_id is None:
        return None
    return next((one for one in state.claims if one.claim_id == session.claim_id), None)


def snapshot_of(
    state: TreadmillState, session: OpenSession, ended_at_ms: int | None
) -> SessionSnapshot:
    """Return the session as readers know it, with sums of its own."""
    claim = claim_of(state, session)
    wearer = claim.wearer if claim else Wearer()
    return SessionSnapshot(
        session_id=session.session_id,
        treadmill=state.treadmill,
        claim_id=session.claim_id,
        purpose=claim.purpose if claim else None,
        started_at_ms=session.started_at_ms,
        last_moving_at_ms=session.last_moving_at_ms,
        last_reading_at_ms=session.last_reading_at_ms,
        ended_at_ms=ended_at_ms,
        model_version=ACSM_MODEL_VERSION if wearer.model == "acsm" else MODEL_VERSION,
        totals=_copy_of(session.energy.totals),
        is_dirty=session.is_dirty,
        is_facing_away=wearer.facing == "away",
    )


def _begin_session(
    state: TreadmillState,
    device_id: str,
    boot_id: int,
    first: FrameReading,
    claim_id: str | None,
) -> OpenSession:
    at_ms = first.measured_at_ms
    session = OpenSession(
        session_id=session_id_of(TreadmillKey(state.treadmill), device_id, boot_id, first.seq),
        claim_id=claim_id,
        started_at_ms=at_ms,
        last_moving_at_ms=at_ms,
        last_reading_at_ms=at_ms,
        energy=EnergyState(),
    )
    if state.dirty_from_ms is not None:
        # what changed in the past may be this session's beginning, unless a rest lies between
        if at_ms - state.last_measured_at_ms <= CLAIMED_IDLE_MS:
            session.is_dirty = True
            session.dirty_from_ms = min(state.dirty_from_ms, at_ms)
        state.dirty_from_ms = None
    state.session = session
    return session


def _copy_of(totals: EnergyTotals) -> EnergyTotals:
    return msgspec.structs.replace(totals, flag_seconds=dict(totals.flag_seconds))
