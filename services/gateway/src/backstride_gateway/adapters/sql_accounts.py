"""Accounts, sessions, tokens and one-time codes in the relational store."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Table,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.quick_reads import QuickReads
from backstride_gateway.adapters.sql_callers import (
    ACCOUNT,
    SESSION,
    TOKEN,
    caller_by_session,
    caller_by_token,
)
from backstride_gateway.adapters.sql_gyms import gym_row, treadmill_row
from backstride_gateway.adapters.sql_members import insert_member
from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.accounts import AccessToken, Account, AccountSession, OneTimeCode
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.domain.members import Member
from backstride_gateway.ports import (
    CodeRefusedError,
    GymExistsError,
    MemberNumberTakenError,
    SignInNameTakenError,
)
from backstride_shared.store.schema import (
    access_tokens,
    account_sessions,
    accounts,
    gyms,
    one_time_codes,
    treadmills,
)

_CODE = ("code_hash", "kind", "gym_id", "role", "member_id", "account_id", "expires_at_ms")


class SqlAccounts:
    """The port `AccountStore` on SQLAlchemy."""

    def __init__(self, engine: Engine, reads: QuickReads) -> None:
        self._engine = engine
        self._reads = reads

    def has_admin(self) -> bool:
        """See the port."""
        with reading(self._engine) as connection:
            return _has_admin(connection)

    def get(self, account_id: str) -> Account | None:
        """See the port."""
        return self._account(accounts.c.account_id == account_id)

    def by_name(self, sign_in_name: str) -> Account | None:
        """See the port."""
        return self._account(accounts.c.sign_in_name == sign_in_name)

    def of_member(self, member_id: str) -> Account | None:
        """See the port."""
        return self._account(accounts.c.member_id == member_id)

    def set_up(
        self, code_hash: str, gym: Gym, treadmills_: Sequence[RegisteredTreadmill], admin: Account
    ) -> None:
        """See the port."""
        try:
            with writing_to(self._engine) as connection:
                # taking the code is what two set-ups at once cannot both do
                _use_up(connection, code_hash, "set-up")
                if _has_admin(connection):
                    raise CodeRefusedError
                connection.execute(insert(gyms).values(gym_row(gym)))
                for treadmill in treadmills_:
                    connection.execute(insert(treadmills).values(treadmill_row(treadmill)))
                connection.execute(insert(accounts).values(_values(admin, ACCOUNT)))
        except IntegrityError:
            raise GymExistsError(gym.gym_id) from None

    def join(self, account: Account, member: Member | None, used_code_hash: str | None) -> None:
        """See the port."""
        is_named = False
        try:
            with writing_to(self._engine) as connection:
                if used_code_hash is not None:
                    _use_up(connection, used_code_hash, "invitation")
                if _is_there(connection, accounts, sign_in_name=account.sign_in_name):
                    raise SignInNameTakenError(account.sign_in_name)
                is_named = True
                if member is not None:
                    insert_member(connection, member)
                elif account.member_id is not None and _is_there(
                    connection, accounts, member_id=account.member_id
                ):
                    raise CodeRefusedError
                connection.execute(insert(accounts).values(_values(account, ACCOUNT)))
        except IntegrityError:
            # what was free a moment ago was taken by another request meanwhile
            if is_named and member is not None and self.by_name(account.sign_in_name) is None:
                raise MemberNumberTakenError(member.member_number) from None
            raise SignInNameTakenError(account.sign_in_name) from None

    def use_up(self, code_hash: str) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            _use_up(connection, code_hash, "invitation")

    def reset(self, code_hash: str, account_id: str, password_hash: str) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            _use_up(connection, code_hash, "reset")
            _set_password(connection, account_id, password_hash)
            connection.execute(
                delete(account_sessions).where(account_sessions.c.account_id == account_id)
            )
            connection.execute(
                delete(access_tokens).where(access_tokens.c.account_id == account_id)
            )

    def change_password(self, account_id: str, password_hash: str) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            _set_password(connection, account_id, password_hash)

    def add_session(self, session: AccountSession, now_ms: int) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(
                delete(account_sessions).where(
                    account_sessions.c.account_id == session.account_id,
                    account_sessions.c.expires_at_ms <= now_ms,
                )
            )
            connection.execute(insert(account_sessions).values(_values(session, SESSION)))

    async def session(
        self, token_hash: str
    ) -> tuple[AccountSession, Account, Member | None] | None:
        """See the port."""
        return await caller_by_session(self._reads, token_hash)

    def end_session(self, token_hash: str) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(
                delete(account_sessions).where(account_sessions.c.token_hash == token_hash)
            )

    def end_sessions(self, account_id: str) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(
                delete(account_sessions).where(account_sessions.c.account_id == account_id)
            )

    def add_token(self, token: AccessToken) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(insert(access_tokens).values(_values(token, TOKEN)))

    async def token(self, token_hash: str) -> tuple[AccessToken, Account, Member | None] | None:
        """See the port."""
        return await caller_by_token(self._reads, token_hash)

    def tokens(self, account_id: str) -> list[AccessToken]:
        """See the port."""
        query = (
            select(access_tokens)
            .where(access_tokens.c.account_id == account_id)
            .order_by(access_tokens.c.created_at_ms, access_tokens.c.token_id)
        )
        with reading(self._engine) as connection:
            return [AccessToken(**_mapping(row)) for row in connection.execute(query)]

    def end_token(self, account_id: str, token_id: str) -> bool:
        """See the port."""
        own = and_(access_tokens.c.account_id == account_id, access_tokens.c.token_id == token_id)
        with writing_to(self._engine) as connection:
            return connection.execute(delete(access_tokens).where(own)).rowcount > 0

    def add_code(self, code: OneTimeCode, now_ms: int) -> None:
        """See the port."""
        outdated = one_time_codes.c.expires_at_ms <= now_ms
        if code.kind == "set-up":
            outdated = or_(outdated, one_time_codes.c.kind == code.kind)
        if code.kind == "reset":
            outdated = or_(
                outdated,
                and_(
                    one_time_codes.c.kind == code.kind,
                    one_time_codes.c.account_id == code.account_id,
                ),
            )
        with writing_to(self._engine) as connection:
            connection.execute(delete(one_time_codes).where(outdated))
            connection.execute(insert(one_time_codes).values(_values(code, _CODE)))

    def code(self, code_hash: str) -> OneTimeCode | None:
        """See the port."""
        query = select(one_time_codes).where(one_time_codes.c.code_hash == code_hash)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else OneTimeCode(**_mapping(row))

    def _account(self, condition: Any) -> Account | None:  # noqa: ANN401  SQLAlchemy's own
        with reading(self._engine) as connection:
            row = connection.execute(select(accounts).where(condition)).first()
        return None if row is None else Account(**_mapping(row))


def _has_admin(connection: Connection) -> bool:
    return _is_there(connection, accounts, role="admin")


def _is_there(connection: Connection, table: Table, **values: str) -> bool:
    same = and_(*(table.c[name] == value for name, value in values.items()))
    return bool(connection.execute(select(exists().where(same))).scalar_one())


def _use_up(connection: Connection, code_hash: str, kind: str) -> None:
    used = connection.execute(
        delete(one_time_codes).where(
            one_time_codes.c.code_hash == code_hash, one_time_codes.c.kind == kind
        )
    )
    if not used.rowcount:
        raise CodeRefusedError


def _set_password(connection: Connection, account_id: str, password_hash: str) -> None:
    connection.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id)
        .values(password_hash=password_hash)
    )


def _values(record: object, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(record, name) for name in names}


def _mapping(row: Row[*tuple[object, ...]]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001  SQLAlchemy's documented way to read a row by name
