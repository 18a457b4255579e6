"""Rows of sessions, read as the recorder wrote them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, select

from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy import EnergyTotals
from backstride_shared.store.schema import claims, sessions

_totals_decoder = msgspec.msgpack.Decoder(EnergyTotals)

_SESSION: Final = (
    sessions.c.session_id,
    sessions.c.treadmill,
    sessions.c.claim_id,
    claims.c.member_id,
    sessions.c.purpose,
    sessions.c.started_at_ms,
    sessions.c.last_moving_at_ms,
    sessions.c.last_reading_at_ms,
    sessions.c.ended_at_ms,
    sessions.c.model_version,
    sessions.c.recomputed_at_ms,
    sessions.c.is_facing_away,
    sessions.c.totals,
    claims.c.released_at_ms,
)
_NAMES: Final = tuple(column.name for column in _SESSION)
_BESIDE_AT: Final = len(_SESSION)


def with_member(*beside: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Return a query of all sessions, each with the member whose claim it has.

    What is read `beside` them comes last in each row.
    """
    return select(*_SESSION, *beside).select_from(
        sessions.outerjoin(claims, sessions.c.claim_id == claims.c.claim_id)
    )


def session_of(row: Sequence[Any]) -> SessionRecord:
    """Return a row of such a query as a session."""
    found = dict(zip(_NAMES, row, strict=False))
    found["totals"] = _totals_decoder.decode(found["totals"])
    return SessionRecord(**found)


def beside(row: Sequence[Any]) -> Sequence[Any]:
    """Return what was read beside the session of a row."""
    return row[_BESIDE_AT:]
