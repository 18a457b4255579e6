"""Weekly goals, and how far somebody is in the week."""

from dataclasses import dataclass
from typing import Final

from backstride_shared.energy import EnergyTotals

LEAST_WEEKLY_GOAL: Final = 1.0
"""A minute, or a kilocalorie: less is no goal, and no number could say how often it is reached."""
MOST_WEEKLY_MINUTES: Final = 7 * 24 * 60.0
MOST_WEEKLY_KCAL: Final = 50_000.0
_SECONDS_PER_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """What somebody wants to do in a week; None: no goal. `kcal` is gross."""

    minutes: float | None = None
    kcal: float | None = None
    backward_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One goal and what of it is done."""

    goal: float
    done: float

    @property
    def fraction(self) -> float:
        """Return the part of the goal that is done, above 1 when there is more."""
        return self.done / self.goal

    @property
    def is_reached(self) -> bool:
        """Return whether everything is done."""
        return self.done >= self.goal


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekProgress:
    """The progress of each goal; None where there is none."""

    minutes: Progress | None
    kcal: Progress | None
    backward_minutes: Progress | None


def week_progress(goals: Goals, totals: EnergyTotals) -> WeekProgress:
    """Return what the totals of a week are of the goals."""

    def progress(goal: float | None, done: float) -> Progress | None:
        return None if goal is None else Progress(goal, done)

    return WeekProgress(
        minutes=progress(goals.minutes, totals.moving_seconds / _SECONDS_PER_MINUTE),
        kcal=progress(goals.kcal, totals.gross_kcal),
        backward_minutes=progress(
            goals.backward_minutes, totals.backward_seconds / _SECONDS_PER_MINUTE
        ),
    )
