"""Claims in the relational store: also the outbox from which the log gets them."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, or_, select, update

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.ports import Clock
from backstride_shared.energy import Wearer
from backstride_shared.fold.timeline import KEPT_MS
from backstride_shared.store.schema import UNDELIVERED_CLAIMS, claims

_DAY_MS = 24 * 3600 * 1000
_wearer_decoder = msgspec.json.Decoder(Wearer)
_wearer_encoder = msgspec.json.Encoder()


class SqlClaims:
    """The port `Claims` on SQLAlchemy."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def of_treadmill(self, treadmill: str) -> list[StoredClaim]:
        """See the port."""
        since_ms = self._clock() - KEPT_MS - _DAY_MS
        newest_before = (
            select(func.max(claims.c.claimed_at_ms))
            .where(claims.c.treadmill == treadmill, claims.c.claimed_at_ms < since_ms)
            .scalar_subquery()
        )
        query = (
            select(claims)
            .where(
                claims.c.treadmill == treadmill,
                or_(claims.c.claimed_at_ms >= since_ms, claims.c.claimed_at_ms == newest_before),
            )
            .order_by(claims.c.claimed_at_ms)
        )
        with reading(self._engine) as connection:
            return [claim_of(row) for row in connection.execute(query)]

    def of_member(self, member_id: str) -> list[StoredClaim]:
        """See the port."""
        query = (
            select(claims)
            .where(
                claims.c.member_id == member_id,
                claims.c.claimed_at_ms >= self._clock() - KEPT_MS - _DAY_MS,
            )
            .order_by(claims.c.claimed_at_ms, claims.c.claim_id)
        )
        with reading(self._engine) as connection:
            return [claim_of(row) for row in connection.execute(query)]

    def get(self, claim_id: str) -> StoredClaim | None:
        """See the port."""
        with reading(self._engine) as connection:
            row = connection.execute(select(claims).where(claims.c.claim_id == claim_id)).first()
        return None if row is None else claim_of(row)

    def latest(self) -> list[StoredClaim]:
        """See the port."""
        newest = (
            select(claims.c.treadmill, func.max(claims.c.claimed_at_ms).label("at_ms"))
            .group_by(claims.c.treadmill)
            .subquery()
        )
        query = (
            select(claims)
            .join(
                newest,
                (claims.c.treadmill == newest.c.treadmill)
                & (claims.c.claimed_at_ms == newest.c.at_ms),
            )
            .order_by(claims.c.claim_id)
        )
        with reading(self._engine) as connection:
            found = {row.treadmill: claim_of(row) for row in connection.execute(query)}
        return list(found.values())

    def save(self, claims_: Sequence[StoredClaim]) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            for claim in claims_:
                _save(connection, claim)

    def mark_stored(self, claims_: Sequence[StoredClaim]) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            for claim in claims_:
                same = claims.c.claim_id == claim.claim_id
                if claim.is_claim_stored:
                    connection.execute(update(claims).where(same).values(is_claim_stored=True))
                if claim.is_release_stored:
                    connection.execute(
                        update(claims)
                        .where(same, claims.c.released_at_ms == claim.released_at_ms)
                        .values(is_release_stored=True)
                    )

    def undelivered(self, limit: int) -> list[StoredClaim]:
        """See the port."""
        query = (
            select(claims)
            .where(UNDELIVERED_CLAIMS)
            .order_by(claims.c.claimed_at_ms, claims.c.claim_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [claim_of(row) for row in connection.execute(query)]


def _save(connection: Connection, claim: StoredClaim) -> None:
    values = {
        "member_id": claim.member_id,
        "treadmill": claim.treadmill,
        "claimed_at_ms": claim.claimed_at_ms,
        "released_at_ms": claim.released_at_ms,
        "purpose": claim.purpose,
        "wearer": _wearer_encoder.encode(claim.wearer),
        "is_claim_stored": claim.is_claim_stored,
        "is_release_stored": claim.is_release_stored,
    }
    changed = connection.execute(
        update(claims).where(claims.c.claim_id == claim.claim_id).values(values)
    )
    if not changed.rowcount:
        connection.execute(insert(claims).values(claim_id=claim.claim_id, **values))


def claim_of(row: Row[*tuple[object, ...]]) -> StoredClaim:
    """Return a row of the claims as a claim."""
    found = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's documented way to read a row by name
    wearer = _wearer_decoder.decode(found.pop("wearer"))
    return replace(StoredClaim(**found, wearer=Wearer()), wearer=wearer)
