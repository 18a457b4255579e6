"""Folds sessions again from the stored series: late readings, claims of the past, corrections.

The series is written first, then the region's rows are replaced in one transaction that also takes
the refold off the list: a crash between leaves it due, and it is done again.
"""

from collections.abc import Callable
from typing import Final

import structlog

from backstride_recorder import metrics
from backstride_recorder.domain.batch import ERASURE, DueRefold
from backstride_recorder.domain.pace import RefoldPace
from backstride_recorder.domain.regions import (
    Region,
    SessionSpan,
    limit_ms,
    live_dirty_span,
    of_known_claims,
    region_of,
    widened,
    with_live,
)
from backstride_recorder.ports import Clocks, RefoldedRows, SessionStore, StoreUnavailableError
from backstride_shared.fold.refold import KnownSession, refold
from backstride_shared.fold.state import TreadmillState
from backstride_shared.series import SeriesStore, SeriesUnavailableError

log = structlog.get_logger()

TOO_LATE: Final = (
    "The single readings of this session are not kept any more, so it cannot be computed again."
)


class Refolder:
    """Works off the list of refolds that wait in the relational store."""

    def __init__(
        self,
        series: SeriesStore,
        sessions: SessionStore,
        pace: RefoldPace,
        clocks: Clocks,
    ) -> None:
        self._series = series
        self._sessions = sessions
        self._pace = pace
        self._clocks = clocks
        self._may_be_due = True

    def look_again(self) -> None:
        """Note that the list may have grown."""
        self._may_be_due = True

    def work(self, is_ours: Callable[[str], bool]) -> bool:
        """Do at most one refold of our treadmills that may run now; return whether one was done.

        While a store is away nothing is done: what is due stays due.
        """
        if not self._may_be_due:
            return False
        try:
            waiting = [one for one in self._sessions.waiting_refolds() if is_ours(one.treadmill)]
            metrics.REFOLDS_DUE.set(len(waiting))
            self._may_be_due = bool(waiting)
            began_at_s = self._clocks.monotonic_s()
            due = self._pace.choose([one.due for one in waiting if one.is_ready], began_at_s)
            state = None if due is None else self._sessions.state(due.treadmill)
            if due is None or state is None:
                return False
            with metrics.REFOLD_SECONDS.time():
                self._fold(due, state)
        except (SeriesUnavailableError, StoreUnavailableError) as error:
            log.warning("refold put off, a store is away", error=str(error))
            return False
        metrics.REFOLDS.inc()
        self._pace.ended(due.treadmill, began_at_s, self._clocks.monotonic_s())
        return True

    def fold_beside(self, due: DueRefold) -> None:
        """Fold again the sessions beside what was erased.

        Raises:
            SeriesUnavailableError, StoreUnavailableError: nothing may be assumed done.

        """
        state = self._sessions.state(due.treadmill)
        if state is not None:
            self._fold(due, state)

    def _fold(self, due: DueRefold, state: TreadmillState) -> None:
        treadmill = due.treadmill
        if due.correction_id is not None and not _is_known(due, state):
            self._sessions.forget(due)
            return
        live = live_dirty_span(state)
        region, known = self._whole(due, state, live)
        if due.reason == ERASURE and not known:
            return  # nobody was beside it
        live_id = None if live is None else live.session_id
        ends_live = live_id in {one.session_id for one in known}
        points = self._series.read(treadmill, region.from_ms, region.to_ms)
        if due.may_be_old and len(points) < sum(one.readings_count for one in known):
            log.warning("not folded again", treadmill=treadmill, reason=TOO_LATE)
            if due.correction_id is not None:
                self._sessions.refuse(due, TOO_LATE)
            return
        refolded = refold(
            treadmill,
            state.claims,
            points,
            [
                KnownSession(
                    one.session_id, one.claim_id, one.started_at_ms, one.session_id == live_id
                )
                for one in known
            ],
            next_measured_at_ms=(
                None if ends_live else self._series.next_measured_at_ms(treadmill, region.to_ms)
            ),
            erased=state.erased,
        )
        for refused in self._series.write(refolded.points):
            # it was taken before with other figures, which it keeps
            log.error("point not rewritten", seq=refused.point.seq, reason=refused.reason)
        self._sessions.replace(
            due, region, RefoldedRows(refolded.sessions, state.revision, self._clocks.now_ms())
        )
        log.debug(
            "sessions folded again",
            treadmill=treadmill,
            reason=due.reason,
            sessions=len(refolded.sessions),
            points=len(points),
            points_changed=len(refolded.points),
        )

    def _whole(
        self, due: DueRefold, state: TreadmillState, live: SessionSpan | None
    ) -> tuple[Region, list[SessionSpan]]:
        """Return the region widened to whole sessions, and the sessions in it."""
        most_ms = limit_ms(state)
        region = region_of(due, state)
        claim_ids = {claim.claim_id for claim in state.claims}
        while not region.is_empty:
            spans = with_live(self._sessions.spans(due.treadmill, region), live)
            if due.may_be_old:
                spans = of_known_claims(spans, claim_ids)
            grown = widened(region, spans, most_ms)
            if grown == region:
                return region, [span for span in spans if region.holds(span)]
            region = grown
        return region, []


def _is_known(due: DueRefold, state: TreadmillState) -> bool:
    """Return whether the state's claim is corrected, by this correction or by a later one."""
    return any(
        claim.claim_id == due.claim_id and claim.correction is not None for claim in state.claims
    )
