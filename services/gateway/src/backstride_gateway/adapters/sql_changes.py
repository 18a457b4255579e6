"""Requested changes in the relational store, with what the recorder says became of them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.changes import ChangeRequest, CorrectedFields
from backstride_shared.frames import ErasureEvent, TreadmillEvent, encoder
from backstride_shared.store.schema import (
    change_requests,
    claims,
    corrections,
    erasures,
    member_erasures,
    sessions,
)

CORRECTION: Final = "correction"
ERASURE: Final = "erasure"

_event_decoder: msgspec.msgpack.Decoder[TreadmillEvent] = msgspec.msgpack.Decoder(TreadmillEvent)
_fields_decoder = msgspec.json.Decoder(CorrectedFields)
_fields_encoder = msgspec.json.Encoder()


class SqlChanges:
    """The port `Changes` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, *changes: ChangeRequest) -> None:
        """See the port."""
        if not changes:
            return
        with writing_to(self._engine) as connection:
            connection.execute(insert(change_requests), [_row(change) for change in changes])

    def of_session(self, session_id: str) -> list[ChangeRequest]:
        """See the port."""
        query = (
            _with_outcome()
            .where(change_requests.c.session_id == session_id, change_requests.c.kind == CORRECTION)
            .order_by(change_requests.c.requested_at_ms, change_requests.c.change_id)
        )
        with reading(self._engine) as connection:
            return [_change(row) for row in connection.execute(query)]

    def of_claims(self, claim_ids: Sequence[str]) -> list[ChangeRequest]:
        """See the port."""
        query = (
            _with_outcome()
            .where(change_requests.c.claim_id.in_(claim_ids))
            .order_by(change_requests.c.requested_at_ms, change_requests.c.change_id)
        )
        with reading(self._engine) as connection:
            return [_change(row) for row in connection.execute(query)]

    def erasure_of_session(self, session_id: str) -> ChangeRequest | None:
        """See the port."""
        of_claim = select(sessions.c.claim_id).where(sessions.c.session_id == session_id)
        query = _with_outcome().where(
            change_requests.c.kind == ERASURE,
            or_(
                change_requests.c.session_id == session_id,
                change_requests.c.claim_id == of_claim.scalar_subquery(),
            ),
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else _change(row)

    def erased(self, limit: int) -> list[ChangeRequest]:
        """See the port."""
        query = (
            _with_outcome()
            .where(change_requests.c.kind == ERASURE, erasures.c.erased_at_ms.is_not(None))
            .order_by(change_requests.c.requested_at_ms, change_requests.c.change_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_change(row) for row in connection.execute(query)]

    def open_erasures(self) -> int:
        """See the port."""
        query = select(func.count()).where(change_requests.c.kind == ERASURE)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def finish(self, erased: ChangeRequest) -> None:
        """See the port."""
        columns = change_requests.c
        is_meant = columns.change_id == erased.change_id
        with writing_to(self._engine) as connection:
            if erased.claim_id is not None:
                is_meant = or_(is_meant, columns.claim_id == erased.claim_id)
                self._count(connection, erased)
                connection.execute(delete(claims).where(claims.c.claim_id == erased.claim_id))
            connection.execute(delete(change_requests).where(is_meant))

    def _count(self, connection: Connection, erased: ChangeRequest) -> None:
        gone = connection.execute(
            select(erasures.c.sessions_count, erasures.c.points_count).where(
                erasures.c.erasure_id == erased.change_id
            )
        ).one()
        columns = member_erasures.c
        connection.execute(
            update(member_erasures)
            .where(columns.member_id == erased.member_id)
            .values(
                claims_erased_count=columns.claims_erased_count + 1,
                sessions_count=columns.sessions_count + gone.sessions_count,
                points_count=columns.points_count + gone.points_count,
            )
        )

    def undelivered(self, limit: int) -> list[ChangeRequest]:
        """See the port."""
        query = (
            _with_outcome()
            .where(change_requests.c.is_stored.is_(False))
            .order_by(change_requests.c.requested_at_ms, change_requests.c.change_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_change(row) for row in connection.execute(query)]

    def mark_stored(self, change_ids: Sequence[str]) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(
                update(change_requests)
                .where(change_requests.c.change_id.in_(change_ids))
                .values(is_stored=True)
            )


def _with_outcome() -> Select[*tuple[object, ...]]:
    return select(
        change_requests,
        func.coalesce(corrections.c.applied_at_ms, erasures.c.erased_at_ms).label("applied_at_ms"),
        corrections.c.refused_reason,
    ).select_from(
        change_requests.outerjoin(
            corrections, corrections.c.correction_id == change_requests.c.change_id
        ).outerjoin(erasures, erasures.c.erasure_id == change_requests.c.change_id)
    )


def _row(change: ChangeRequest) -> dict[str, Any]:
    return {
        "change_id": change.change_id,
        "kind": ERASURE if isinstance(change.event, ErasureEvent) else CORRECTION,
        "session_id": change.session_id,
        "claim_id": change.claim_id,
        "member_id": change.member_id,
        "treadmill": change.treadmill,
        "requested_at_ms": change.requested_at_ms,
        "fields": _fields_encoder.encode(change.fields),
        "event": encoder.encode(change.event),
        "is_stored": change.is_stored,
    }


def _change(row: Row[*tuple[object, ...]]) -> ChangeRequest:
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read a row by name
    return ChangeRequest(
        change_id=found["change_id"],
        session_id=found["session_id"],
        claim_id=found["claim_id"],
        member_id=found["member_id"],
        treadmill=found["treadmill"],
        requested_at_ms=found["requested_at_ms"],
        fields=_fields_decoder.decode(found["fields"]),
        event=_event_decoder.decode(found["event"]),
        is_stored=found["is_stored"],
        applied_at_ms=found["applied_at_ms"],
        refused_reason=found["refused_reason"],
    )
