"""The recorder's tables in memory, which a test can take away."""

from collections.abc import Sequence
from typing import NamedTuple

from backstride_recorder.domain.batch import DueErasure, DueRefold, Revision, Rows, merged
from backstride_recorder.domain.erased import ErasedSpan
from backstride_recorder.domain.regions import Region, SessionSpan
from backstride_recorder.ports import (
    RefoldedRows,
    StoredTreadmill,
    StoreUnavailableError,
    WaitingErasure,
    WaitingRefold,
)
from backstride_shared.fold.state import TreadmillState, decode_state
from backstride_shared.frames import SessionSnapshot


class SessionRow(NamedTuple):
    """A session as the store holds it."""

    session: SessionSnapshot
    revision: Revision
    recomputed_at_ms: int | None


class InMemorySessions:
    """A session store of dictionaries; `is_away` makes every call fail."""

    def __init__(self) -> None:
        self.is_away = False
        self.rows: dict[str, SessionRow] = {}
        self._states: dict[str, bytes] = {}
        self._refolds: dict[str, DueRefold] = {}
        self.corrections: dict[str, DueRefold] = {}
        self.erasures: dict[str, DueErasure] = {}
        self.erased_at_ms: dict[str, int] = {}
        self.swept_at_ms: dict[str, int] = {}
        self.erased_points_of: dict[str, int] = {}
        # correction_id -> when it was applied, or why it was refused
        self.outcomes: dict[str, int | str] = {}
        # alert_id -> when it ended, None while it goes on
        self.alerts: dict[str, int | None] = {}

    def write(self, rows: Rows) -> Sequence[StoredTreadmill]:
        self._check()
        for session, revision in rows.sessions.values():
            self._put(SessionRow(session, revision, None))
        for treadmill, known in rows.states.items():
            row = self.state(treadmill)
            if row is None or known.state.revision >= row.revision:
                self._states[treadmill] = known.data
        for treadmill, due in rows.refolds.items():
            self._refolds[treadmill] = merged(self._refolds.get(treadmill), due)
        for alert in rows.alerts:
            if not alert.is_recovery:
                self.alerts.setdefault(alert.alert_id, None)
            elif alert.alert_id in self.alerts:
                self.alerts[alert.alert_id] = alert.at_ms
        self._add_changes(rows)
        return [one for one in self.treadmills() if one.treadmill in rows.states]

    def _add_changes(self, rows: Rows) -> None:
        for correction_id, due in rows.corrections.items():
            before = self.corrections.get(correction_id)
            if before is None or due.revision > before.revision:
                self.corrections[correction_id] = due
                self.outcomes.pop(correction_id, None)
        for erasure_id, erasure in rows.erasures.items():
            self._erase_rows(erasure)
            known_erasure = self.erasures.get(erasure_id)
            if known_erasure is None or erasure.revision > known_erasure.revision:
                self.erasures[erasure_id] = erasure
                self.erased_at_ms.pop(erasure_id, None)
                self.swept_at_ms.pop(erasure_id, None)

    def waiting_erasures(self, swept_before_ms: int) -> Sequence[WaitingErasure]:
        self._check()
        waiting = []
        for erasure_id, due in self.erasures.items():
            state = self.state(due.treadmill)
            erased_at_ms = self.erased_at_ms.get(erasure_id)
            if erasure_id not in self.swept_at_ms and (
                erased_at_ms is None or erased_at_ms <= swept_before_ms
            ):
                revision = None if state is None else state.revision
                waiting.append(WaitingErasure(due, revision, erased_at_ms is not None))
        return waiting

    def note_erasure(self, due: DueErasure, points_count: int, *, is_sweep: bool) -> None:
        self._check()
        self._erase_rows(due)
        before = self.erased_points_of.get(due.erasure_id, 0)
        self.erased_points_of[due.erasure_id] = (
            before + points_count if is_sweep else max(before, points_count)
        )

    def settle_erasure(self, due: DueErasure, at_ms: int, *, is_sweep: bool) -> None:
        self._check()
        if self.erasures[due.erasure_id].revision == due.revision:
            noted = self.swept_at_ms if is_sweep else self.erased_at_ms
            noted[due.erasure_id] = at_ms

    def erased_spans(self) -> Sequence[ErasedSpan]:
        self._check()
        return [
            ErasedSpan(one.treadmill, one.from_ms, one.until_ms) for one in self.erasures.values()
        ]

    def erased_points(self) -> int:
        self._check()
        return sum(self.erased_points_of.values())

    def _erase_rows(self, due: DueErasure) -> None:
        self.corrections = {
            key: one
            for key, one in self.corrections.items()
            if due.claim_id is None or one.claim_id != due.claim_id
        }
        for row in list(self.rows.values()):
            session = row.session
            is_inside = (
                session.treadmill == due.treadmill
                and due.from_ms <= session.started_at_ms < due.until_ms
            )
            if is_inside or (due.claim_id is not None and session.claim_id == due.claim_id):
                del self.rows[session.session_id]

    def treadmills(self) -> Sequence[StoredTreadmill]:
        self._check()
        return [_stored(decode_state(data)) for data in self._states.values()]

    def state(self, treadmill: str) -> TreadmillState | None:
        self._check()
        data = self._states.get(treadmill)
        return None if data is None else decode_state(data)

    def waiting_refolds(self) -> Sequence[WaitingRefold]:
        self._check()
        waiting = []
        open_corrections = [
            due for key, due in self.corrections.items() if key not in self.outcomes
        ]
        for due in (*open_corrections, *self._refolds.values()):
            state = self.state(due.treadmill)
            waiting.append(WaitingRefold(due, None if state is None else state.revision))
        return waiting

    def spans(self, treadmill: str, around: Region) -> Sequence[SessionSpan]:
        self._check()
        spans = [
            SessionSpan(
                one.session_id,
                one.claim_id,
                one.started_at_ms,
                one.last_reading_at_ms,
                one.totals.readings,
            )
            for one in (row.session for row in self.rows.values())
            if one.treadmill == treadmill
        ]
        return [span for span in spans if around.touches(span)]

    def replace(self, done: DueRefold, region: Region, refolded: RefoldedRows) -> None:
        self._check()
        kept = {session.session_id for session in refolded.sessions}
        for row in list(self.rows.values()):
            session = row.session
            is_inside = (
                session.treadmill == done.treadmill
                and session.started_at_ms >= region.from_ms
                and session.last_reading_at_ms <= region.to_ms
            )
            if is_inside and session.session_id not in kept and row.revision <= refolded.revision:
                del self.rows[session.session_id]
        for session in refolded.sessions:
            self._put(SessionRow(session, refolded.revision, refolded.recomputed_at_ms))
        if done.correction_id is not None:
            self.outcomes[done.correction_id] = refolded.recomputed_at_ms
        elif self._refolds.get(done.treadmill) == done:
            del self._refolds[done.treadmill]

    def refuse(self, correction: DueRefold, reason: str) -> None:
        self._check()
        assert correction.correction_id is not None
        self.outcomes[correction.correction_id] = reason

    def forget(self, correction: DueRefold) -> None:
        self._check()
        assert correction.correction_id is not None
        del self.corrections[correction.correction_id]

    def _put(self, row: SessionRow) -> None:
        known = self.rows.get(row.session.session_id)
        if known is None or row.revision >= known.revision:
            self.rows[row.session.session_id] = row

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("the relational store is away")


def _stored(state: TreadmillState) -> StoredTreadmill:
    return StoredTreadmill(
        state.treadmill,
        {device_id: (mark.boot_id, mark.seq) for device_id, mark in state.marks.items()},
        state.readings_count,
        sum(mark.skipped_count for mark in state.marks.values()),
        state.erased_count,
    )
