"""How many requests one asker may make: so many a second, and a burst of so many at once."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

MAX_KEPT: Final = 10_000
"""Askers of about 200 B; beyond, those who asked least lately are forgotten, and begin anew."""
_MS_PER_S: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second in the long run, and how many may come at once."""

    per_s: float
    burst: int


@dataclass(slots=True)
class _Bucket:
    left: float
    at_ms: int


class TokenBuckets:
    """One bucket for each asker, of one rate; not safe for several threads at once."""

    def __init__(self, rate: Rate, max_kept: int = MAX_KEPT) -> None:
        self._rate = rate
        self._max_kept = max_kept
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        """Return how many askers are kept."""
        return len(self._buckets)

    def take(self, asker: str, now_ms: int) -> int:
        """Count a request; return how many ms are to be waited when it is one too many, else 0.

        What is refused is not counted: who waits as told gets through.
        """
        burst, per_ms = self._rate.burst, self._rate.per_s / _MS_PER_S
        bucket = self._buckets.get(asker)
        if bucket is None:
            bucket = self._buckets[asker] = _Bucket(float(burst), now_ms)
            while len(self._buckets) > self._max_kept:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(asker)
            # a clock that was set back gives nothing
            bucket.left = min(burst, bucket.left + max(0, now_ms - bucket.at_ms) * per_ms)
            bucket.at_ms = now_ms
        if bucket.left < 1.0:
            return max(1, round((1.0 - bucket.left) / per_ms))
        bucket.left -= 1.0
        return 0
