"""The recorder's tables, by SQLAlchemy on SQLite or PostgreSQL.

A row is replaced only by one of the same or a higher revision, in the statement itself, so that
neither a repeated record nor a second recorder can put old sums over new ones.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from backstride_recorder.adapters.correction_rows import (
    add_corrections,
    forget_correction,
    settle_correction,
    waiting_corrections,
)
from backstride_recorder.adapters.erasure_rows import (
    add_erasures,
    count_points,
    erase_rows,
    erased_points,
    erased_spans,
    settle_erasure,
    waiting_erasures,
)
from backstride_recorder.adapters.session_rows import alert_row, session_row
from backstride_recorder.domain.batch import DueErasure, DueRefold, KnownState, Rows, merged
from backstride_recorder.domain.erased import ErasedSpan
from backstride_recorder.domain.regions import Region, SessionSpan
from backstride_recorder.ports import (
    RefoldedRows,
    StoredTreadmill,
    StoreUnavailableError,
    WaitingErasure,
    WaitingRefold,
)
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.fold.state import TreadmillState, decode_state
from backstride_shared.frames import Alert
from backstride_shared.full_disk import with_mend
from backstride_shared.store.opening import writing
from backstride_shared.store.schema import alerts, refolds_due, sessions, treadmill_states
from backstride_shared.store.treadmill_states import stored_states

_REVISION_OF_SESSION = tuple_(sessions.c.epoch, sessions.c.accepted_count)


class SqlSessions:
    """A `SessionStore` on an engine made by `store.opening`."""

    def __init__(self, engine: Engine, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._now_ms = now_ms

    def write(self, rows: Rows) -> Sequence[StoredTreadmill]:
        """Store the rows, durable on return, and return the treadmills of `rows.states`."""
        with self._transaction(self._writing) as connection:
            _put(
                connection,
                sessions,
                [
                    session_row(session, revision, None)
                    for session, revision in rows.sessions.values()
                ],
            )
            _put(
                connection, treadmill_states, [self._state_row(one) for one in rows.states.values()]
            )
            _add_refolds(connection, rows.refolds)
            _add_alerts(connection, rows.alerts)
            add_corrections(connection, rows.corrections.values())
            add_erasures(connection, rows.erasures.values())
            return _as_stored(connection, rows.states)

    def treadmills(self) -> Sequence[StoredTreadmill]:
        """Return every stored treadmill."""
        with self._transaction(self._engine) as connection:
            return [_stored(decode_state(row.state)) for row in stored_states(connection)]

    def state(self, treadmill: str) -> TreadmillState | None:
        """Return the stored state of one treadmill."""
        with self._transaction(self._engine) as connection:
            return _states(connection, [treadmill]).get(treadmill)

    def waiting_refolds(self) -> Sequence[WaitingRefold]:
        """Return the refolds that are due, with the revision of the stored state."""
        states = treadmill_states
        query = (
            select(refolds_due, states.c.epoch.label("state_epoch"), states.c.accepted_count)
            .select_from(refolds_due)
            .outerjoin(states, states.c.treadmill == refolds_due.c.treadmill)
            .order_by(refolds_due.c.treadmill)
        )
        with self._transaction(self._engine) as connection:
            found = [
                WaitingRefold(
                    DueRefold(treadmill, from_ms, to_ms, reason, (epoch, accepted_count)),
                    None if state_epoch is None else (state_epoch, state_accepted_count),
                )
                for (
                    treadmill,
                    from_ms,
                    to_ms,
                    reason,
                    epoch,
                    accepted_count,
                    state_epoch,
                    state_accepted_count,
                ) in connection.execute(query)
            ]
            return [*waiting_corrections(connection), *found]

    def spans(self, treadmill: str, around: Region) -> Sequence[SessionSpan]:
        """Return the sessions with rows that touch the region within the idle time."""
        columns = sessions.c
        query = (
            select(
                columns.session_id,
                columns.claim_id,
                columns.started_at_ms,
                columns.last_reading_at_ms,
                columns.readings_count,
            )
            .where(
                columns.treadmill == treadmill,
                columns.started_at_ms <= around.to_ms + CLAIMED_IDLE_MS,
                columns.last_reading_at_ms >= around.from_ms - CLAIMED_IDLE_MS,
            )
            .order_by(columns.started_at_ms)
        )
        with self._transaction(self._engine) as connection:
            return [SessionSpan(*row) for row in connection.execute(query)]

    def replace(self, done: DueRefold, region: Region, refolded: RefoldedRows) -> None:
        """Put the sessions of a region in the place of its rows, and take `done` off the list."""
        columns = sessions.c
        revision = refolded.revision
        with self._transaction(self._writing) as connection:
            connection.execute(
                delete(sessions).where(
                    columns.treadmill == done.treadmill,
                    columns.started_at_ms >= region.from_ms,
                    columns.last_reading_at_ms <= region.to_ms,
                    columns.session_id.not_in([one.session_id for one in refolded.sessions]),
                    tuple_(*revision) >= _REVISION_OF_SESSION,
                )
            )
            _put(
                connection,
                sessions,
                [
                    session_row(session, revision, refolded.recomputed_at_ms)
                    for session in refolded.sessions
                ],
            )
            if done.correction_id is not None:
                settle_correction(connection, done, applied_at_ms=refolded.recomputed_at_ms)
                return
            due = refolds_due.c
            connection.execute(
                delete(refolds_due).where(
                    and_(
                        due.treadmill == done.treadmill,
                        due.from_ms == done.from_ms,
                        due.to_ms == done.to_ms,
                        due.epoch == done.revision[0],
                        due.accepted_count == done.revision[1],
                    )
                )
            )

    def waiting_erasures(self, swept_before_ms: int) -> Sequence[WaitingErasure]:
        """Return the erasures to be done, and those done before then that were not swept yet."""
        with self._transaction(self._engine) as connection:
            return waiting_erasures(connection, swept_before_ms)

    def note_erasure(self, due: DueErasure, points_count: int, *, is_sweep: bool) -> None:
        """Delete its rows once more, and note how many points it has."""
        with self._transaction(self._writing) as connection:
            erase_rows(connection, due)
            count_points(connection, due, points_count, is_sweep=is_sweep)

    def settle_erasure(self, due: DueErasure, at_ms: int, *, is_sweep: bool) -> None:
        """Note that the series was erased, or looked at once more."""
        with self._transaction(self._writing) as connection:
            settle_erasure(connection, due, at_ms, is_sweep=is_sweep)

    def erased_spans(self) -> Sequence[ErasedSpan]:
        """Return all that is erased."""
        with self._transaction(self._engine) as connection:
            return erased_spans(connection)

    def erased_points(self) -> int:
        """Return how many points were deleted altogether."""
        with self._transaction(self._engine) as connection:
            return erased_points(connection)

    def refuse(self, correction: DueRefold, reason: str) -> None:
        """Take a correction off the list for good; the member reads the reason."""
        with self._transaction(self._writing) as connection:
            settle_correction(connection, correction, refused_reason=reason)

    def forget(self, correction: DueRefold) -> None:
        """Take a correction off the list as if it had never come."""
        with self._transaction(self._writing) as connection:
            forget_correction(connection, correction)

    def _state_row(self, known: KnownState) -> dict[str, Any]:
        state = known.state
        return {
            "treadmill": state.treadmill,
            "epoch": state.epoch,
            "accepted_count": state.accepted_count,
            "state": known.data,
            "written_at_ms": self._now_ms(),
        }

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise StoreUnavailableError(_in_words(error)) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise StoreUnavailableError(_in_words(error)) from error
            raise


def _in_words(error: Exception) -> str:
    # SQLAlchemy adds the statement and its values, which belong into no log
    return with_mend(str(getattr(error, "orig", None) or error))


def _put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, or replace those of the same or a lower revision."""
    if not rows:
        return
    connection.execute(_upsert(table, is_postgresql=connection.dialect.name == "postgresql"), rows)


@cache
def _upsert(table: Table, *, is_postgresql: bool) -> sqlite.Insert | postgresql.Insert:
    insert = postgresql.insert(table) if is_postgresql else sqlite.insert(table)
    excluded = insert.excluded
    keys = list(table.primary_key.columns)
    return insert.on_conflict_do_update(
        index_elements=keys,
        set_={column.name: excluded[column.name] for column in table.c if column not in keys},
        where=tuple_(excluded.epoch, excluded.accepted_count)
        >= tuple_(table.c.epoch, table.c.accepted_count),
    )


def _add_refolds(connection: Connection, refolds: dict[str, DueRefold]) -> None:
    """Widen what is due already by what became due."""
    if not refolds:
        return
    columns = refolds_due.c
    query = select(refolds_due).where(columns.treadmill.in_(refolds))
    known = {
        row.treadmill: DueRefold(
            row.treadmill, row.from_ms, row.to_ms, row.reason, (row.epoch, row.accepted_count)
        )
        for row in connection.execute(query)
    }
    _put(
        connection,
        refolds_due,
        [
            {
                "treadmill": due.treadmill,
                "from_ms": due.from_ms,
                "to_ms": due.to_ms,
                "reason": due.reason,
                "epoch": due.revision[0],
                "accepted_count": due.revision[1],
            }
            for due in (merged(known.get(one.treadmill), one) for one in refolds.values())
        ],
    )


def _add_alerts(connection: Connection, items: Sequence[Alert]) -> None:
    """Insert what was raised, once, and note what has recovered."""
    raised = [alert_row(item) for item in items if not item.is_recovery]
    if raised:
        is_postgresql = connection.dialect.name == "postgresql"
        insert = postgresql.insert(alerts) if is_postgresql else sqlite.insert(alerts)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["alert_id"]), raised)
    for item in items:
        if item.is_recovery:
            connection.execute(
                update(alerts)
                .where(alerts.c.alert_id == item.alert_id)
                .values(recovered_at_ms=item.at_ms)
            )


def _as_stored(connection: Connection, states: dict[str, KnownState]) -> list[StoredTreadmill]:
    """Return what the rows of these treadmills say now: ours, or a higher revision's."""
    if not states:
        return []
    columns = treadmill_states.c
    query = select(columns.treadmill, columns.epoch, columns.accepted_count).where(
        columns.treadmill.in_(states)
    )
    higher = [
        treadmill
        for treadmill, epoch, accepted_count in connection.execute(query)
        if (epoch, accepted_count) != states[treadmill].state.revision
    ]
    kept = _states(connection, higher)
    return [_stored(kept.get(treadmill, known.state)) for treadmill, known in states.items()]


def _states(connection: Connection, treadmills: Iterable[str]) -> dict[str, TreadmillState]:
    columns = treadmill_states.c
    wanted = list(treadmills)
    if not wanted:
        return {}
    query = select(columns.treadmill, columns.state).where(columns.treadmill.in_(wanted))
    return {treadmill: decode_state(state) for treadmill, state in connection.execute(query)}


def _stored(state: TreadmillState) -> StoredTreadmill:
    return StoredTreadmill(
        state.treadmill,
        {device_id: (mark.boot_id, mark.seq) for device_id, mark in state.marks.items()},
        state.readings_count,
        sum(mark.skipped_count for mark in state.marks.values()),
        state.erased_count,
    )
