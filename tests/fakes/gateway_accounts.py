"""Accounts and gyms in memory."""

from collections.abc import Sequence
from dataclasses import replace

from backstride_gateway.domain.accounts import AccessToken, Account, AccountSession, OneTimeCode
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.domain.members import Member
from backstride_gateway.ports import (
    CodeRefusedError,
    GymExistsError,
    SignInNameTakenError,
    TreadmillExistsError,
)
from tests.fakes.gateway_stores import InMemoryMembers


class PlainPasswords:
    """The port `Passwords`, fast; `version` makes the hashes of before outdated."""

    def __init__(self) -> None:
        self.version = 1

    def hash_of(self, password: str) -> str:
        return f"{self.version}:{password}"

    def is_right(self, password_hash: str, password: str) -> bool:
        return password_hash.partition(":")[2] == password

    def is_outdated(self, password_hash: str) -> bool:
        return password_hash.partition(":")[0] != str(self.version)


class InMemoryGyms:
    """The port `GymStore`."""

    def __init__(self) -> None:
        self.rows: dict[str, Gym] = {}
        self._treadmills: dict[str, RegisteredTreadmill] = {}

    def all(self) -> list[Gym]:
        return [self.rows[gym_id] for gym_id in sorted(self.rows)]

    def get(self, gym_id: str) -> Gym | None:
        return self.rows.get(gym_id)

    def add(self, gym: Gym) -> None:
        if gym.gym_id in self.rows:
            raise GymExistsError(gym.gym_id)
        self.rows[gym.gym_id] = gym

    def by_join_code(self, join_code_hash: str) -> Gym | None:
        found = [gym for gym in self.rows.values() if gym.join_code_hash == join_code_hash]
        return found[0] if found else None

    def set_join_code(self, gym_id: str, join_code_hash: str | None) -> None:
        self.rows[gym_id] = replace(self.rows[gym_id], join_code_hash=join_code_hash)

    def treadmills(self, gym_id: str) -> list[RegisteredTreadmill]:
        found = sorted(self._treadmills.values(), key=lambda one: one.treadmill)
        return [one for one in found if one.treadmill.startswith(f"{gym_id}/")]

    def is_registered(self, treadmill: str) -> bool:
        return treadmill in self._treadmills

    def register(self, treadmill: RegisteredTreadmill) -> None:
        if treadmill.treadmill in self._treadmills:
            raise TreadmillExistsError(treadmill.treadmill)
        self._treadmills[treadmill.treadmill] = treadmill

    def unregister(self, treadmill: str) -> bool:
        return self._treadmills.pop(treadmill, None) is not None


class InMemoryAccounts:
    """The port `AccountStore`, over the gyms and members that come about with accounts."""

    def __init__(self, gyms: InMemoryGyms, members: InMemoryMembers) -> None:
        self._gyms = gyms
        self._members = members
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[str, AccountSession] = {}
        self._tokens: dict[str, AccessToken] = {}
        self._codes: dict[str, OneTimeCode] = {}
        members.note_first_gym = self._move

    def has_admin(self) -> bool:
        return any(account.role == "admin" for account in self._accounts.values())

    def get(self, account_id: str) -> Account | None:
        return self._accounts.get(account_id)

    def by_name(self, sign_in_name: str) -> Account | None:
        found = [one for one in self._accounts.values() if one.sign_in_name == sign_in_name]
        return found[0] if found else None

    def of_member(self, member_id: str) -> Account | None:
        found = [one for one in self._accounts.values() if one.member_id == member_id]
        return found[0] if found else None

    def set_up(
        self, code_hash: str, gym: Gym, treadmills: Sequence[RegisteredTreadmill], admin: Account
    ) -> None:
        self._check(code_hash, "set-up")
        if self.has_admin():
            raise CodeRefusedError
        if self._gyms.get(gym.gym_id) is not None:
            raise GymExistsError(gym.gym_id)
        del self._codes[code_hash]
        self._gyms.rows[gym.gym_id] = gym
        for treadmill in treadmills:
            self._gyms.register(treadmill)
        self._accounts[admin.account_id] = admin

    def join(self, account: Account, member: Member | None, used_code_hash: str | None) -> None:
        if used_code_hash is not None:
            self._check(used_code_hash, "invitation")
        if self.by_name(account.sign_in_name) is not None:
            raise SignInNameTakenError(account.sign_in_name)
        taken = {one.member_id for one in self._accounts.values()} - {None}
        if account.member_id in taken:
            raise CodeRefusedError
        if member is not None:
            self._members.add(member)
        if used_code_hash is not None:
            del self._codes[used_code_hash]
        self._accounts[account.account_id] = account

    def _move(self, member_id: str, gym_id: str) -> None:
        for account_id, account in self._accounts.items():
            if account.member_id == member_id and account.role == "member":
                self._accounts[account_id] = replace(account, gym_id=gym_id)

    def use_up(self, code_hash: str) -> None:
        self._check(code_hash, "invitation")
        del self._codes[code_hash]

    def reset(self, code_hash: str, account_id: str, password_hash: str) -> None:
        self._check(code_hash, "reset")
        del self._codes[code_hash]
        self.change_password(account_id, password_hash)
        self.end_sessions(account_id)
        self._tokens = {
            key: one for key, one in self._tokens.items() if one.account_id != account_id
        }

    def change_password(self, account_id: str, password_hash: str) -> None:
        account = self._accounts[account_id]
        self._accounts[account_id] = replace(account, password_hash=password_hash)

    def add_session(self, session: AccountSession, now_ms: int) -> None:
        self._sessions = {
            key: one
            for key, one in self._sessions.items()
            if one.account_id != session.account_id or one.expires_at_ms > now_ms
        }
        self._sessions[session.token_hash] = session

    async def session(
        self, token_hash: str
    ) -> tuple[AccountSession, Account, Member | None] | None:
        found = self._sessions.get(token_hash)
        return None if found is None else (found, *self._with_member(found.account_id))

    def end_session(self, token_hash: str) -> None:
        self._sessions.pop(token_hash, None)

    def end_sessions(self, account_id: str) -> None:
        self._sessions = {
            key: one for key, one in self._sessions.items() if one.account_id != account_id
        }

    def add_token(self, token: AccessToken) -> None:
        self._tokens[token.token_hash] = token

    async def token(self, token_hash: str) -> tuple[AccessToken, Account, Member | None] | None:
        found = self._tokens.get(token_hash)
        return None if found is None else (found, *self._with_member(found.account_id))

    def tokens(self, account_id: str) -> list[AccessToken]:
        found = [one for one in self._tokens.values() if one.account_id == account_id]
        return sorted(found, key=lambda one: (one.created_at_ms, one.token_id))

    def end_token(self, account_id: str, token_id: str) -> bool:
        for key, one in self._tokens.items():
            if (one.account_id, one.token_id) == (account_id, token_id):
                del self._tokens[key]
                return True
        return False

    def add_code(self, code: OneTimeCode, now_ms: int) -> None:
        self._codes = {
            key: one for key, one in self._codes.items() if not _is_outdated(one, code, now_ms)
        }
        self._codes[code.code_hash] = code

    def code(self, code_hash: str) -> OneTimeCode | None:
        return self._codes.get(code_hash)

    def forget_member(self, member_id: str) -> None:
        """Do as an erasure would."""
        for account in list(self._accounts.values()):
            if account.member_id == member_id:
                self.end_sessions(account.account_id)
                for token in self.tokens(account.account_id):
                    self.end_token(account.account_id, token.token_id)
                del self._accounts[account.account_id]

    def _with_member(self, account_id: str) -> tuple[Account, Member | None]:
        account = self._accounts[account_id]
        member_id = account.member_id
        return account, None if member_id is None else self._members.get(member_id)

    def _check(self, code_hash: str, kind: str) -> None:
        found = self._codes.get(code_hash)
        if found is None or found.kind != kind:
            raise CodeRefusedError


def _is_outdated(kept: OneTimeCode, new: OneTimeCode, now_ms: int) -> bool:
    if kept.expires_at_ms is not None and kept.expires_at_ms <= now_ms:
        return True
    if kept.kind != new.kind:
        return False
    return new.kind == "set-up" or (new.kind == "reset" and kept.account_id == new.account_id)
