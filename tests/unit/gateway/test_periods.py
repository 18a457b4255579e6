from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backstride_gateway.domain.periods import (
    MAX_PERIODS,
    Period,
    PeriodRangeError,
    days_before,
    default_first_on,
    index_at,
    local_date,
    local_midnight_ms,
    spans,
)

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000
# Samoa went over the date line: this day was not in its time zone
SKIPPED_DAY = date(2011, 12, 30)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_day_begins_at_local_midnight() -> None:
    (day,) = spans("day", date(2026, 11, 23), date(2026, 11, 23), BERLIN)
    assert day.from_ms == ms("2026-11-22T23:00:00+00:00")
    assert day.until_ms == ms("2026-11-23T23:00:00+00:00")


@pytest.mark.parametrize(
    ("on", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(on: date, hours: int) -> None:
    (day,) = spans("day", on, on, BERLIN)
    assert day.until_ms - day.from_ms == hours * HOUR_MS


def test_a_day_whose_midnight_is_skipped_begins_with_the_change() -> None:
    """In Beirut clocks went from 00:00 to 01:00 on 27 March 2022: the day had 23 hours."""
    beirut = ZoneInfo("Asia/Beirut")
    (before, day) = spans("day", date(2022, 3, 26), date(2022, 3, 27), beirut)
    assert before.until_ms == day.from_ms == ms("2022-03-26T22:00:00+00:00")
    assert day.until_ms - day.from_ms == 23 * HOUR_MS


def test_a_day_whose_midnight_comes_twice_begins_with_the_first() -> None:
    """In Havana clocks go from 01:00 back to 00:00: the day has 25 hours."""
    havana = ZoneInfo("America/Havana")
    (day,) = spans("day", date(2026, 11, 1), date(2026, 11, 1), havana)
    assert day.from_ms == ms("2026-11-01T04:00:00+00:00")
    assert day.until_ms - day.from_ms == 25 * HOUR_MS


def test_weeks_are_iso_weeks_also_at_the_turn_of_the_year() -> None:
    found = spans("week", date(2026, 12, 31), date(2027, 1, 4), UTC)
    assert [(one.label, one.starts_on) for one in found] == [
        ("2026-W53", date(2026, 12, 28)),
        ("2027-W01", date(2027, 1, 4)),
    ]


def test_months_have_their_own_lengths() -> None:
    found = spans("month", date(2028, 1, 31), date(2028, 3, 1), UTC)
    assert [one.label for one in found] == ["2028-01", "2028-02", "2028-03"]
    assert (found[1].until_ms - found[1].from_ms) == 29 * 24 * HOUR_MS


def test_a_moment_after_a_skipped_day_belongs_to_the_next() -> None:
    days = spans("day", date(2011, 12, 29), date(2011, 12, 31), ZoneInfo("Pacific/Apia"))
    assert index_at(days, days[1].from_ms) == 2
    assert index_at(days, days[1].from_ms - 1) == 0


def test_a_moment_belongs_to_the_day_of_its_zone() -> None:
    at_ms = ms("2026-11-22T23:30:00+00:00")
    assert local_date(at_ms, UTC) == date(2026, 11, 22)
    assert local_date(at_ms, BERLIN) == date(2026, 11, 23)
    days = spans("day", date(2026, 11, 22), date(2026, 11, 23), BERLIN)
    assert index_at(days, at_ms) == 1
    assert index_at(days, days[0].from_ms) == 0
    assert index_at(days, days[0].from_ms - 1) is None
    assert index_at(days, days[1].until_ms) is None


@given(
    on=st.dates(date(1990, 1, 1), date(2037, 12, 1)),
    period=st.sampled_from(["day", "week", "month"]),
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Asia/Kolkata"]
    ),
)
@example(on=date(2011, 12, 1), period="day", zone="Pacific/Apia")
def test_periods_follow_each_other_without_a_gap(on: date, period: Period, zone: str) -> None:
    last_on = date.fromordinal(on.toordinal() + 40)
    found = spans(period, on, last_on, ZoneInfo(zone))
    for one, following in pairwise(found):
        assert one.until_ms == following.from_ms
        was_skipped = (zone, period, one.starts_on) == ("Pacific/Apia", "day", SKIPPED_DAY)
        assert one.from_ms < one.until_ms or was_skipped
    assert found[0].starts_on <= on
    assert len({one.label for one in found}) == len(found)


@pytest.mark.parametrize(
    ("first_on", "last_on"),
    [
        (date(2026, 1, 2), date(2026, 1, 1)),
        (date(2020, 1, 1), date(2026, 1, 1)),
        (date(9999, 12, 30), date(9999, 12, 31)),
    ],
)
def test_a_range_that_cannot_be_shown_is_refused(first_on: date, last_on: date) -> None:
    with pytest.raises(PeriodRangeError):
        spans("day", first_on, last_on, UTC)


def test_as_many_periods_as_allowed_are_shown() -> None:
    last_on = date.fromordinal(date(2026, 1, 1).toordinal() + MAX_PERIODS - 1)
    assert len(spans("day", date(2026, 1, 1), last_on, UTC)) == MAX_PERIODS


@pytest.mark.parametrize(
    ("period", "first_on"),
    [
        ("day", date(2026, 10, 25)),
        ("week", date(2026, 9, 7)),
        ("month", date(2025, 12, 1)),
        ("year", date(2022, 1, 1)),
    ],
)
def test_the_latest_periods_are_shown_by_default(period: Period, first_on: date) -> None:
    assert default_first_on(period, date(2026, 11, 23)) == first_on


def test_years_and_all_time_are_periods_too() -> None:
    years = spans("year", date(2025, 3, 4), date(2026, 1, 1), UTC)
    (whole,) = spans("all", date(2025, 3, 4), date(2026, 1, 1), UTC)

    assert [(span.label, span.starts_on) for span in years] == [
        ("2025", date(2025, 1, 1)),
        ("2026", date(2026, 1, 1)),
    ]
    assert years[0].until_ms == years[1].from_ms
    assert whole.label == "all"
    assert whole.from_ms == local_midnight_ms(date(2025, 3, 4), UTC)
    assert whole.until_ms == local_midnight_ms(date(2026, 1, 2), UTC)


@pytest.mark.parametrize(
    ("period", "first_on", "before"),
    [
        ("day", date(2026, 11, 22), (date(2026, 11, 20), date(2026, 11, 21))),
        ("week", date(2026, 11, 18), (date(2026, 11, 2), date(2026, 11, 15))),
        ("month", date(2026, 10, 5), (date(2026, 8, 1), date(2026, 9, 30))),
        ("year", date(2025, 10, 5), (date(2023, 1, 1), date(2024, 12, 31))),
        ("all", date(2025, 10, 5), None),
    ],
)
def test_as_many_periods_lie_before(
    period: Period, first_on: date, before: tuple[date, date] | None
) -> None:
    assert days_before(period, spans(period, first_on, date(2026, 11, 23), UTC)) == before


def test_nothing_lies_before_the_calendar() -> None:
    assert days_before("day", spans("day", date(1, 1, 1), date(1, 1, 2), UTC)) is None


def test_no_default_range_reaches_before_the_calendar() -> None:
    with pytest.raises(PeriodRangeError):
        default_first_on("month", date(1, 3, 1))
