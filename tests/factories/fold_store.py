"""What readers keep of the fold's output: the recorder's rules, small, in memory."""

from backstride_shared.fold import KnownSession, TreadmillsFold, decode_state, refold
from backstride_shared.fold.state import TreadmillState
from backstride_shared.frames import (
    Checkpoint,
    Corrected,
    EnergySegment,
    Erased,
    Refold,
    SessionSnapshot,
    TreadmillEvent,
)
from backstride_shared.series import SeriesPoint
from tests.factories.events import TREADMILL


class FoldStore:
    """Applies events to a fold and keeps points, sessions and states as the stores would."""

    def __init__(self) -> None:
        self.fold = TreadmillsFold()
        self.points: dict[tuple[int, int], SeriesPoint] = {}
        self.rows: dict[str, SessionSnapshot] = {}
        self.states: dict[str, TreadmillState] = {}
        self.is_refold_due = False
        self.erased_points = 0

    def apply(self, *events: TreadmillEvent) -> None:
        for event in events:
            self.fold.apply(event)
        output = self.fold.drain()
        for item in output.items:
            if isinstance(item, EnergySegment):
                self._keep(item)
            elif isinstance(item, (Refold, Corrected)):
                self.is_refold_due = True
            elif isinstance(item, Erased):
                self._erase(item)
        for checkpoint in self.fold.take_checkpoints():
            self._keep_state(checkpoint)

    def restart(self) -> None:
        """Begin a new fold from the stored states, as after a crash."""
        self.fold = TreadmillsFold(self.states.values())

    def settle(self) -> None:
        """Fold the whole treadmill again if anything asked for it."""
        if not self.is_refold_due:
            return
        self.is_refold_due = False
        state = self.states[TREADMILL]
        known = [
            KnownSession(row.session_id, row.claim_id, row.started_at_ms)
            for row in sorted(self.rows.values(), key=lambda row: row.started_at_ms)
        ]
        live = state.session
        if live is not None and live.is_dirty:
            known.append(
                KnownSession(live.session_id, live.claim_id, live.started_at_ms, is_live=True)
            )
        refolded = refold(
            TREADMILL,
            state.claims,
            list(self.points.values()),
            known,
            next_measured_at_ms=None,  # the region is the whole treadmill
            erased=state.erased,
        )
        self.rows = {row.session_id: row for row in refolded.sessions}
        for point in refolded.points:
            self.points[point.measured_at_ms, point.seq] = point

    def _keep(self, segment: EnergySegment) -> None:
        for one in segment.readings:
            self.points[one.measured_at_ms, one.seq] = SeriesPoint(
                treadmill=segment.treadmill,
                measured_at_ms=one.measured_at_ms,
                device_id=segment.device_id,
                boot_id=segment.boot_id,
                seq=one.seq,
                is_reverse=one.is_reverse,
                speed_m_per_s=one.speed_m_per_s,
                grade_percent=one.grade_percent,
                heart_rate_bpm=one.heart_rate_bpm,
                is_present=one.is_present,
                hands=one.hands,
                is_emergency_stop=one.is_emergency_stop,
                gross_kcal_per_min=one.gross_kcal_per_min,
                net_kcal_per_min=one.net_kcal_per_min,
                uncertainty_percent=one.uncertainty_percent,
                flags=one.flags,
                session_gross_kcal=one.session_gross_kcal,
            )
        # the sums of a dirty one lack what lies further back: only a fold writes its row
        if segment.session is not None and not segment.session.is_dirty:
            self.rows[segment.session.session_id] = segment.session

    def _erase(self, item: Erased) -> None:
        held = {key for key in self.points if item.from_ms <= key[0] < item.until_ms}
        self.erased_points += len(held)
        self.points = {key: point for key, point in self.points.items() if key not in held}
        self.rows = {
            session_id: row
            for session_id, row in self.rows.items()
            if not item.from_ms <= row.started_at_ms < item.until_ms
        }
        self.is_refold_due = True

    def _keep_state(self, checkpoint: Checkpoint) -> None:
        self.states[checkpoint.treadmill] = decode_state(checkpoint.state)
