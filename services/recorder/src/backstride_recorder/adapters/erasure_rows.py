"""Erasures as rows: what is to be deleted, what is erased, and how much that was."""

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from backstride_recorder.domain.batch import DueErasure
from backstride_recorder.domain.erased import ErasedSpan
from backstride_recorder.ports import WaitingErasure
from backstride_shared.store.schema import alerts, corrections, erasures, sessions, treadmill_states


def add_erasures(connection: Connection, due: Iterable[DueErasure]) -> None:
    """Insert what is to be deleted, and delete its rows; a record read twice changes nothing."""
    for one in due:
        sessions_count = erase_rows(connection, one)
        is_postgresql = connection.dialect.name == "postgresql"
        insert = postgresql.insert(erasures) if is_postgresql else sqlite.insert(erasures)
        excluded = insert.excluded
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=[erasures.c.erasure_id],
                set_={
                    "from_ms": excluded.from_ms,
                    "until_ms": excluded.until_ms,
                    "epoch": excluded.epoch,
                    "accepted_count": excluded.accepted_count,
                    "erased_at_ms": None,
                    "swept_at_ms": None,
                },
                # higher: the log had forgotten it, and it was sent again
                where=tuple_(excluded.epoch, excluded.accepted_count)
                > tuple_(erasures.c.epoch, erasures.c.accepted_count),
            ),
            {
                "erasure_id": one.erasure_id,
                "treadmill": one.treadmill,
                "claim_id": one.claim_id,
                "from_ms": one.from_ms,
                "until_ms": one.until_ms,
                "epoch": one.revision[0],
                "accepted_count": one.revision[1],
                "sessions_count": 0,
                "points_count": 0,
            },
        )
        connection.execute(
            update(erasures)
            .where(erasures.c.erasure_id == one.erasure_id)
            .values(sessions_count=erasures.c.sessions_count + sessions_count)
        )


def erase_rows(connection: Connection, one: DueErasure) -> int:
    """Delete the sessions of an interval, take the claim off its alerts; count the sessions."""
    began_inside = and_(
        sessions.c.treadmill == one.treadmill,
        sessions.c.started_at_ms >= one.from_ms,
        sessions.c.started_at_ms < one.until_ms,
    )
    of_claim = began_inside if one.claim_id is None else sessions.c.claim_id == one.claim_id
    gone = connection.execute(delete(sessions).where(or_(began_inside, of_claim))).rowcount
    if one.claim_id is not None:
        connection.execute(delete(corrections).where(corrections.c.claim_id == one.claim_id))
        connection.execute(
            update(alerts)
            .where(alerts.c.claim_id == one.claim_id)
            # the limit tells how practised somebody was
            .values(claim_id=None, limit_m_per_s=None)
        )
    return gone


def waiting_erasures(connection: Connection, swept_before_ms: int) -> list[WaitingErasure]:
    """Return what is to be deleted, or to be looked at again, with the stored state's revision."""
    states = treadmill_states.c
    query = (
        select(erasures, states.epoch.label("state_epoch"), states.accepted_count.label("state"))
        .select_from(erasures)
        .outerjoin(treadmill_states, states.treadmill == erasures.c.treadmill)
        .where(
            erasures.c.swept_at_ms.is_(None),
            or_(erasures.c.erased_at_ms.is_(None), erasures.c.erased_at_ms <= swept_before_ms),
        )
        .order_by(erasures.c.erased_at_ms.is_not(None), erasures.c.epoch, erasures.c.accepted_count)
    )
    return [
        WaitingErasure(
            DueErasure(
                row.erasure_id,
                row.treadmill,
                row.claim_id,
                row.from_ms,
                row.until_ms,
                (row.epoch, row.accepted_count),
            ),
            None if row.state_epoch is None else (row.state_epoch, row.state),
            is_erased=row.erased_at_ms is not None,
        )
        for row in connection.execute(query)
    ]


def count_points(connection: Connection, due: DueErasure, points: int, *, is_sweep: bool) -> None:
    """Note how many points are deleted: on top in a sweep, else the most that were ever found."""
    columns = erasures.c
    found = columns.points_count + points
    if not is_sweep:
        found = case((columns.points_count < points, points), else_=columns.points_count)
    connection.execute(
        update(erasures).where(columns.erasure_id == due.erasure_id).values(points_count=found)
    )


def settle_erasure(connection: Connection, due: DueErasure, at_ms: int, *, is_sweep: bool) -> None:
    """Note that it was done, unless it came again meanwhile; after the sweep the claim is gone."""
    values = {"swept_at_ms": at_ms, "claim_id": None} if is_sweep else {"erased_at_ms": at_ms}
    connection.execute(update(erasures).where(_is(due)).values(**values))


def erased_spans(connection: Connection) -> Sequence[ErasedSpan]:
    """Return all that is erased."""
    query = select(erasures.c.treadmill, erasures.c.from_ms, erasures.c.until_ms)
    return [ErasedSpan(*row) for row in connection.execute(query)]


def erased_points(connection: Connection) -> int:
    """Return how many points were deleted altogether."""
    return int(
        connection.execute(select(func.coalesce(func.sum(erasures.c.points_count), 0))).scalar_one()
    )


def _is(due: DueErasure) -> ColumnElement[bool]:
    return and_(
        erasures.c.erasure_id == due.erasure_id,
        erasures.c.epoch == due.revision[0],
        erasures.c.accepted_count == due.revision[1],
    )
