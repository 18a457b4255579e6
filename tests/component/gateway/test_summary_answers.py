"""Of a summary that changed only what changed is made and written: it reads as if made whole."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backstride_gateway.api.summary_answers import SummaryAnswer, SummaryAnswers
from backstride_gateway.api.summary_models import MemberSummary
from backstride_gateway.domain.periods import Period
from backstride_gateway.domain.sessions import SessionRecord
from backstride_gateway.history import History, Summary
from tests.component.gateway.desk import Desk
from tests.factories.session_records import session_record

DAY_MS: Final = 86_400_000
FIRST_ON: Final = date(2026, 11, 2)
LAST_ON: Final = date(2026, 11, 15)
BEGIN_MS: Final = round(datetime(2026, 10, 19, 12, tzinfo=UTC).timestamp() * 1000)
PERIODS: Final[tuple[Period, ...]] = ("day", "week", "month", "all")
UTC_ZONE: Final = ZoneInfo("UTC")
PURPOSES: Final = (None, "training", "rehabilitation")


class Sessions:
    """What a store has of one member, as a test changes it."""

    def __init__(self) -> None:
        self.rows: dict[int, SessionRecord] = {}

    async def kept_between(
        self, member_id: str, from_ms: int, until_ms: int
    ) -> list[SessionRecord]:
        assert member_id == "m"
        found = sorted(self.rows.values(), key=lambda one: (one.started_at_ms, one.session_id))
        return [one for one in found if from_ms <= one.started_at_ms < until_ms]

    def change(self, number: int, day: int, backward_s: int, purpose: str | None) -> None:
        """Put a session in, or another in its place; on day 0 it is deleted."""
        if day == 0:
            self.rows.pop(number, None)
            return
        started_at_ms = BEGIN_MS + day * DAY_MS + number
        made = session_record(f"s{number}", started_at_ms, backward_s=backward_s)
        self.rows[number] = replace(made, purpose=purpose)


def history_of(sessions: Sessions) -> History:
    desk = Desk()
    return History(desk.membership, sessions, desk.series, desk.clock)  # type: ignore[arg-type]


class Asked:
    """A gateway that keeps what it made."""

    def __init__(self, sessions: Sessions) -> None:
        self.history = history_of(sessions)
        self.answers = SummaryAnswers()

    async def ask(
        self, period: Period, purpose: str | None = None
    ) -> tuple[Summary, SummaryAnswer]:
        found = await self.history.summary("m", period, UTC_ZONE, FIRST_ON, LAST_ON, purpose)
        return found, await self.answers.of("m", found, purpose)


changes = st.tuples(
    st.integers(0, 5), st.integers(0, 27), st.integers(0, 600), st.sampled_from(PURPOSES)
)


@given(
    st.lists(
        st.tuples(changes, st.sampled_from(PERIODS), st.sampled_from(PURPOSES)),
        min_size=2,
        max_size=12,
    )
)
async def test_whatever_changes_it_is_the_answer_of_a_gateway_that_never_saw_what_was_before(
    steps: list[tuple[tuple[int, int, int, str | None], Period, str | None]],
) -> None:
    sessions = Sessions()
    kept = Asked(sessions)
    for change, period, purpose in steps:
        sessions.change(*change)
        found, answer = await kept.ask(period, purpose)
        fresh_found, fresh = await Asked(sessions).ask(period, purpose)
        assert found == fresh_found
        assert (answer.body, answer.etag) == (fresh.body, fresh.etag)


async def test_what_did_not_change_is_neither_summed_nor_written_again() -> None:
    sessions = Sessions()
    for number in range(6):
        sessions.change(number, 14 + number, 60, "training")
    kept = Asked(sessions)
    before, answer_before = await kept.ask("day")
    sessions.change(5, 19, 120, "training")
    after, answer_after = await kept.ask("day")
    same = [old is new for old, new in zip(before.periods, after.periods, strict=True)]
    assert same == [True] * 5 + [False] + [True] * 8
    written = [
        answer_before.written.get(id(one)) is answer_after.written[id(one)] for one in after.periods
    ]
    assert written == same
    assert answer_after.etag != answer_before.etag


async def test_an_answer_is_what_the_api_says_that_it_is() -> None:
    sessions = Sessions()
    for number, day in enumerate((3, 15, 15, 20, 27)):
        sessions.change(number, day, 60 * number, PURPOSES[number % 3])
    for period in PERIODS:
        found, answer = await Asked(sessions).ask(period)
        told = MemberSummary.model_validate_json(answer.body, strict=True)
        assert told.model_dump_json().encode() == answer.body
        assert [one.label for one in told.periods] == [one.span.label for one in found.periods]
        assert told.total.energy.gross_kcal == found.totals.gross_kcal
        assert {one.purpose for one in told.by_purpose} == set(found.by_purpose)
        assert (told.previous is None) == (period == "all")


async def test_who_asks_again_gets_the_same_answer_without_making_it() -> None:
    sessions = Sessions()
    sessions.change(1, 15, 60, None)
    kept = Asked(sessions)
    (first, answer), (second, again) = await kept.ask("week"), await kept.ask("week")
    assert first is second
    assert answer is again


async def test_a_summary_takes_as_much_as_its_periods_and_sessions() -> None:
    sessions = Sessions()
    for number in range(6):
        sessions.change(number, 11 + number, 60, "training")
    kept = Asked(sessions)
    sizes = {period: (await kept.ask(period))[0].size for period in PERIODS}
    # of `all` there is nothing before; of the others one session at least began just before
    assert sizes["all"] == 3 + 3
    assert sizes["week"] == 3 * 2 + 6
    assert sizes["day"] == 3 * 14 + 6
