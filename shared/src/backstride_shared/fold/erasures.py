"""Erased intervals of a treadmill: what was measured in them belongs to nobody and goes nowhere.

They outlive the claims: a reading may be measured seven days before it is received, the log keeps
it seven days, a dead letter that holds it thirty.
"""

from collections.abc import Sequence
from typing import Final

from backstride_shared.fold.sessions import idle_ms
from backstride_shared.fold.state import ErasedInterval
from backstride_shared.fold.timeline import ENDLESS_MS
from backstride_shared.frames import FrameReading

ERASED_KEPT_MS: Final = 45 * 24 * 3600 * 1000
"""The log's 7 days, 7 days of a reading on its way, 30 days of a dead letter, and one to spare."""


def end_of_erased(interval: ErasedInterval) -> int:
    """Return the first moment that is not erased: the limit, or where the session stood idle."""
    return min(interval.until_ms, interval.active_at_ms + idle_ms(interval.claim_id) + 1)


def without_erased(
    intervals: Sequence[ErasedInterval], readings: Sequence[FrameReading]
) -> list[FrameReading]:
    """Return the readings outside all erased intervals, in their order.

    A moving reading in an interval carries it on, as it would have carried on the session: what
    an erased member still had in the outbox of a treadmill without a link is erased too.
    """
    kept: list[FrameReading] = []
    for reading in readings:
        at_ms = reading.measured_at_ms
        for interval in intervals:
            if interval.from_ms <= at_ms < end_of_erased(interval):
                if reading.speed_m_per_s > 0.0 and reading.is_present is not False:
                    interval.active_at_ms = max(interval.active_at_ms, at_ms)
                break
        else:
            kept.append(reading)
    return kept


def first_cut_ms(intervals: Sequence[ErasedInterval], after_ms: int) -> int:
    """Return where the first erased interval after a moment begins; ENDLESS_MS when none does.

    No session reaches over it: somebody else held the treadmill.
    """
    return min((one.from_ms for one in intervals if one.from_ms > after_ms), default=ENDLESS_MS)


def kept_intervals(intervals: list[ErasedInterval], now_ms: int) -> list[ErasedInterval]:
    """Return the intervals that something may still try to fill."""
    return [one for one in intervals if one.until_ms >= now_ms - ERASED_KEPT_MS]
