"""Rows of sessions, read as the recorder wrote them."""

import msgspec
from sqlalchemy import Row, Select, select

from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy import EnergyTotals
from backstride_shared.store.schema import claims, sessions

_totals_decoder = msgspec.msgpack.Decoder(EnergyTotals)


def with_member() -> Select[*tuple[object, ...]]:
    """Return a query of all sessions, each with the member whose claim it has."""
    return select(sessions, claims.c.member_id).select_from(
        sessions.outerjoin(claims, sessions.c.claim_id == claims.c.claim_id)
    )


def session_of(row: Row[*tuple[object, ...]]) -> SessionRecord:
    """Return a row of such a query as a session."""
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read a row by name
    return SessionRecord(
        session_id=found["session_id"],
        treadmill=found["treadmill"],
        claim_id=found["claim_id"],
        member_id=found["member_id"],
        purpose=found["purpose"],
        started_at_ms=found["started_at_ms"],
        last_moving_at_ms=found["last_moving_at_ms"],
        last_reading_at_ms=found["last_reading_at_ms"],
        ended_at_ms=found["ended_at_ms"],
        model_version=found["model_version"],
        recomputed_at_ms=found["recomputed_at_ms"],
        is_facing_away=found["is_facing_away"],
        totals=_totals_decoder.decode(found["totals"]),
    )
