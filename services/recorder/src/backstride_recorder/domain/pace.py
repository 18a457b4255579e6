"""When the next refold may run: often enough for people, seldom enough for the live stream."""

from collections.abc import Iterable
from typing import Final

from backstride_recorder.domain.batch import DueRefold

REST_PER_WORK: Final = 4.0
"""After a refold of one second four go by without one: live readings keep four fifths."""


class RefoldPace:
    """Chooses the treadmill to fold again next; times are of a monotonic clock, in seconds.

    A session that reaches back is due again with each of its messages, as long as it goes on.
    """

    def __init__(self, interval_s: float) -> None:
        """Fold the same treadmill at most once in `interval_s`."""
        self._interval_s = interval_s
        self._ended_at_s: dict[str, float] = {}
        self._rest_until_s = float("-inf")

    def choose(self, dues: Iterable[DueRefold], now_s: float) -> DueRefold | None:
        """Return what to fold now: the one which has waited longest; None when all must wait."""
        if now_s < self._rest_until_s:
            return None
        never = float("-inf")
        ready = [
            due
            for due in dues
            if now_s - self._ended_at_s.get(due.treadmill, never) >= self._interval_s
        ]
        return min(ready, key=lambda due: self._ended_at_s.get(due.treadmill, never), default=None)

    def ended(self, treadmill: str, began_at_s: float, ended_at_s: float) -> None:
        """Note that a refold ran."""
        self._ended_at_s[treadmill] = ended_at_s
        self._rest_until_s = ended_at_s + (ended_at_s - began_at_s) * REST_PER_WORK
