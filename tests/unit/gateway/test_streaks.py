from datetime import date, timedelta

import pytest

from backstride_gateway.domain.streaks import Streak, day_streak, week_streak

TODAY = date(2026, 11, 27)  # a Friday


def days(*back: int) -> list[date]:
    return [TODAY - timedelta(days=one) for one in back]


@pytest.mark.parametrize(
    ("back", "streak"),
    [
        ((), Streak(0, 0)),
        ((0,), Streak(1, 1)),
        ((1,), Streak(1, 1)),
        ((2,), Streak(0, 1)),
        ((0, 1, 2), Streak(3, 3)),
        ((1, 2, 5, 6, 7, 8), Streak(2, 4)),
        ((0, 0, 1), Streak(2, 2)),
    ],
)
def test_days_in_a_row(back: tuple[int, ...], streak: Streak) -> None:
    assert day_streak(days(*back), TODAY) == streak


@pytest.mark.parametrize(
    ("back", "streak"),
    [
        ((0, 3), Streak(1, 1)),
        ((4, 11), Streak(2, 2)),
        ((5,), Streak(1, 1)),
        ((12, 19, 26), Streak(0, 3)),
        ((0, 7, 21, 28, 35), Streak(2, 3)),
    ],
)
def test_weeks_in_a_row(back: tuple[int, ...], streak: Streak) -> None:
    assert week_streak(days(*back), TODAY) == streak


def test_weeks_go_on_over_the_end_of_a_year() -> None:
    found = week_streak(
        [date(2026, 12, 28), date(2027, 1, 4), date(2027, 1, 17)], date(2027, 1, 18)
    )

    assert found == Streak(3, 3)
