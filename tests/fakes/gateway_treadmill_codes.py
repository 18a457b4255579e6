"""The codes of treadmills in memory."""

from collections.abc import Sequence

from backstride_gateway.treadmill_codes import TreadmillCodeTakenError


class InMemoryTreadmillCodes:
    """The port `TreadmillCodeStore`."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def of(self, treadmills: Sequence[str]) -> dict[str, str]:
        return {one: self._codes[one] for one in treadmills if one in self._codes}

    def treadmill(self, code: str) -> str | None:
        found = [one for one, kept in self._codes.items() if kept == code]
        return found[0] if found else None

    def add(self, treadmill: str, code: str, made_at_ms: int) -> None:
        if treadmill in self._codes:
            return
        if code in self._codes.values():
            raise TreadmillCodeTakenError(code)
        self._codes[treadmill] = code

    def forget(self, treadmill: str) -> None:
        self._codes.pop(treadmill, None)
