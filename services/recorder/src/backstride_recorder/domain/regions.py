"""How far a refold must reach, so that it folds whole sessions and no unfinished one."""

from collections.abc import Iterable
from typing import NamedTuple

from backstride_recorder.domain.batch import DueRefold
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.fold.state import TreadmillState


class SessionSpan(NamedTuple):
    """The time, the owner and the readings of a session that readers may know."""

    session_id: str
    claim_id: str | None
    started_at_ms: int
    last_reading_at_ms: int
    readings_count: int = 0


class Region(NamedTuple):
    """A stretch of one treadmill's series, both ends included."""

    from_ms: int
    to_ms: int

    @property
    def is_empty(self) -> bool:
        """Whether no moment lies in it."""
        return self.from_ms > self.to_ms

    def touches(self, span: SessionSpan) -> bool:
        """Return whether a session lies within the idle time of the region."""
        return (
            span.started_at_ms <= self.to_ms + CLAIMED_IDLE_MS
            and span.last_reading_at_ms >= self.from_ms - CLAIMED_IDLE_MS
        )

    def holds(self, span: SessionSpan) -> bool:
        """Return whether a session lies in the region as a whole."""
        return self.from_ms <= span.started_at_ms and span.last_reading_at_ms <= self.to_ms


def region_of(due: DueRefold, state: TreadmillState) -> Region:
    """Return what is due, as far as the stored state lets it be folded."""
    return Region(due.from_ms, min(due.to_ms, limit_ms(state)))


def limit_ms(state: TreadmillState) -> int:
    """Return the last moment that a fold over the series may take in.

    Points after the state's last reading are stored already, but their claims may not be.
    A live session whose sums are right is left alone: the region ends before it.
    """
    live = state.session
    if live is None or live.is_dirty:
        return state.last_measured_at_ms
    return min(live.started_at_ms - 1, state.last_measured_at_ms)


def live_dirty_span(state: TreadmillState) -> SessionSpan | None:
    """Return the live session when its sums lack what lies further back."""
    live = state.session
    if live is None or not live.is_dirty:
        return None
    return SessionSpan(live.session_id, live.claim_id, live.started_at_ms, live.last_reading_at_ms)


def with_live(spans: Iterable[SessionSpan], live: SessionSpan | None) -> list[SessionSpan]:
    """Return the rows' sessions with the live one, as far as either of the two knows it.

    Its row knows how far it reaches back, the state how far it has come.
    """
    known = {span.session_id: span for span in spans}
    if live is not None:
        row = known.get(live.session_id, live)
        known[live.session_id] = live._replace(
            started_at_ms=min(live.started_at_ms, row.started_at_ms),
            last_reading_at_ms=max(live.last_reading_at_ms, row.last_reading_at_ms),
            readings_count=row.readings_count,
        )
    return list(known.values())


def of_known_claims(spans: Iterable[SessionSpan], claim_ids: set[str]) -> list[SessionSpan]:
    """Return the sessions that may be folded again: nobody's, and those whose claim is known.

    The state lets go of a claim after seven days; a fold without it would make its session
    nobody's. Such sessions stay as they are, and no region reaches over them.
    """
    return [span for span in spans if span.claim_id is None or span.claim_id in claim_ids]


def widened(region: Region, spans: Iterable[SessionSpan], most_ms: int) -> Region:
    """Return the region with every session whole that touches it within the idle time.

    `spans` are the treadmill's sessions around the region: after it grew, ask again with those
    around the wider one. Nothing after `most_ms` is taken in.
    """
    known = [span for span in spans if span.started_at_ms <= most_ms]
    while True:
        touching = [span for span in known if region.touches(span)]
        from_ms = min([region.from_ms, *(span.started_at_ms for span in touching)])
        to_ms = max([region.to_ms, *(span.last_reading_at_ms for span in touching)])
        grown = Region(from_ms, min(to_ms, most_ms))
        if grown == region:
            return region
        region = grown
