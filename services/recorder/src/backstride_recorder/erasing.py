"""Erases what members asked to be erased: the rows at once, then the series.

The rows go in the transaction that takes the erasure in. The series follows when the stored state
knows of it, so that nothing can fill it again; then the sessions beside it are folded again. It is
looked at once more two minutes later: a task of InfluxDB, or a recorder that lost its partitions
while it was writing, may have read before what is written afterwards.
"""

from collections.abc import Callable
from typing import Final

import structlog

from backstride_recorder import metrics
from backstride_recorder.domain.batch import ERASURE, DueErasure, DueRefold
from backstride_recorder.ports import Clocks, SessionStore, StoreUnavailableError, WaitingErasure
from backstride_recorder.refolding import Refolder
from backstride_shared.series import SeriesStore, SeriesUnavailableError

log = structlog.get_logger()

SWEEP_AFTER_MS: Final = 120_000
LOOK_INTERVAL_S: Final = 10.0
"""How often an idle recorder looks whether something is to be looked at once more."""
MOST_AT_ONCE_S: Final = 1.0
"""Readings wait meanwhile; each erasure takes some milliseconds, at InfluxDB some tens of them."""


class Eraser:
    """Works off the list of erasures that wait in the relational store."""

    def __init__(
        self, series: SeriesStore, sessions: SessionStore, refolder: Refolder, clocks: Clocks
    ) -> None:
        self._series = series
        self._sessions = sessions
        self._refolder = refolder
        self._clocks = clocks
        self._look_at_s = float("-inf")

    def look_again(self) -> None:
        """Note that the list may have grown."""
        self._look_at_s = float("-inf")

    def work(self, is_ours: Callable[[str], bool]) -> bool:
        """Do some erasures of our treadmills; return whether any was done.

        While a store is away nothing is done: what is due stays due.
        """
        now_s = self._clocks.monotonic_s()
        if now_s < self._look_at_s:
            return False
        try:
            swept_before_ms = self._clocks.now_ms() - SWEEP_AFTER_MS
            waiting = [
                one
                for one in self._sessions.waiting_erasures(swept_before_ms)
                if is_ours(one.due.treadmill)
            ]
            metrics.ERASURES_DUE.set(sum(not one.is_erased for one in waiting))
            ready = [one for one in waiting if one.is_ready]
            for one in ready:
                self._erase(one)
                if self._clocks.monotonic_s() - now_s > MOST_AT_ONCE_S:
                    break
            if not waiting:
                self._look_at_s = now_s + LOOK_INTERVAL_S
            if ready:
                metrics.READINGS_DELETED.set(self._sessions.erased_points())
        except (SeriesUnavailableError, StoreUnavailableError) as error:
            log.warning("erasure put off, a store is away", error=str(error))
            return False
        return bool(ready)

    def _erase(self, waiting: WaitingErasure) -> None:
        due = waiting.due
        last_ms = due.until_ms - 1
        points_count = len(self._series.read(due.treadmill, due.from_ms, last_ms))
        # before they are gone: a crash between would let them seem to be lost
        self._sessions.note_erasure(due, points_count, is_sweep=waiting.is_erased)
        self._series.delete(due.treadmill, due.from_ms, last_ms)
        self._refolder.fold_beside(_refold_of(due))
        self._sessions.settle_erasure(due, self._clocks.now_ms(), is_sweep=waiting.is_erased)
        log.info("erased", treadmill=due.treadmill, points=points_count, again=waiting.is_erased)


def _refold_of(due: DueErasure) -> DueRefold:
    return DueRefold(due.treadmill, due.from_ms, due.until_ms - 1, ERASURE, due.revision)
