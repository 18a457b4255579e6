"""The short code of each treadmill: made once, printed as a QR code, renewed by the staff.

A code is made when it is first looked at and then stays, so that what is printed goes on working.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from backstride_gateway.domain.accounts import CODE_ALPHABET
from backstride_gateway.domain.treadmill_codes import CODE_CHARACTERS, normal_treadmill_code
from backstride_gateway.ports import Clock
from backstride_shared.identity import TreadmillKey

_TRIES: Final = 20


class UnknownTreadmillCodeError(Exception):
    """No treadmill has this code."""


class TreadmillCodeTakenError(Exception):
    """Another treadmill has this code."""


class TreadmillCodeStore(Protocol):
    """Codes of treadmills; every method may raise StoreUnavailableError."""

    def of(self, treadmills: Sequence[str]) -> dict[str, str]:
        """Return the code of each of these treadmills that has one."""
        ...

    def treadmill(self, code: str) -> str | None:
        """Return the treadmill that has a code."""
        ...

    def add(self, treadmill: str, code: str, made_at_ms: int) -> None:
        """Give a code to a treadmill that has none; one that has keeps it.

        Raises:
            TreadmillCodeTakenError: when another treadmill has the code.

        """
        ...

    def forget(self, treadmill: str) -> None:
        """Let the code of a treadmill lead nowhere."""
        ...


def drawn_code() -> str:
    """Return a code drawn by lot."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS))


class TreadmillCodes:
    """Gives codes to treadmills, and finds treadmills by their codes."""

    def __init__(
        self, codes: TreadmillCodeStore, clock: Clock, draw: Callable[[], str] = drawn_code
    ) -> None:
        self._codes = codes
        self._clock = clock
        self._draw = draw

    def of(self, treadmills: Sequence[TreadmillKey]) -> dict[str, str]:
        """Return the code of each treadmill; those without one get theirs now."""
        found = self._codes.of(treadmills)
        missing = [one for one in treadmills if one not in found]
        for treadmill in missing:
            self._give(treadmill)
        # another request may have been faster: what is kept counts, not what was drawn
        return self._codes.of(treadmills) if missing else found

    def renew(self, treadmill: TreadmillKey) -> str:
        """Return another code for a treadmill; the one before leads nowhere from now on."""
        self._codes.forget(treadmill)
        return self.of([treadmill])[treadmill]

    def treadmill(self, code: str) -> TreadmillKey:
        """Return the treadmill that has a code, typed or scanned.

        Raises:
            UnknownTreadmillCodeError: when none has it.

        """
        normal = normal_treadmill_code(code)
        found = None if normal is None else self._codes.treadmill(normal)
        if found is None:
            raise UnknownTreadmillCodeError
        return TreadmillKey(found)

    def forget(self, treadmill: TreadmillKey) -> None:
        """Let the code of a treadmill lead nowhere."""
        self._codes.forget(treadmill)

    def _give(self, treadmill: TreadmillKey) -> None:
        for _ in range(_TRIES):
            try:
                self._codes.add(treadmill, self._draw(), self._clock())
            except TreadmillCodeTakenError:
                continue
            return
        raise TreadmillCodeTakenError("no free code was drawn")
