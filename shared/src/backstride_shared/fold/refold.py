"""Folding again what is stored: late readings, claims of the past, corrections."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec

from backstride_shared.claims import Claim
from backstride_shared.energy import EnergyPoint
from backstride_shared.fold.erasures import end_of_erased, first_cut_ms
from backstride_shared.fold.folding import Piece, end_session, fold_run, snapshot_of
from backstride_shared.fold.state import (
    STATE_VERSION,
    ErasedInterval,
    OpenSession,
    TreadmillState,
)
from backstride_shared.fold.timeline import ENDLESS_MS
from backstride_shared.frames import FrameReading, SessionSnapshot
from backstride_shared.series.ports import SeriesPoint


class KnownSession(NamedTuple):
    """A session that readers know already, so that its id is kept."""

    session_id: str
    claim_id: str | None
    started_at_ms: int
    # it goes on: whoever follows it live knows it by this id
    is_live: bool = False


class Refolded(NamedTuple):
    """Sessions of the region, complete; and the points whose energy changed."""

    sessions: list[SessionSnapshot]
    points: list[SeriesPoint]


def refold(
    treadmill: str,
    claims: Sequence[Claim],
    points: Sequence[SeriesPoint],
    known: Sequence[KnownSession] = (),
    *,
    next_measured_at_ms: int | None,
    erased: Sequence[ErasedInterval] = (),
) -> Refolded:
    """Fold a region of the series: the same rules as live, over all points in their order.

    Args:
        treadmill: `gym_id/treadmill_id`.
        claims: the treadmill's timeline, from its stored state.
        points: every stored point of the region. The region must hold sessions whole: widen it
            until no session touches its edges within the idle time. It stops before a live
            session that is not dirty; a dirty live session is part of it.
        known: sessions of the region that have rows, and the live one when it is dirty. A folded
            session keeps the id of the known one with the same claim that began inside it, and of
            several that of the live one.
        next_measured_at_ms: when the first reading after the region was measured; its last session
            ends with it. None when there is none, as when the region ends in a dirty live session:
            the last session is left without an end then, as the live fold would leave it.
        erased: the treadmill's erased intervals, from its stored state: points in them are left
            out, whether or not they are deleted yet, and no session reaches over one.

    Returns:
        All sessions that the region now holds: known rows that are not among them are to be
        deleted. And those points that must be written again.

    """
    state = TreadmillState(STATE_VERSION, treadmill, claims=list(claims), erased=list(erased))
    # (boot_id, seq) is the order of one device; two devices may share a millisecond
    ordered = sorted(
        _kept(points, erased), key=lambda point: (point.measured_at_ms, point.boot_id, point.seq)
    )
    sessions: list[tuple[OpenSession, int | None]] = []
    changed: list[SeriesPoint] = []
    for (device_id, boot_id), group in groupby(
        ordered, key=lambda point: (point.device_id, point.boot_id)
    ):
        run = list(group)
        position = 0
        for piece in fold_run(state, device_id, boot_id, [_reading_of(point) for point in run]):
            _note(sessions, piece)
            for point, energy in zip(run[position:], piece.points, strict=False):
                fresh = _with_energy(point, energy, is_inside=piece.session is not None)
                if fresh != point:
                    changed.append(fresh)
            position += len(piece.points)
    if state.session is not None:
        end_ms = ENDLESS_MS if next_measured_at_ms is None else next_measured_at_ms
        end_ms = min(end_ms, first_cut_ms(erased, state.session.last_reading_at_ms))
        if end_ms < ENDLESS_MS:
            _note(sessions, end_session(state, end_ms))
    snapshots = [snapshot_of(state, session, ended_at_ms) for session, ended_at_ms in sessions]
    return Refolded(_with_known_ids(snapshots, known), changed)


def _kept(points: Sequence[SeriesPoint], erased: Sequence[ErasedInterval]) -> Sequence[SeriesPoint]:
    if not erased:
        return points
    return [
        point
        for point in points
        if not any(one.from_ms <= point.measured_at_ms < end_of_erased(one) for one in erased)
    ]


def _note(sessions: list[tuple[OpenSession, int | None]], piece: Piece) -> None:
    session = piece.session
    if session is None:
        return
    ended_at_ms = None if piece.readings else session.last_moving_at_ms
    if sessions and sessions[-1][0] is session:
        sessions[-1] = (session, ended_at_ms)
    else:
        sessions.append((session, ended_at_ms))


def _reading_of(point: SeriesPoint) -> FrameReading:
    return FrameReading(
        seq=point.seq,
        measured_at_ms=point.measured_at_ms,
        is_reverse=point.is_reverse,
        speed_m_per_s=point.speed_m_per_s,
        grade_percent=point.grade_percent,
        heart_rate_bpm=point.heart_rate_bpm,
        is_present=point.is_present,
        hands=point.hands,
        is_emergency_stop=point.is_emergency_stop,
    )


def _with_energy(point: SeriesPoint, energy: EnergyPoint, *, is_inside: bool) -> SeriesPoint:
    return msgspec.structs.replace(
        point,
        gross_kcal_per_min=energy[0],
        net_kcal_per_min=energy[1],
        uncertainty_percent=energy[2],
        flags=energy[3],
        session_gross_kcal=energy[4] if is_inside else None,
    )


def _with_known_ids(
    snapshots: list[SessionSnapshot], known: Sequence[KnownSession]
) -> list[SessionSnapshot]:
    """Keep the ids that readers know, where a session only grew at its beginning."""
    known_ids = {one.session_id for one in known}
    taken = {snapshot.session_id for snapshot in snapshots}
    live_first = sorted(known, key=lambda one: not one.is_live)
    result = []
    for snapshot in snapshots:
        is_known = snapshot.session_id in known_ids
        kept = snapshot
        for one in live_first:
            if (
                one.session_id not in taken
                # its beginning may have been stored before anybody followed it
                and (one.is_live or not is_known)
                and one.claim_id == snapshot.claim_id
                and snapshot.started_at_ms <= one.started_at_ms <= snapshot.last_reading_at_ms
            ):
                kept = msgspec.structs.replace(snapshot, session_id=one.session_id)
                taken.add(one.session_id)
                break
        result.append(kept)
    return result
