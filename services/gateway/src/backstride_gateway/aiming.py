"""Weekly goals: set by a member, and how far they are this week."""

from dataclasses import dataclass

from backstride_gateway.domain.goals import Goals, WeekProgress, week_progress
from backstride_gateway.domain.sessions import PeriodSum
from backstride_gateway.goal_ports import GoalStore
from backstride_gateway.history import History
from backstride_gateway.ports import Clock


@dataclass(frozen=True, slots=True)
class Week:
    """The running week: the goals, and what of them is done."""

    goals: Goals
    week: PeriodSum
    progress: WeekProgress


class Aiming:
    """What members want to do in a week."""

    def __init__(self, goals: GoalStore, history: History, clock: Clock) -> None:
        self._goals = goals
        self._history = history
        self._clock = clock

    def week(self, member_id: str) -> Week:
        """Return a member's goals and this week's progress, in their time zone.

        Raises:
            UnknownMemberError: when there is no such member.

        """
        week = self._history.this_week(member_id)
        goals = self._goals.get(member_id)
        return Week(goals, week, week_progress(goals, week.totals))

    def change(self, member_id: str, goals: Goals) -> Week:
        """Replace a member's goals and return the week with them.

        Raises:
            UnknownMemberError: when there is no such member.

        """
        week = self._history.this_week(member_id)
        self._goals.put(member_id, goals, self._clock())
        return Week(goals, week, week_progress(goals, week.totals))
