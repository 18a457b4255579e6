"""Codes that let somebody in once: the owner, who is invited, who forgot a password.

Every code is random, shown once and kept as a hash.
"""

import secrets

from backstride_gateway.attempts import Attempts
from backstride_gateway.domain.accounts import (
    CODE_ALPHABET,
    CODE_CHARACTERS,
    CodeKind,
    OneTimeCode,
    Role,
    code_hash_of,
    grouped_code,
)
from backstride_gateway.ports import AccountStore, Clock, CodeRefusedError


def new_code() -> str:
    """Return a random code of 80 bits, grouped for people."""
    return grouped_code("".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS)))


class OneTimeCodes:
    """Makes and finds codes; safe to call from several threads."""

    def __init__(self, accounts: AccountStore, attempts: Attempts, clock: Clock) -> None:
        self._accounts = accounts
        self._attempts = attempts
        self._clock = clock

    def open_set_up(self, code: str | None) -> str:
        """Keep the set-up code, a new one where none is given, and return it."""
        code = new_code() if code is None else code
        self._accounts.add_code(
            OneTimeCode(code_hash=code_hash_of(code), kind="set-up"), self._clock()
        )
        return code

    def new(
        self,
        kind: CodeKind,
        lifetime_ms: int,
        *,
        gym_id: str | None = None,
        role: Role | None = None,
        member_id: str | None = None,
        account_id: str | None = None,
    ) -> tuple[str, int]:
        """Return a new code, and when it runs out."""
        code = new_code()
        now_ms = self._clock()
        expires_at_ms = now_ms + lifetime_ms
        self._accounts.add_code(
            OneTimeCode(
                code_hash=code_hash_of(code),
                kind=kind,
                gym_id=gym_id,
                role=role,
                member_id=member_id,
                account_id=account_id,
                expires_at_ms=expires_at_ms,
            ),
            now_ms,
        )
        return code, expires_at_ms

    def found(self, code: str, kind: CodeKind) -> OneTimeCode:
        """Return what is kept of a code.

        Raises:
            CodeRefusedError: when it is unknown, used or out of date.

        """
        found = self._accounts.code(code_hash_of(code))
        if found is None or found.kind != kind:
            raise CodeRefusedError
        if found.expires_at_ms is not None and found.expires_at_ms <= self._clock():
            raise CodeRefusedError
        return found

    def checked(self, code: str, kind: CodeKind, address: str) -> OneTimeCode:
        """Return what is kept of a code that somebody at an address gives.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            CodeRefusedError: when the code is unknown, used or out of date.

        """
        was_right = self._attempts.use_code(address)
        found = self.found(code, kind)
        was_right()
        return found
