"""What is erased, and what of a batch would bring it back.

The log keeps for seven days what was sent before an erasure; a recorder that reads it again must
not store it.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from backstride_recorder.domain.batch import Batch, DueErasure


class ErasedSpan(NamedTuple):
    """[from_ms, until_ms) of a treadmill."""

    treadmill: str
    from_ms: int
    until_ms: int


class ErasedSpans:
    """All that is erased and may still be read again."""

    def __init__(self) -> None:
        self._spans: dict[str, list[ErasedSpan]] = defaultdict(list)
        # treadmill -> the end of its latest span: nearly all readings are newer
        self._latest_ms: dict[str, int] = {}

    def replace(self, spans: Iterable[ErasedSpan]) -> None:
        """Know these and no others."""
        self._spans.clear()
        self._latest_ms.clear()
        self._add(spans)

    def add(self, erasures: Iterable[DueErasure]) -> None:
        """Know these too."""
        self._add(ErasedSpan(one.treadmill, one.from_ms, one.until_ms) for one in erasures)

    def hold(self, treadmill: str, at_ms: int) -> bool:
        """Return whether what was measured at a moment is erased."""
        if at_ms >= self._latest_ms.get(treadmill, 0):
            return False
        return any(one.from_ms <= at_ms < one.until_ms for one in self._spans[treadmill])

    def strip(self, batch: Batch) -> None:
        """Take out of a batch the points that are erased, and the sessions that began so."""
        if not self._spans:
            return
        batch.points = [
            point for point in batch.points if not self.hold(point.treadmill, point.measured_at_ms)
        ]
        sessions = batch.rows.sessions
        batch.rows.sessions = {
            session_id: known
            for session_id, known in sessions.items()
            if not self.hold(known[0].treadmill, known[0].started_at_ms)
        }

    def _add(self, spans: Iterable[ErasedSpan]) -> None:
        for span in spans:
            latest_ms = self._latest_ms.get(span.treadmill, 0)
            self._latest_ms[span.treadmill] = max(latest_ms, span.until_ms)
            if span not in self._spans[span.treadmill]:
                self._spans[span.treadmill].append(span)
