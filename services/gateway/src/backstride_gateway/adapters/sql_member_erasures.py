"""Erasing a member from the relational store, whatever tables it has.

The tables are not listed: each one with a member's or an account's id in it is emptied of them, so
that a table which comes later is not forgotten.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from backstride_gateway.adapters.sql_claims import claim_of
from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.erasing import MemberErasure, Receipt, RemovedRows
from backstride_shared.store.opening import empty_write_ahead_log
from backstride_shared.store.schema import (
    accounts,
    change_requests,
    claims,
    member_erasures,
    metadata,
)

MEMBER_ID: Final = "member_id"
ACCOUNT_ID: Final = "account_id"

_receipt_encoder = msgspec.json.Encoder()
_receipt_decoder = msgspec.json.Decoder(Receipt)


class SqlMemberErasures:
    """The port `MemberErasures` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, erasure: MemberErasure) -> MemberErasure:
        """See the port."""
        columns = member_erasures.c
        known = select(member_erasures).where(columns.member_id == erasure.member_id)
        of_member = select(func.count()).where(claims.c.member_id == erasure.member_id)
        with writing_to(self._engine) as connection:
            row = connection.execute(known).first()
            if row is None:
                connection.execute(
                    insert(member_erasures).values(
                        erasure_id=erasure.erasure_id,
                        member_id=erasure.member_id,
                        code=erasure.code,
                        code_hash=erasure.code_hash,
                        requested_at_ms=erasure.requested_at_ms,
                        claims_count=connection.execute(of_member).scalar_one(),
                    )
                )
                row = connection.execute(known).one()
        return _erasure(row)

    def get(self, erasure_id: str) -> MemberErasure | None:
        """See the port."""
        query = select(member_erasures).where(member_erasures.c.erasure_id == erasure_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else _erasure(row)

    def unfinished(self) -> list[MemberErasure]:
        """See the port."""
        columns = member_erasures.c
        query = (
            select(member_erasures)
            .where(columns.finished_at_ms.is_(None))
            .order_by(columns.requested_at_ms)
        )
        with reading(self._engine) as connection:
            return [_erasure(row) for row in connection.execute(query)]

    def claims_to_erase(self, member_id: str, limit: int) -> list[StoredClaim]:
        """See the port."""
        asked = select(change_requests.c.claim_id).where(
            change_requests.c.kind == "erasure", change_requests.c.claim_id.is_not(None)
        )
        query = (
            select(claims)
            .where(claims.c.member_id == member_id, claims.c.claim_id.not_in(asked))
            .order_by(claims.c.claimed_at_ms.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [claim_of(row) for row in connection.execute(query)]

    def finish(self, erasure_id: str, at_ms: int, exports_count: int) -> bool:
        """See the port."""
        columns = member_erasures.c
        this = columns.erasure_id == erasure_id
        with writing_to(self._engine) as connection:
            erasure = connection.execute(select(member_erasures).where(this)).one()
            if erasure.finished_at_ms is not None:
                return True
            of_member = select(func.count()).where(claims.c.member_id == erasure.member_id)
            if connection.execute(of_member).scalar_one():
                return False
            removed = [
                RemovedRows("relational store", "sessions", erasure.sessions_count),
                RemovedRows("relational store", "claims", erasure.claims_erased_count),
                RemovedRows("series", "readings, and their minutes", erasure.points_count),
                *_without_member(connection, erasure.member_id),
            ]
            if exports_count:
                removed.append(RemovedRows("files", "exports", exports_count))
            connection.execute(
                update(member_erasures)
                .where(this)
                .values(
                    member_id=None,
                    code=None,
                    finished_at_ms=at_ms,
                    receipt=_receipt_encoder.encode(Receipt(removed)),
                )
            )
        empty_write_ahead_log(self._engine)
        return True


def _without_member(connection: Connection, member_id: str) -> Iterator[RemovedRows]:
    """Delete the rows of a member and of their account; children before what they point to.

    The account of staff who trained too stays, as one who does not train.
    """
    connection.execute(
        update(accounts)
        .where(accounts.c.member_id == member_id, accounts.c.role != "member")
        .values(member_id=None)
    )
    account_ids = [
        row.account_id
        for row in connection.execute(
            select(accounts.c.account_id).where(accounts.c.member_id == member_id)
        )
    ]
    for table in reversed(metadata.sorted_tables):
        is_theirs = _is_theirs(table, member_id, account_ids)
        if is_theirs is not None:
            count = connection.execute(delete(table).where(is_theirs)).rowcount
            if count:
                yield RemovedRows("relational store", table.name.replace("_", " "), count)


def _is_theirs(table: Table, member_id: str, account_ids: list[str]) -> ColumnElement[bool] | None:
    """Return which rows of a table are a member's, None where it holds nothing of members."""
    if table is member_erasures:
        return None
    found: ColumnElement[bool] | None = None
    if MEMBER_ID in table.c:
        found = table.c[MEMBER_ID] == member_id
    if ACCOUNT_ID in table.c:
        of_account = table.c[ACCOUNT_ID].in_(account_ids)
        found = of_account if found is None else found | of_account
    return found


def _erasure(row: Row[*tuple[object, ...]]) -> MemberErasure:
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read a row by name
    receipt = found["receipt"]
    return MemberErasure(
        erasure_id=found["erasure_id"],
        member_id=found["member_id"],
        code=found["code"],
        code_hash=found["code_hash"],
        requested_at_ms=found["requested_at_ms"],
        claims_count=found["claims_count"],
        claims_erased_count=found["claims_erased_count"],
        finished_at_ms=found["finished_at_ms"],
        receipt=None if receipt is None else _receipt_decoder.decode(receipt),
    )
