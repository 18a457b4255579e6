"""Days, ISO weeks, months and years of a time zone, as intervals of absolute time.

A day begins at local midnight: the day on which clocks change lasts 23 or 25 hours.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

Period = Literal["day", "week", "month", "year", "all"]
"""`all` is one period that holds the whole range."""

MAX_PERIODS: Final = 400
"""A year of days and some: what a chart can show and a request may cost."""

_KEPT_CALENDARS: Final = 256
_KEPT_DAYS: Final = 8_192
"""A zone's rules are slow to follow, and all members ask for the same days."""

_DEFAULT_PERIODS: Final[dict[Period, int]] = {
    "day": 30,
    "week": 12,
    "month": 12,
    "year": 5,
    "all": 1,
}


class PeriodRangeError(ValueError):
    """The range asked for is empty, backward or too long; the text says which."""


@dataclass(frozen=True, slots=True)
class PeriodSpan:
    """One period: [from_ms, until_ms); `label` is 2026-11-23, 2026-W48, 2026-11, 2026 or all."""

    label: str
    starts_on: date
    from_ms: int
    until_ms: int


@lru_cache(maxsize=_KEPT_CALENDARS)
def spans(period: Period, first_on: date, last_on: date, zone: tzinfo) -> tuple[PeriodSpan, ...]:
    """Return the periods that touch the days from `first_on` to `last_on`, both included.

    Raises:
        PeriodRangeError: when `last_on` comes first, or more than MAX_PERIODS were asked for.

    """
    if last_on < first_on:
        raise PeriodRangeError(f"the range ends on {last_on}, before it begins on {first_on}")
    found: list[PeriodSpan] = []
    try:
        if period == "all":
            after_ms = local_midnight_ms(last_on + timedelta(days=1), zone)
            return (PeriodSpan("all", first_on, local_midnight_ms(first_on, zone), after_ms),)
        start = start_of(period, first_on)
        while start <= last_on:
            if len(found) == MAX_PERIODS:
                raise PeriodRangeError(f"more than {MAX_PERIODS} periods of a {period} asked for")
            following = _next(period, start)
            found.append(
                PeriodSpan(
                    label=_label(period, start),
                    starts_on=start,
                    from_ms=local_midnight_ms(start, zone),
                    until_ms=local_midnight_ms(following, zone),
                )
            )
            start = following
    except OverflowError:
        raise PeriodRangeError("the range lies outside the calendar") from None
    return tuple(found)


def default_first_on(period: Period, last_on: date) -> date:
    """Return the first day shown when nobody says: 30 days, 12 weeks, 12 months, 5 years back.

    Raises:
        PeriodRangeError: when that lies before the first year of the calendar.

    """
    count = _DEFAULT_PERIODS[period]
    try:
        if period == "day":
            return last_on - timedelta(days=count - 1)
        start = start_of(period, last_on)
        for _ in range(count - 1):
            start = start_of(period, start - timedelta(days=1))
    except OverflowError:
        raise PeriodRangeError("the range lies outside the calendar") from None
    return start


def days_before(period: Period, found: tuple[PeriodSpan, ...]) -> tuple[date, date] | None:
    """Return first and last day of as many periods just before these; None before the calendar.

    Of `all` there is nothing before.
    """
    if period == "all":
        return None
    start = found[0].starts_on
    try:
        last_on = start - timedelta(days=1)
        for _ in found:
            start = start_of(period, start - timedelta(days=1))
    except OverflowError:
        return None
    return start, last_on


def start_of(period: Period, on: date) -> date:
    """Return the first day of the period which `on` belongs to; weeks begin on Monday (ISO)."""
    if period == "week":
        return on - timedelta(days=on.weekday())
    if period == "year":
        return on.replace(month=1, day=1)
    return on.replace(day=1) if period == "month" else on


@lru_cache(maxsize=_KEPT_DAYS)
def local_midnight_ms(on: date, zone: tzinfo) -> int:
    """Return the moment at which a local day begins.

    Where clocks skip midnight, the day begins with the change; where midnight comes twice, with
    the first of them: both is what fold=0 says.

    Raises:
        PeriodRangeError: when that moment lies before the first year of UTC, or after the last.

    """
    local = datetime.combine(on, time.min, tzinfo=zone)
    try:
        return round(local.astimezone(UTC).timestamp() * 1000)
    except OverflowError:
        raise PeriodRangeError("the range lies outside the calendar") from None


def midnight_after_ms(on: date, zone: tzinfo) -> int:
    """Return the moment at which a local day ends.

    Raises:
        PeriodRangeError: when it is the last one of the calendar.

    """
    try:
        return local_midnight_ms(on + timedelta(days=1), zone)
    except OverflowError:
        raise PeriodRangeError("the range lies outside the calendar") from None


def local_date(at_ms: int, zone: tzinfo) -> date:
    """Return the local day of a moment."""
    return datetime.fromtimestamp(at_ms / 1000, tz=zone).date()


def local_year(at_ms: int, time_zone: str) -> int:
    """Return the local year of a moment; `time_zone` is an IANA name that exists."""
    return local_date(at_ms, ZoneInfo(time_zone)).year


def index_at(found: Sequence[PeriodSpan], at_ms: int) -> int | None:
    """Return the index of the period which a moment belongs to, None when it is in none."""
    index = bisect_right(found, at_ms, key=lambda span: span.from_ms) - 1
    return index if index >= 0 and at_ms < found[index].until_ms else None


def _next(period: Period, start: date) -> date:
    if period == "day":
        return start + timedelta(days=1)
    if period == "week":
        return start + timedelta(days=7)
    if period == "year":
        return start.replace(year=start.year + 1)
    return (start + timedelta(days=31)).replace(day=1)


def _label(period: Period, start: date) -> str:
    if period == "day":
        return start.isoformat()
    if period == "week":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02}"
    return f"{start:%Y}" if period == "year" else f"{start:%Y-%m}"
