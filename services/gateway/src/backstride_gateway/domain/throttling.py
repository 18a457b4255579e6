"""Slows down whoever guesses passwords or codes, without shutting anybody out for good.

An attempt is counted by several counters, such as by name and by address. The wait doubles with
each failure beyond what people need, up to the counter's limit; attempts during a wait are refused
and not counted. What strangers can fill makes nobody wait for long, and those who signed in from
an address before not at all: neither guessing from everywhere nor guessing from the network that
the phones of a gym share keeps others out.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_KEPT: Final = 10_000
"""Entries of about 200 B; beyond, the ones least lately used are forgotten."""
_FIRST_WAIT_MS: Final = 1_000
_FORGOTTEN_AFTER_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Limit:
    """Failures that cost nothing, and the longest wait after more.

    A success forgives all of them, or else itself only: being right once must not pay for guessing.
    """

    free: int
    longest_ms: int
    is_forgiven: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted together."""

    kind: str
    who: str
    limit: Limit


_ONES: Final = Limit(free=5, longest_ms=900_000, is_forgiven=True)
_ONES_IN_ALL: Final = Limit(free=30, longest_ms=900_000)
_NAME: Final = Limit(free=30, longest_ms=15_000, is_forgiven=True)
_ADDRESS: Final = Limit(free=30, longest_ms=30_000)
_SCANS: Final = Limit(free=100, longest_ms=30_000)
"""Of all the members who are signed in at one address; each has their own limit besides."""


def by_number(number: str) -> Sequence[Counter]:
    """Return what counts wrong PINs at consoles: each number by itself."""
    return (
        Counter("number", number, _ONES),
        Counter("number in all", number, _ONES_IN_ALL),
    )


def by_code(address: str) -> Sequence[Counter]:
    """Return what counts wrong codes of 80 random bits, which nobody guesses: the address alone."""
    return (Counter("codes of address", address, _ADDRESS),)


def by_scan(account_id: str, address: str) -> Sequence[Counter]:
    """Return what counts wrong codes of treadmills, which are short."""
    return (
        Counter("scans", account_id, _ONES),
        Counter("scans in all", account_id, _ONES_IN_ALL),
        Counter("scans of address", address, _SCANS),
    )


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

    def by_name(self, name: str, address: str, *, is_signed_in: bool = False) -> Sequence[Counter]:
        """Return what counts wrong passwords of a name from an address.

        What others do there does not concern whoever signed in from there before, or is now.
        """
        both = Counter("name at address", f"{name} {address}", _ONES)
        if (name, address) in self._known:
            return (both,)
        if is_signed_in:
            return (both, Counter("name", name, _NAME))
        return (both, Counter("name", name, _NAME), Counter("address", address, _ADDRESS))

    def know(self, name: str, address: str) -> None:
        """Remember that somebody of this name signed in from an address."""
        self._known[name, address] = None
        self._known.move_to_end((name, address))
        while len(self._known) > self._max_kept:
            self._known.popitem(last=False)

    def begin(self, counters: Sequence[Counter], now_ms: int) -> int:
        """Return how many ms are still to be waited; 0: try, which counts as a failure so far.

        It counts before its outcome is known, so that many attempts at once gain nothing.
        """
        wait_ms = max(self._wait_ms(one, now_ms) for one in counters)
        if wait_ms <= 0:
            for one in counters:
                self._count(one, now_ms)
        return max(0, wait_ms)

    def succeeded(self, counters: Sequence[Counter]) -> None:
        """Take back an attempt, and the failures before it that are forgiven."""
        for one in counters:
            key = (one.kind, one.who)
            failures = self._failures.get(key)
            if failures is None:
                continue
            failures.count -= 1
            if one.limit.is_forgiven or failures.count <= 0:
                del self._failures[key]

    def _wait_ms(self, counter: Counter, now_ms: int) -> int:
        failures, limit = self._failures.get((counter.kind, counter.who)), counter.limit
        if failures is None or failures.count < limit.free:
            return 0
        doublings = min(failures.count - limit.free, 20)
        wait_ms = min(_FIRST_WAIT_MS << doublings, limit.longest_ms)
        return failures.at_ms + wait_ms - now_ms

    def _count(self, counter: Counter, now_ms: int) -> None:
        key = (counter.kind, counter.who)
        failures = self._failures.setdefault(key, _Failures(0, now_ms))
        if now_ms - failures.at_ms > _FORGOTTEN_AFTER_MS:
            failures.count = 0
        failures.count += 1
        failures.at_ms = now_ms
        self._failures.move_to_end(key)
        while len(self._failures) > self._max_kept:
            self._failures.popitem(last=False)
