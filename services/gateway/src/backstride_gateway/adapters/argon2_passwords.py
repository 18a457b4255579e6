"""Passwords by argon2id; a bounded number at once, because each takes memory on purpose."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
"""OWASP's password storage cheat sheet: 19 MiB, 2 passes, 1 lane; 20 to 40 ms on one core."""
_AT_ONCE: Final = 2


class Argon2Passwords:
    """The port `Passwords` on argon2-cffi."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def hash_of(self, password: str) -> str:
        """See the port."""
        with self._turns:
            return self._hasher.hash(password)

    def is_right(self, password_hash: str, password: str) -> bool:
        """See the port."""
        with self._turns:
            try:
                return self._hasher.verify(password_hash, password)
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, password_hash: str) -> bool:
        """See the port."""
        return self._hasher.check_needs_rehash(password_hash)
