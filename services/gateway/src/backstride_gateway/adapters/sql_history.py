"""Sessions and treadmill states, as the recorder wrote them, read from the relational store."""

from collections.abc import Iterator, Sequence

import msgspec
import structlog
from sqlalchemy import ColumnElement, Engine, and_, func, or_, select

from backstride_gateway.adapters.kept_sessions import KeptSessions
from backstride_gateway.adapters.quick_reads import QuickReads
from backstride_gateway.adapters.session_rows import session_of, with_member
from backstride_gateway.adapters.sql_transactions import reading
from backstride_gateway.domain.claiming import LastMoving
from backstride_gateway.domain.sessions import ALL_SESSIONS, SessionFilter, SessionRecord
from backstride_gateway.ports import SessionCursor, StoredState
from backstride_shared.fold.state import StateVersionError, decode_state
from backstride_shared.store.schema import claims, sessions, treadmill_states

log = structlog.get_logger()

_SECONDS_PER_MINUTE = 60.0
_DAY_MS = 24 * 3600 * 1000
_MOST_RECENT = 20


class SqlHistory:
    """The port `SessionHistory` on SQLAlchemy."""

    def __init__(self, engine: Engine, reads: QuickReads) -> None:
        self._engine = engine
        self._kept = KeptSessions(engine, reads)

    def page(
        self,
        member_id: str,
        before: SessionCursor | None,
        limit: int,
        wanted: SessionFilter = ALL_SESSIONS,
    ) -> list[SessionRecord]:
        """See the port."""
        query = (
            with_member()
            .where(claims.c.member_id == member_id, *_conditions(wanted))
            .order_by(sessions.c.started_at_ms.desc(), sessions.c.session_id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(
                or_(
                    sessions.c.started_at_ms < before.started_at_ms,
                    and_(
                        sessions.c.started_at_ms == before.started_at_ms,
                        sessions.c.session_id < before.session_id,
                    ),
                )
            )
        with reading(self._engine) as connection:
            return [session_of(row) for row in connection.execute(query)]

    def between(self, member_id: str, from_ms: int, until_ms: int) -> list[SessionRecord]:
        """See the port."""
        query = (
            with_member()
            .where(
                claims.c.member_id == member_id,
                sessions.c.started_at_ms >= from_ms,
                sessions.c.started_at_ms < until_ms,
            )
            .order_by(sessions.c.started_at_ms, sessions.c.session_id)
        )
        with reading(self._engine) as connection:
            return [session_of(row) for row in connection.execute(query)]

    async def kept_between(
        self, member_id: str, from_ms: int, until_ms: int
    ) -> list[SessionRecord]:
        """See the port."""
        return await self._kept.between(member_id, from_ms, until_ms)

    def recent(self, treadmill: str, since_ms: int) -> list[SessionRecord]:
        """See the port."""
        query = (
            with_member()
            .where(
                sessions.c.treadmill == treadmill,
                # nobody trains for a day: keeps the years before out of the search
                sessions.c.started_at_ms >= since_ms - _DAY_MS,
                sessions.c.last_moving_at_ms >= since_ms,
            )
            .order_by(sessions.c.started_at_ms.desc(), sessions.c.session_id.desc())
            .limit(_MOST_RECENT)
        )
        with reading(self._engine) as connection:
            return [session_of(row) for row in connection.execute(query)]

    def get(self, session_id: str) -> SessionRecord | None:
        """See the port."""
        query = with_member().where(sessions.c.session_id == session_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else session_of(row)

    def backward_minutes(self, member_id: str, before_ms: int) -> float:
        """See the port."""
        query = (
            select(func.coalesce(func.sum(sessions.c.backward_s), 0.0))
            .select_from(sessions.join(claims, sessions.c.claim_id == claims.c.claim_id))
            .where(claims.c.member_id == member_id, sessions.c.started_at_ms < before_ms)
        )
        with reading(self._engine) as connection:
            return float(connection.execute(query).scalar_one()) / _SECONDS_PER_MINUTE

    def last_moving(self, claim_ids: Sequence[str]) -> LastMoving:
        """See the port."""
        query = (
            select(sessions.c.claim_id, func.max(sessions.c.last_moving_at_ms))
            .where(sessions.c.claim_id.in_(claim_ids))
            .group_by(sessions.c.claim_id)
        )
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def states(self, treadmills: Sequence[str] | None = None) -> list[StoredState]:
        """See the port."""
        query = select(treadmill_states.c.state, treadmill_states.c.written_at_ms)
        if treadmills is not None:
            query = query.where(treadmill_states.c.treadmill.in_(treadmills))
        found: list[StoredState] = []
        with reading(self._engine) as connection:
            for state, written_at_ms in connection.execute(query):
                try:
                    found.append(StoredState(decode_state(state), written_at_ms))
                except (StateVersionError, msgspec.DecodeError) as error:
                    # another version wrote it: the live feed will fill what is missing here
                    log.warning("stored state not read", error=str(error))
        return found


def _conditions(wanted: SessionFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what the rows of a filter have to be; see `SessionFilter.holds`."""
    columns = sessions.c
    if wanted.from_ms is not None:
        yield columns.started_at_ms >= wanted.from_ms
    if wanted.until_ms is not None:
        yield columns.started_at_ms < wanted.until_ms
    if wanted.purpose is not None:
        yield columns.purpose == wanted.purpose
    if wanted.treadmill is not None:
        yield columns.treadmill == wanted.treadmill
    if wanted.gym_id is not None:
        yield columns.treadmill.startswith(f"{wanted.gym_id}/", autoescape=True)
    if wanted.has_backward is not None:
        yield columns.backward_s > 0 if wanted.has_backward else columns.backward_s <= 0
