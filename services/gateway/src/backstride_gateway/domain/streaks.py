"""Streaks: days and weeks in a row on which somebody trained."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from backstride_gateway.domain.periods import start_of

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Streak:
    """`current` goes on today, or can still be kept up; `longest` of all time."""

    current: int
    longest: int


def day_streak(days: Iterable[date], today: date) -> Streak:
    """Return the streak of days with a session; today need not have one yet."""
    return _streak(set(days), today, _DAY)


def week_streak(days: Iterable[date], today: date) -> Streak:
    """Return the streak of ISO weeks with a session; this week need not have one yet."""
    return _streak({start_of("week", day) for day in days}, start_of("week", today), _WEEK)


def _streak(marks: set[date], now: date, step: timedelta) -> Streak:
    longest = run = 0
    last: date | None = None
    for mark in sorted(marks):
        run = run + 1 if last is not None and mark - last == step else 1
        longest = max(longest, run)
        last = mark
    goes_on = last is not None and last >= now - step
    return Streak(run if goes_on else 0, longest)
