"""In which order readings go out, how many may be on their way, and when they are sent again.

The guarantee: readings leave in the order of the outbox, old boots first; what is not `stored` is
sent again at every reconnect and after a time without progress. Nothing here forgets a reading:
only `stored` lets the outbox drop one, and only `refused` sets one aside.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from backstride_shared.messages import MAX_READINGS_PER_MESSAGE

WINDOW_READINGS = 20_000
"""At most so many readings are on their way beyond `stored`: 80 minutes of one treadmill at 4 Hz.

Less would starve a backlog behind a slow recorder, more would make each resend longer.
"""
LIVE_INTERVAL_MS = 1000
PATIENCE_FIRST_MS = 30_000
PATIENCE_MOST_MS = 600_000
_DIGESTS_KEPT = 64
"""Refusals come from ingest within moments; one that comes later is answered by the next resend."""
_SPAN_READINGS = 250
"""What is on its way is remembered in spans of about this many, so that it stays small in RAM."""


class Position(NamedTuple):
    """Where a reading stands in its device's outbox."""

    boot_id: int
    seq: int


class Batch(NamedTuple):
    """Readings that go out as one message: the first `size` of those that were offered."""

    first: Position
    last: Position
    middle: Position
    """The first reading of the second half; of a single reading, the reading itself."""
    size: int
    after: Position | None
    """What stands before `first` in the outbox now; None when nothing does."""


class Split(NamedTuple):
    """A refused message goes out again in halves, from `first` on."""

    first: Position


class SetAside(NamedTuple):
    """A reading that was refused alone: the outbox puts it aside, the rest goes out again."""

    position: Position


@dataclass(slots=True)
class _Span:
    first: Position
    last: Position
    count: int


class Delivery:
    """The delivery of one treadmill's outbox; times are milliseconds of a monotonic clock."""

    def __init__(self) -> None:
        """Start without a connection and with everything in the outbox still to be sent."""
        self.stored: Position | None = None
        self.resent_count = 0
        self._is_connected = False
        self._cursor: Position | None = None
        self._furthest: Position | None = None
        self._spans: list[_Span] = []
        self._starts: set[Position] = set()
        self._digests: OrderedDict[bytes, Batch] = OrderedDict()
        self._is_backlog = False
        self._next_live_ms = 0
        self._progress_at_ms = 0
        self._patience_ms = PATIENCE_FIRST_MS

    @property
    def in_flight(self) -> int:
        """Readings sent and not yet `stored`; never too few, at most some 500 too many."""
        return sum(span.count for span in self._spans)

    @property
    def sent_up_to(self) -> Position | None:
        """The last reading that need not be sent now; None: begin with the outbox's first."""
        if self._cursor is None or self.stored is None:
            return self._cursor or self.stored
        return max(self._cursor, self.stored)

    def connect(self, now_ms: int) -> None:
        """Begin again behind `stored`: what was on its way may have been lost with the link."""
        self._is_connected = True
        self._rewind()
        self._progress_at_ms = now_ms

    def disconnect(self) -> None:
        """Send nothing until `connect`."""
        self._is_connected = False

    def break_before(self, position: Position) -> None:
        """Let no message reach across `position`: something goes out before it."""
        self._starts.add(position)

    def rows_wanted(self, newest: Position | None, now_ms: int) -> int:
        """Return how many rows behind `sent_up_to` to offer to `next_batch`; 0 when none may go.

        A backlog goes out in full messages as fast as the window allows, fresh readings in one
        message a second. Without progress for the time of patience everything goes out again.
        """
        if not self._is_connected or newest is None:
            return 0
        if self._spans and now_ms - self._progress_at_ms >= self._patience_ms:
            self._rewind()
            self._progress_at_ms = now_ms
            self._patience_ms = min(PATIENCE_MOST_MS, 2 * self._patience_ms)
        sent_up_to = self.sent_up_to
        if sent_up_to is not None and newest <= sent_up_to:
            return 0
        if now_ms < self._next_live_ms and not self._is_backlog:
            return 0
        if self.in_flight + MAX_READINGS_PER_MESSAGE > WINDOW_READINGS:
            return 0
        return MAX_READINGS_PER_MESSAGE

    def next_batch(self, offered: Sequence[Position], now_ms: int) -> Batch | None:
        """Take the next message from the outbox's rows behind `sent_up_to`; count it as sent.

        None when it is too early for a message that is not full. A message holds one boot.
        """
        if not offered:
            self._is_backlog = False
            return None
        count = self._length(offered)
        is_full = count < len(offered) or count == MAX_READINGS_PER_MESSAGE
        if not is_full and now_ms < self._next_live_ms:
            self._is_backlog = False
            return None
        self._is_backlog = is_full
        if now_ms >= self._next_live_ms:
            # a fixed beat, so that late passes do not stretch the second
            self._next_live_ms += LIVE_INTERVAL_MS
        if now_ms >= self._next_live_ms:
            self._next_live_ms = now_ms + LIVE_INTERVAL_MS
        cursor, stored = self._cursor, self.stored
        stands = cursor is not None and (stored is None or cursor > stored)
        batch = Batch(
            first=offered[0],
            last=offered[count - 1],
            middle=offered[count // 2],
            size=count,
            after=cursor if stands else None,
        )
        if self._furthest is not None and batch.first <= self._furthest:
            self.resent_count += sum(1 for each in offered[:count] if each <= self._furthest)
        self._furthest = max(batch.last, self._furthest or batch.last)
        if not self._spans:
            self._progress_at_ms = now_ms
        self._cursor = batch.last
        self._add_span(batch)
        return batch

    def remember(self, digest: bytes, batch: Batch) -> None:
        """Keep the SHA-256 of a message that goes out, to know it again when it is refused."""
        self._digests[digest] = batch
        while len(self._digests) > _DIGESTS_KEPT:
            self._digests.popitem(last=False)

    def store(self, position: Position, now_ms: int) -> bool:
        """Take note that everything up to `position` is in the stores; False when that is old."""
        if self.stored is not None and position <= self.stored:
            return False
        self.stored = position
        self._spans = [span for span in self._spans if span.last > position]
        self._starts = {start for start in self._starts if start > position}
        self._progress_at_ms = now_ms
        self._patience_ms = PATIENCE_FIRST_MS
        return True

    def refuse(self, digest: bytes) -> Split | SetAside | None:
        """Decide about a refused payload; None when it is not ours, or settled meanwhile.

        The caller does what is returned, then calls `resume_after`.
        """
        batch = self._digests.pop(digest, None)
        if batch is None or (self.stored is not None and batch.last <= self.stored):
            return None
        if batch.size == 1:
            return SetAside(batch.first)
        if any(batch.first < start <= batch.last for start in self._starts):
            return None
        self._starts.add(batch.first)
        self._starts.add(batch.middle)
        return Split(batch.first)

    def resume_after(self, before: Position | None) -> None:
        """Send again whatever stands behind `before` in the outbox; None: from its beginning.

        Messages behind a refused one were dropped on the way: their `after` was not yet there.
        """
        if before is None:
            self._rewind()
            return
        if self._cursor is None or self._cursor <= before:
            return
        self._cursor = before
        self._is_backlog = True
        self._spans = [span for span in self._spans if span.first <= before]
        if self._spans:
            self._spans[-1].last = min(before, self._spans[-1].last)

    def _rewind(self) -> None:
        self._cursor = None
        self._spans.clear()
        self._is_backlog = True

    def _length(self, offered: Sequence[Position]) -> int:
        boot_id = offered[0].boot_id
        starts = self._starts
        for index, position in enumerate(offered):
            if index and (position.boot_id != boot_id or position in starts):
                return index
            if index == MAX_READINGS_PER_MESSAGE:
                return index
        return len(offered)

    def _add_span(self, batch: Batch) -> None:
        if self._spans and self._spans[-1].count + batch.size <= _SPAN_READINGS:
            self._spans[-1].last = batch.last
            self._spans[-1].count += batch.size
        else:
            self._spans.append(_Span(batch.first, batch.last, batch.size))
