"""Passwords by argon2id; a bounded number at once, because each takes memory on purpose."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
"""OWASP's password storage cheat sheet: 19 MiB, 2 passes, 1 lane; 20 to 40 ms on one core."""
_AT_ONCE: Final = 2
_CARD_SALT: Final = b"backstride console card 1"
"""The same for all: a card must lead to its member without the member being known."""


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

    def card_hash_of(self, card: str) -> str:
        """Return a hash by which a card is found again: slow, and the same each time.

        Cards have few numbers (32 bits and more): a fast hash of all of them would be made in
        minutes, this one in years.
        """
        with self._turns:
            raw = hash_secret_raw(
                card.encode(),
                _CARD_SALT,
                time_cost=_PASSES,
                memory_cost=_MEMORY_KIB,
                parallelism=1,
                hash_len=32,
                type=Type.ID,
            )
        return raw.hex()

    def is_outdated(self, password_hash: str) -> bool:
        """See the port."""
        return self._hasher.check_needs_rehash(password_hash)
