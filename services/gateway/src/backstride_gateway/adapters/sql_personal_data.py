"""Everything that the relational store holds under a member, found by the columns of its tables.

A table that names a member, an account or a claim is in an export without being listed here, so
that what is added later is not forgotten. What is left out stands here with its reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import Column, Engine, LargeBinary, Select, Table, select

from backstride_gateway.adapters.sql_transactions import reading
from backstride_shared.store.schema import accounts, claims, metadata

LEFT_OUT: Final = {
    "sessions": "told as the API tells them, with files of their own",
    "exports": "is what is being made",
    "one_time_codes": "an invitation to others, or a code of which only a fingerprint is kept",
    "erasures": "names no one once it is done",
    "member_erasures": "is there while a member is erased, with the code of its receipt",
}
SECRETS: Final = ("_hash",)
"""Ends of columns' names: fingerprints of secrets."""
JSON_COLUMNS: Final = frozenset({"wearer", "fields"})
INNER_COLUMNS: Final = frozenset({"event"})
"""The same once more, in the log's own form."""

_AT_MS: Final = "_at_ms"
_AT_ONCE: Final = 500


class SqlPersonalData:
    """The port `PersonalData` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tables(self) -> Sequence[str]:
        """See the port."""
        return [
            table.name
            for table in metadata.sorted_tables
            if table.name not in LEFT_OUT and _key_of(table) is not None
        ]

    def rows(self, table: str, member_id: str) -> Iterator[Mapping[str, object]]:
        """See the port."""
        found = metadata.tables[table]
        columns = [column for column in found.c if _is_told(column)]
        query = _of_member(found, columns, member_id).order_by(*found.primary_key.columns)
        with reading(self._engine, is_one_transaction=True) as connection:
            for row in connection.execute(query).yield_per(_AT_ONCE):
                yield dict(
                    _told(column.name, value) for column, value in zip(columns, row, strict=True)
                )


def _key_of(table: Table) -> Column[str] | None:
    """Return the column by which a table names a member, an account or a claim."""
    for name in ("member_id", "account_id", "claim_id"):
        if name in table.c:
            return table.c[name]
    return None


def _of_member(
    table: Table, columns: Sequence[Column[object]], member_id: str
) -> Select[*tuple[object, ...]]:
    query = select(*columns)
    if "member_id" in table.c:
        return query.where(table.c.member_id == member_id)
    if "account_id" in table.c:
        own = select(accounts.c.account_id).where(accounts.c.member_id == member_id)
        return query.where(table.c.account_id.in_(own))
    own = select(claims.c.claim_id).where(claims.c.member_id == member_id)
    return query.where(table.c.claim_id.in_(own))


def _is_told(column: Column[object]) -> bool:
    if column.name.endswith(SECRETS) or column.name in INNER_COLUMNS:
        return False
    return not isinstance(column.type, LargeBinary) or column.name in JSON_COLUMNS


def _told(name: str, value: object) -> tuple[str, object]:
    if name.endswith(_AT_MS):
        told = name.removesuffix("_ms")
        if not isinstance(value, int):
            return told, None
        at = datetime.fromtimestamp(value / 1000, UTC)
        return told, at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return name, msgspec.json.decode(value)
    return name, value
