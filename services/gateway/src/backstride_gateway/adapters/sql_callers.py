"""Who it is that asks, read whole in one way to the store: asked with nearly every request.

Nothing of it is kept: what was signed out, revoked, left or erased is so with the next request.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table, bindparam, select

from backstride_gateway.adapters.quick_reads import QuickQuery, QuickReads, Rows
from backstride_gateway.adapters.sql_members import (
    GYM_COLUMNS,
    ITS_GYM,
    MEMBER_COLUMNS,
    member_of_rows,
)
from backstride_gateway.domain.accounts import AccessToken, Account, AccountSession
from backstride_gateway.domain.members import Member
from backstride_shared.store.schema import (
    access_tokens,
    account_sessions,
    accounts,
    gym_memberships,
    members,
)

ACCOUNT: Final = (
    "account_id",
    "sign_in_name",
    "password_hash",
    "role",
    "gym_id",
    "member_id",
    "created_at_ms",
)
SESSION: Final = ("token_hash", "account_id", "created_at_ms", "expires_at_ms")
TOKEN: Final = ("token_id", "account_id", "name", "token_hash", "can_write", "created_at_ms")


async def caller_by_session(
    reads: QuickReads, token_hash: str
) -> tuple[AccountSession, Account, Member | None] | None:
    """Return a browser's session with its account, and the member who that is."""
    rows = await reads.rows(_BY_SESSION, {"token_hash": token_hash})
    if not rows:
        return None
    return (AccountSession(**_named(SESSION, rows[0])), *_account_and_member(rows, len(SESSION)))


async def caller_by_token(
    reads: QuickReads, token_hash: str
) -> tuple[AccessToken, Account, Member | None] | None:
    """Return a program's token with its account, and the member who that is."""
    rows = await reads.rows(_BY_TOKEN, {"token_hash": token_hash})
    if not rows:
        return None
    return (AccessToken(**_named(TOKEN, rows[0])), *_account_and_member(rows, len(TOKEN)))


def _query(table: Table, names: Sequence[str]) -> QuickQuery:
    return QuickQuery(
        select(
            *(table.c[name] for name in names),
            *(accounts.c[name] for name in ACCOUNT),
            *MEMBER_COLUMNS,
            *GYM_COLUMNS,
        )
        .select_from(
            table.join(accounts, table.c.account_id == accounts.c.account_id)
            .outerjoin(members, accounts.c.member_id == members.c.member_id)
            .outerjoin(gym_memberships, ITS_GYM)
        )
        .where(table.c.token_hash == bindparam("token_hash"))
        .order_by(gym_memberships.c.joined_at_ms, gym_memberships.c.gym_id)
    )


_BY_SESSION: Final = _query(account_sessions, SESSION)
_BY_TOKEN: Final = _query(access_tokens, TOKEN)


def _account_and_member(rows: Rows, at: int) -> tuple[Account, Member | None]:
    account = Account(**_named(ACCOUNT, rows[0][at:]))
    at += len(ACCOUNT)
    is_member = rows[0][at] is not None
    return account, member_of_rows([row[at:] for row in rows]) if is_member else None


def _named(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=False))
