"""Signing in and out, tokens for programs, and who it is that asks.

Sessions and tokens are random and kept as hashes; a password change ends all other sessions.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

import structlog

from backstride_gateway.attempts import Attempts
from backstride_gateway.domain.accounts import (
    TOKEN_PREFIX,
    AccessToken,
    Account,
    AccountSession,
    ImplausibleAccountError,
    check_password,
    normal_sign_in_name,
    secret_hash_of,
)
from backstride_gateway.domain.permissions import Caller, caller_of
from backstride_gateway.ports import AccountStore, Clock, Passwords

log = structlog.get_logger()

SESSION_MS: Final = 30 * 86_400_000
MAX_TOKENS: Final = 50
_SECRET_BYTES: Final = 32


class WrongPasswordError(Exception):
    """No account has this name and password; which of them is wrong is not told."""


class TooManyTokensError(Exception):
    """The account has as many tokens as it may have."""


class UnknownTokenError(Exception):
    """The account has no token of this id."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account with the token of its new session, which is kept nowhere else."""

    account: Account
    session_token: str


class SigningIn:
    """Ways in and out; safe to call from several threads."""

    def __init__(
        self,
        accounts: AccountStore,
        passwords: Passwords,
        attempts: Attempts,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._attempts = attempts
        self._clock = clock
        # compared with where there is no account, so that both take the same time
        self._nobodys_hash = passwords.hash_of(secrets.token_urlsafe(_SECRET_BYTES))

    def sign_in(self, sign_in_name: str, password: str, address: str) -> SignedIn:
        """Begin a session.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            WrongPasswordError: when name and password do not belong together.

        """
        try:
            name = normal_sign_in_name(sign_in_name)
        except ImplausibleAccountError:
            name = ""
        was_right = self._attempts.sign_in(name, address)
        account = self._checked(self._accounts.by_name(name), password)
        was_right()
        return self.begin_session(account)

    def begin_session(self, account: Account) -> SignedIn:
        """Sign an account in that has proven who it is."""
        token = secrets.token_urlsafe(_SECRET_BYTES)
        now_ms = self._clock()
        self._accounts.add_session(
            AccountSession(
                token_hash=secret_hash_of(token),
                account_id=account.account_id,
                created_at_ms=now_ms,
                expires_at_ms=now_ms + SESSION_MS,
            ),
            now_ms,
        )
        log.info("signed in", account_id=account.account_id)
        return SignedIn(account, token)

    async def caller_by_session(self, session_token: str) -> Caller | None:
        """Return whose session it is, None when it ended or never was."""
        found = await self._accounts.session(secret_hash_of(session_token))
        if found is None:
            return None
        session, account, member = found
        return None if session.expires_at_ms <= self._clock() else caller_of(account, member)

    async def caller_by_token(self, token: str) -> Caller | None:
        """Return whose token it is, None when it was revoked or never was."""
        found = await self._accounts.token(secret_hash_of(token))
        if found is None:
            return None
        kept, account, member = found
        return caller_of(account, member, can_write=kept.can_write, is_program=True)

    def account(self, account_id: str) -> Account | None:
        """Return an account, None when it is gone."""
        return self._accounts.get(account_id)

    def sign_out(self, session_token: str) -> None:
        """End one session."""
        self._accounts.end_session(secret_hash_of(session_token))

    def sign_out_everywhere(self, account_id: str) -> None:
        """End all sessions of an account; its tokens stay."""
        self._accounts.end_sessions(account_id)
        log.info("signed out everywhere", account_id=account_id)

    def confirm(self, account_id: str, password: str, address: str) -> None:
        """Return when somebody who is signed in gives their password once more.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            WrongPasswordError: when it is wrong.

        """
        found = self._accounts.get(account_id)
        name = "" if found is None else found.sign_in_name
        was_right = self._attempts.confirm(name, address)
        self._checked(found, password)
        was_right()

    def change_password(self, account_id: str, old: str, new: str, address: str) -> SignedIn:
        """Set another password, end all sessions, and begin a new one.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            WrongPasswordError: when the old one is wrong.
            ImplausibleAccountError: when the new one cannot be taken.

        """
        found = self._accounts.get(account_id)
        name = "" if found is None else found.sign_in_name
        was_right = self._attempts.confirm(name, address)
        account = self._checked(found, old)
        was_right()
        check_password(new, account.sign_in_name)
        self._accounts.change_password(account_id, self._passwords.hash_of(new))
        self.sign_out_everywhere(account_id)
        return self.begin_session(account)

    def make_token(self, account_id: str, name: str, *, can_write: bool) -> tuple[AccessToken, str]:
        """Return a new token and its secret, which cannot be shown again.

        Raises:
            TooManyTokensError: when the account has MAX_TOKENS.

        """
        if len(self._accounts.tokens(account_id)) >= MAX_TOKENS:
            raise TooManyTokensError(f"{MAX_TOKENS} at most: revoke one first")
        secret = TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        token = AccessToken(
            token_id=str(uuid4()),
            account_id=account_id,
            name=name,
            token_hash=secret_hash_of(secret),
            can_write=can_write,
            created_at_ms=self._clock(),
        )
        self._accounts.add_token(token)
        return token, secret

    def tokens(self, account_id: str) -> list[AccessToken]:
        """Return an account's tokens, oldest first."""
        return self._accounts.tokens(account_id)

    def revoke_token(self, account_id: str, token_id: str) -> None:
        """End a token.

        Raises:
            UnknownTokenError: when the account has none of this id.

        """
        if not self._accounts.end_token(account_id, token_id):
            raise UnknownTokenError(token_id)

    def _checked(self, account: Account | None, password: str) -> Account:
        kept = self._nobodys_hash if account is None else account.password_hash
        is_right = self._passwords.is_right(kept, password)
        if account is None or not is_right:
            raise WrongPasswordError
        if self._passwords.is_outdated(kept):
            renewed = self._passwords.hash_of(password)
            self._accounts.change_password(account.account_id, renewed)
            return replace(account, password_hash=renewed)
        return account
