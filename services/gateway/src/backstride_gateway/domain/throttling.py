"""Slows down whoever guesses passwords or codes, without shutting anybody out for good.

Attempts are counted by address, by name, and by both together. The wait doubles with each failure
beyond what people need, up to a limit; attempts during a wait are refused and not counted. The
wait for a name alone is short, and not for addresses from which it signed in before: strangers who
guess from everywhere cannot keep its owner out.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

MAX_KEPT: Final = 10_000
"""Entries of about 200 B; beyond, the ones least lately used are forgotten."""
_FIRST_WAIT_MS: Final = 1_000
_FORGOTTEN_AFTER_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class _Limit:
    free: int
    longest_ms: int


_BOTH: Final = _Limit(free=5, longest_ms=900_000)
_ADDRESS: Final = _Limit(free=30, longest_ms=900_000)
_NAME: Final = _Limit(free=30, longest_ms=15_000)


@dataclass(slots=True)
class _Failures:
    count: int
    at_ms: int


class Throttle:
    """Failures so far; not safe for several threads at once."""

    def __init__(self, max_kept: int = MAX_KEPT) -> None:
        self._max_kept = max_kept
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def __len__(self) -> int:
        """Return how many entries are kept."""
        return len(self._failures) + len(self._known)

    def begin(self, name: str, address: str, now_ms: int) -> int:
        """Return how many ms are still to be waited; 0: try, which counts as a failure so far.

        It counts before its outcome is known, so that many attempts at once gain nothing.
        """
        keys = self._keys(name, address)
        wait_ms = max(self._wait_ms(key, limit, now_ms) for key, limit in keys)
        if wait_ms <= 0:
            for key, _ in keys:
                self._count(key, now_ms)
        return max(0, wait_ms)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of a name from an address, and know them together."""
        both = (name, address)
        self._failures.pop(both, None)
        self._failures.pop((name, ""), None)
        by_address = self._failures.get(("", address))
        if by_address is not None:
            # not all of them: signing in to one account must not pay for guessing others
            by_address.count -= 1
        self._known[both] = None
        self._known.move_to_end(both)
        while len(self._known) > self._max_kept:
            self._known.popitem(last=False)

    def _keys(self, name: str, address: str) -> list[tuple[tuple[str, str], _Limit]]:
        keys = [((name, address), _BOTH), (("", address), _ADDRESS)]
        if (name, address) not in self._known:
            keys.append(((name, ""), _NAME))
        return keys

    def _wait_ms(self, key: tuple[str, str], limit: _Limit, now_ms: int) -> int:
        failures = self._failures.get(key)
        if failures is None or failures.count < limit.free:
            return 0
        doublings = min(failures.count - limit.free, 20)
        wait_ms = min(_FIRST_WAIT_MS << doublings, limit.longest_ms)
        return failures.at_ms + wait_ms - now_ms

    def _count(self, key: tuple[str, str], now_ms: int) -> None:
        failures = self._failures.setdefault(key, _Failures(0, now_ms))
        if now_ms - failures.at_ms > _FORGOTTEN_AFTER_MS:
            failures.count = 0
        failures.count += 1
        failures.at_ms = now_ms
        self._failures.move_to_end(key)
        while len(self._failures) > self._max_kept:
            self._failures.popitem(last=False)
