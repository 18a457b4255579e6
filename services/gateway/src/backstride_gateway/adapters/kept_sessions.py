"""Sessions of members who ask often, kept as they were read while the store still has the same.

A summary of years reads hundreds of rows, nearly all of which never change again. What is kept is
used only while the store says that it has as many rows before the latest ones, whose revisions sum
up to the same: a row that was added, deleted, corrected, recomputed or assigned to somebody changes
that. It is asked again after TRUSTED_S: by so much a change of an old session may be late, which
took longer to come through the log. The latest rows, of which one may be running, are read each
time.
"""

import asyncio
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from prometheus_client import Gauge
from sqlalchemy import Engine, bindparam, func, select

from backstride_gateway.adapters.quick_reads import QuickQuery, QuickReads, Rows
from backstride_gateway.adapters.session_rows import beside, session_of, with_member
from backstride_gateway.adapters.sql_transactions import reading
from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.store.schema import claims, sessions

MAX_KEPT_SESSIONS: Final = 30_000
"""About 1.3 KiB each: 40 MiB."""
_LATEST: Final = 3
_MOST_LATEST: Final = 24
"""Beyond, those that came since are kept as well."""
TRUSTED_S: Final = 1.0
_CLAIM_BEFORE_MS: Final = 8 * 86_400_000
"""Longer before its sessions no claim can be made: readings are accepted for seven days."""
_KEEP_S: Final = 600.0
"""Who was erased, or asks no more, is forgotten here too."""

_KEPT = Gauge("backstride_gateway_sessions_kept", "Sessions kept in memory for summaries")

_Fingerprint = tuple[int, ...]

# what tells one state of the rows from another, summed up over rows; null counts as 0
_REVISIONS: Final = (
    sessions.c.epoch,
    sessions.c.accepted_count,
    sessions.c.started_at_ms,
    sessions.c.last_reading_at_ms,
    sessions.c.ended_at_ms,
    sessions.c.recomputed_at_ms,
    sessions.c.readings_count,
)

# made once: to make and to compare a query costs more than to send it
_ALL: Final = (
    with_member(*_REVISIONS)
    .where(claims.c.member_id == bindparam("member_id"))
    .order_by(sessions.c.started_at_ms, sessions.c.session_id)
)
_LATER: Final = QuickQuery(
    with_member()
    .where(
        claims.c.member_id == bindparam("member_id"),
        sessions.c.started_at_ms >= bindparam("from_ms"),
        # spares the search through all claims of years
        claims.c.claimed_at_ms >= bindparam("claimed_from_ms"),
    )
    .order_by(sessions.c.started_at_ms, sessions.c.session_id)
)
_SUMS: Final = (
    select(func.count(), *map(func.sum, _REVISIONS))
    .select_from(sessions.join(claims, sessions.c.claim_id == claims.c.claim_id))
    .where(
        claims.c.member_id == bindparam("member_id"),
        sessions.c.started_at_ms < bindparam("before_ms"),
    )
)


@dataclass(frozen=True, slots=True)
class _Kept:
    # all that began before this moment, by when they began
    before_ms: int
    fingerprint: _Fingerprint
    sessions: Sequence[SessionRecord]
    # when the store last said that this is what it has; when it was last of use
    is_right_at_s: float
    asked_at_s: float
    # the latest rows as they were read last: to decode one takes longer than to compare it
    latest: Mapping[tuple[Any, ...], SessionRecord] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Return how many sessions are kept."""
        return len(self.sessions) + len(self.latest)


class KeptSessions:
    """Reads members' sessions; belongs to one event loop."""

    def __init__(
        self,
        engine: Engine,
        reads: QuickReads,
        max_sessions: int = MAX_KEPT_SESSIONS,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._reads = reads
        self._monotonic_s = monotonic_s
        self._max_sessions = max_sessions
        self._members: OrderedDict[str, _Kept] = OrderedDict()
        self._count = 0

    async def between(self, member_id: str, from_ms: int, until_ms: int) -> list[SessionRecord]:
        """Return the sessions of a member that began in [from_ms, until_ms), in that order.

        Raises:
            StoreUnavailableError: when the store cannot be reached or does not answer.

        """
        now_s = self._monotonic_s()
        kept = self._members.get(member_id)
        if kept is not None:
            rows = await self._read_later(member_id, kept.before_ms)
            is_right = now_s - kept.is_right_at_s < TRUSTED_S
            if not is_right:
                found = await asyncio.to_thread(
                    _fingerprint, self._engine, member_id, kept.before_ms
                )
                is_right = found == kept.fingerprint
                kept = replace(kept, is_right_at_s=now_s)
            if is_right and len(rows) <= _MOST_LATEST:
                known = kept.latest
                decoded = {row: known.get(row) or session_of(row) for row in map(tuple, rows)}
                self._keep(member_id, replace(kept, asked_at_s=now_s, latest=decoded))
                return _part([*kept.sessions, *decoded.values()], from_ms, until_ms)
        read, latest = await asyncio.to_thread(_read_all, self._engine, member_id, now_s)
        self._keep(member_id, read)
        return _part([*read.sessions, *latest], from_ms, until_ms)

    async def _read_later(self, member_id: str, from_ms: int) -> Rows:
        return await self._reads.rows(
            _LATER,
            {
                "member_id": member_id,
                "from_ms": from_ms,
                "claimed_from_ms": from_ms - _CLAIM_BEFORE_MS,
            },
        )

    def _keep(self, member_id: str, kept: _Kept) -> None:
        """Keep a member's sessions, as those asked for last; forget what is too old or too much."""
        previous = self._members.pop(member_id, None)
        self._count += kept.count - (0 if previous is None else previous.count)
        self._members[member_id] = kept
        while self._members:
            oldest = next(iter(self._members.values()))
            is_old = kept.asked_at_s - oldest.asked_at_s > _KEEP_S
            if not is_old and self._count <= self._max_sessions:
                break
            self._members.popitem(last=False)
            self._count -= oldest.count
        _KEPT.set(self._count)


def _read_all(
    engine: Engine, member_id: str, now_s: float
) -> tuple[_Kept, Sequence[SessionRecord]]:
    """Return what is to be kept of a member's sessions, and the latest ones."""
    with reading(engine) as connection:
        rows = connection.execute(_ALL, {"member_id": member_id}).all()
    everything = [session_of(row) for row in rows]
    count = max(0, len(rows) - _LATEST)
    before_ms = everything[count].started_at_ms if everything else 0
    count = bisect_left(everything, before_ms, key=_beginning)
    fingerprint = _fingerprint_of(rows[:count])
    return _Kept(before_ms, fingerprint, everything[:count], now_s, now_s), everything[count:]


def _fingerprint(engine: Engine, member_id: str, before_ms: int) -> _Fingerprint:
    with reading(engine) as connection:
        found = connection.execute(_SUMS, {"member_id": member_id, "before_ms": before_ms}).one()
    # PostgreSQL sums whole numbers up to decimal ones, and nothing up to null
    return tuple(int(some or 0) for some in found)


def _fingerprint_of(rows: Rows) -> _Fingerprint:
    """Return what `_fingerprint` finds while the store has these rows."""
    columns = zip(*map(beside, rows), strict=True) if rows else ((),) * len(_REVISIONS)
    return (len(rows), *(sum(some or 0 for some in column) for column in columns))


def _part(found: Sequence[SessionRecord], from_ms: int, until_ms: int) -> list[SessionRecord]:
    first = bisect_left(found, from_ms, key=_beginning)
    return list(found[first : bisect_left(found, until_ms, key=_beginning)])


def _beginning(session: SessionRecord) -> int:
    return session.started_at_ms
