"""What the API says of records, streaks and goals."""

from datetime import date

from pydantic import BaseModel, Field, StrictFloat

from backstride_gateway.aiming import Week
from backstride_gateway.api.models import Strict, UtcTime, utc
from backstride_gateway.api.summary_models import Sums
from backstride_gateway.domain.goals import (
    LEAST_WEEKLY_GOAL,
    MOST_WEEKLY_KCAL,
    MOST_WEEKLY_MINUTES,
    Goals,
    Progress,
)
from backstride_gateway.domain.records import PersonalRecord, RecordKind
from backstride_gateway.domain.streaks import Streak
from backstride_gateway.history import MemberStreaks


class RecordView(BaseModel):
    """A personal record, and the session that holds it."""

    kind: RecordKind
    value: float = Field(description="In the unit that the kind ends with")
    session_id: str
    started_at: UtcTime


class RecordList(BaseModel):
    """All personal records; what was never done has none."""

    records: list[RecordView]

    @classmethod
    def of(cls, found: list[PersonalRecord]) -> "RecordList":
        """Return records as the API tells them."""
        return cls(
            records=[
                RecordView(
                    kind=one.kind,
                    value=one.value,
                    session_id=one.session.session_id,
                    started_at=utc(one.session.started_at_ms),
                )
                for one in found
            ]
        )


class StreakView(BaseModel):
    """So many in a row."""

    current: int = Field(description="Goes on, or can still be kept up")
    longest: int

    @classmethod
    def of(cls, found: Streak) -> "StreakView":
        """Return a streak as the API tells it."""
        return cls(current=found.current, longest=found.longest)


class Streaks(BaseModel):
    """Days and ISO weeks in a row with a session."""

    time_zone: str
    days: StreakView
    weeks: StreakView

    @classmethod
    def of(cls, found: MemberStreaks) -> "Streaks":
        """Return streaks as the API tells them."""
        return cls(
            time_zone=found.zone.key,
            days=StreakView.of(found.days),
            weeks=StreakView.of(found.weeks),
        )


class GoalsBody(Strict):
    """What somebody wants to do in a week; what is left out is no goal."""

    minutes: StrictFloat | None = Field(default=None, ge=LEAST_WEEKLY_GOAL, le=MOST_WEEKLY_MINUTES)
    kcal: StrictFloat | None = Field(
        default=None, ge=LEAST_WEEKLY_GOAL, le=MOST_WEEKLY_KCAL, description="Gross"
    )
    backward_minutes: StrictFloat | None = Field(
        default=None, ge=LEAST_WEEKLY_GOAL, le=MOST_WEEKLY_MINUTES
    )

    def goals(self) -> Goals:
        """Return the goals as the domain knows them."""
        return Goals(minutes=self.minutes, kcal=self.kcal, backward_minutes=self.backward_minutes)


class ProgressView(BaseModel):
    """One goal, and what of it is done this week."""

    goal: float
    done: float
    fraction: float = Field(description="Above 1 when more is done")
    is_reached: bool

    @classmethod
    def of(cls, found: Progress | None) -> "ProgressView | None":
        """Return progress as the API tells it."""
        if found is None:
            return None
        return cls(
            goal=found.goal,
            done=found.done,
            fraction=found.fraction,
            is_reached=found.is_reached,
        )


class WeekGoals(BaseModel):
    """The goals of a week and the running ISO week; null: no such goal."""

    label: str = Field(examples=["2026-W48"])
    starts_on: date
    minutes: ProgressView | None
    kcal: ProgressView | None
    backward_minutes: ProgressView | None
    total: Sums

    @classmethod
    def of(cls, found: Week) -> "WeekGoals":
        """Return a week as the API tells it."""
        progress = found.progress
        return cls(
            label=found.week.span.label,
            starts_on=found.week.span.starts_on,
            minutes=ProgressView.of(progress.minutes),
            kcal=ProgressView.of(progress.kcal),
            backward_minutes=ProgressView.of(progress.backward_minutes),
            total=Sums.of_totals(found.week.sessions_count, found.week.totals),
        )
