"""Requested changes in the relational store, with what the recorder says became of them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine, Row, Select, insert, select, update

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.changes import ChangeRequest, CorrectedFields
from backstride_shared.frames import TreadmillEvent, encoder
from backstride_shared.store.schema import change_requests, corrections

CORRECTION = "correction"

_event_decoder: msgspec.msgpack.Decoder[TreadmillEvent] = msgspec.msgpack.Decoder(TreadmillEvent)
_fields_decoder = msgspec.json.Decoder(CorrectedFields)
_fields_encoder = msgspec.json.Encoder()


class SqlChanges:
    """The port `Changes` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, change: ChangeRequest) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(
                insert(change_requests).values(
                    change_id=change.change_id,
                    kind=CORRECTION,
                    session_id=change.session_id,
                    claim_id=change.claim_id,
                    member_id=change.member_id,
                    treadmill=change.treadmill,
                    requested_at_ms=change.requested_at_ms,
                    fields=_fields_encoder.encode(change.fields),
                    event=encoder.encode(change.event),
                    is_stored=change.is_stored,
                )
            )

    def of_session(self, session_id: str) -> list[ChangeRequest]:
        """See the port."""
        query = (
            _with_outcome()
            .where(change_requests.c.session_id == session_id)
            .order_by(change_requests.c.requested_at_ms, change_requests.c.change_id)
        )
        with reading(self._engine) as connection:
            return [_change(row) for row in connection.execute(query)]

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
        change_requests, corrections.c.applied_at_ms, corrections.c.refused_reason
    ).select_from(
        change_requests.outerjoin(
            corrections, corrections.c.correction_id == change_requests.c.change_id
        )
    )


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
