"""What was done in a gym, without names: only of those who agreed, and only where they are many.

A sum of few people tells about each of them; below MIN_MEMBERS nothing is told.
"""

from dataclasses import dataclass
from datetime import UTC, date
from typing import Final, Protocol

from backstride_gateway.domain.periods import local_date, local_midnight_ms, midnight_after_ms
from backstride_gateway.ports import Clock

MIN_MEMBERS: Final = 5
DEFAULT_DAYS: Final = 30
MAX_DAYS: Final = 3660


class StatisticsRangeError(ValueError):
    """A range of days that is empty or too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GymSum:
    """Sums of sessions in a gym; times in seconds, ways in metres, energy gross in kcal."""

    sessions_count: int = 0
    members_count: int = 0
    forward_s: float = 0.0
    backward_s: float = 0.0
    forward_m: float = 0.0
    backward_m: float = 0.0
    forward_gross_kcal: float = 0.0
    backward_gross_kcal: float = 0.0


@dataclass(frozen=True, slots=True)
class GymStatistics:
    """What may be told; `of_members` None: too few agreed, or were there."""

    first_on: date
    last_on: date
    of_members: GymSum | None
    of_nobody: GymSum


class GymSums(Protocol):
    """Sums over a gym's sessions; may raise StoreUnavailableError."""

    def of_members(self, gym_id: str, from_ms: int, until_ms: int) -> GymSum:
        """Return the sums of members who agreed, of sessions that began in [from_ms, until_ms)."""
        ...

    def of_nobody(self, gym_id: str, from_ms: int, until_ms: int) -> GymSum:
        """Return the sums of sessions that nobody claimed."""
        ...


class Statistics:
    """What staff ask of their gym as a whole."""

    def __init__(self, sums: GymSums, clock: Clock) -> None:
        self._sums = sums
        self._clock = clock

    def of(self, gym_id: str, first_on: date | None, last_on: date | None) -> GymStatistics:
        """Return what was done from one UTC day to another; by default the last 30 days.

        Raises:
            StatisticsRangeError: when the range is empty or longer than ten years.

        """
        now_ms = self._clock()
        last = local_date(now_ms, UTC) if last_on is None else last_on
        first = first_on
        if first is None:
            first = date.fromordinal(max(1, last.toordinal() - DEFAULT_DAYS + 1))
        if not 0 <= (last - first).days < MAX_DAYS:
            raise StatisticsRangeError(f"from {first} to {last} is empty or too long")
        from_ms, until_ms = local_midnight_ms(first, UTC), midnight_after_ms(last, UTC)
        members = self._sums.of_members(gym_id, from_ms, until_ms)
        return GymStatistics(
            first,
            last,
            members if members.members_count >= MIN_MEMBERS else None,
            self._sums.of_nobody(gym_id, from_ms, until_ms),
        )
