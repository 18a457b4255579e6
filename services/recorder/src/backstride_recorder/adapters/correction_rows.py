"""Corrections as rows: which are still to be done, and what became of the others."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ColumnElement

from backstride_recorder.domain.batch import CORRECTION, DueRefold
from backstride_recorder.ports import WaitingRefold
from backstride_shared.store.schema import corrections, treadmill_states


def add_corrections(connection: Connection, due: Iterable[DueRefold]) -> None:
    """Insert what is to be done; a record read twice does not undo what became of it."""
    rows = [
        {
            "correction_id": one.correction_id,
            "treadmill": one.treadmill,
            "claim_id": one.claim_id,
            "from_ms": one.from_ms,
            "to_ms": one.to_ms,
            "epoch": one.revision[0],
            "accepted_count": one.revision[1],
        }
        for one in due
    ]
    if not rows:
        return
    is_postgresql = connection.dialect.name == "postgresql"
    insert = postgresql.insert(corrections) if is_postgresql else sqlite.insert(corrections)
    excluded = insert.excluded
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[corrections.c.correction_id],
            set_={
                column.name: excluded[column.name]
                for column in corrections.c
                if not column.primary_key
            },
            # higher: the log had forgotten it, and it was sent again
            where=tuple_(excluded.epoch, excluded.accepted_count)
            > tuple_(corrections.c.epoch, corrections.c.accepted_count),
        ),
        rows,
    )


def waiting_corrections(connection: Connection) -> list[WaitingRefold]:
    """Return what is to be done, with the revision of the stored state."""
    states = treadmill_states.c
    query = (
        select(corrections, states.epoch.label("state_epoch"), states.accepted_count.label("state"))
        .select_from(corrections)
        .outerjoin(treadmill_states, states.treadmill == corrections.c.treadmill)
        .where(corrections.c.applied_at_ms.is_(None), corrections.c.refused_reason.is_(None))
        .order_by(corrections.c.epoch, corrections.c.accepted_count)
    )
    return [
        WaitingRefold(
            DueRefold(
                row.treadmill,
                row.from_ms,
                row.to_ms,
                CORRECTION,
                (row.epoch, row.accepted_count),
                row.correction_id,
                row.claim_id,
            ),
            None if row.state_epoch is None else (row.state_epoch, row.state),
        )
        for row in connection.execute(query)
    ]


def settle_correction(
    connection: Connection,
    done: DueRefold,
    *,
    applied_at_ms: int | None = None,
    refused_reason: str | None = None,
) -> None:
    """Note what became of a correction, unless it came again meanwhile."""
    connection.execute(
        update(corrections)
        .where(_is(done))
        .values(applied_at_ms=applied_at_ms, refused_reason=refused_reason)
    )


def forget_correction(connection: Connection, done: DueRefold) -> None:
    """Delete a correction, unless it came again meanwhile."""
    connection.execute(delete(corrections).where(_is(done)))


def _is(done: DueRefold) -> ColumnElement[bool]:
    return and_(
        corrections.c.correction_id == done.correction_id,
        corrections.c.epoch == done.revision[0],
        corrections.c.accepted_count == done.revision[1],
    )
