"""Sessions as members see them: running or over, sums over periods."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from backstride_gateway.domain.periods import PeriodSpan, index_at
from backstride_shared.energy import EnergyTotals, merge_all
from backstride_shared.fold.sessions import is_over
from backstride_shared.identity import TreadmillKey, gym_id_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session as the recorder stored it; times in ms since 1970 UTC."""

    session_id: str
    treadmill: str
    claim_id: str | None
    member_id: str | None
    purpose: str | None
    started_at_ms: int
    last_moving_at_ms: int
    last_reading_at_ms: int
    ended_at_ms: int | None
    model_version: str
    recomputed_at_ms: int | None
    is_facing_away: bool
    totals: EnergyTotals
    # when its claim was released, also where no reading came since
    released_at_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """Which sessions of a member; None leaves a condition out.

    `from_ms` and `until_ms` bound when a session began; `has_backward` asks for backward gait.
    """

    from_ms: int | None = None
    until_ms: int | None = None
    purpose: str | None = None
    treadmill: str | None = None
    gym_id: str | None = None
    has_backward: bool | None = None

    def holds(self, session: SessionRecord) -> bool:
        """Return whether a session is one of those."""
        return (
            (self.from_ms is None or session.started_at_ms >= self.from_ms)
            and (self.until_ms is None or session.started_at_ms < self.until_ms)
            and (self.purpose is None or session.purpose == self.purpose)
            and (self.treadmill is None or session.treadmill == self.treadmill)
            and (self.gym_id is None or is_in_gym(session, self.gym_id))
            and self.has_backward in (None, session.totals.backward_seconds > 0)
        )


def is_in_gym(session: SessionRecord, gym_id: str) -> bool:
    """Return whether a session was on a treadmill of a gym."""
    return gym_id_of(TreadmillKey(session.treadmill)) == gym_id


ALL_SESSIONS: Final = SessionFilter()


def ended_at_ms(session: SessionRecord, now_ms: int) -> int | None:
    """Return when a session ended, None while it runs; nobody writes "ended" by a timer.

    A session that was released, or stood still for longer than a rest, ended with its last moving
    reading.
    """
    if session.ended_at_ms is not None:
        return session.ended_at_ms
    if session.released_at_ms is not None and session.released_at_ms <= now_ms:
        return session.last_moving_at_ms
    if is_over(session.claim_id, session.last_moving_at_ms, now_ms):
        return session.last_moving_at_ms
    return None


@dataclass(frozen=True, slots=True)
class PeriodSum:
    """The sums of the sessions that began in a period."""

    span: PeriodSpan
    # the totals of each session
    parts: Sequence[EnergyTotals]
    totals: EnergyTotals

    @property
    def sessions_count(self) -> int:
        """Return how many sessions are summed up."""
        return len(self.parts)


def sum_by_period(
    sessions: Iterable[SessionRecord],
    spans: Sequence[PeriodSpan],
    before: Sequence[PeriodSum] = (),
) -> list[PeriodSum]:
    """Return the sums of each period, also of those without a session.

    A session counts, whole, where it began: a workout over midnight is one workout. Sums made
    `before`, when some of the sessions were others, are returned themselves where nothing changed.
    """
    parts: list[list[EnergyTotals]] = [[] for _ in spans]
    for session in sessions:
        index = index_at(spans, session.started_at_ms)
        if index is not None:
            parts[index].append(session.totals)
    made = {one.span: one for one in before}
    return [
        old
        if (old := made.get(span)) is not None and old.parts == some
        else PeriodSum(span, some, merge_all(some))
        for span, some in zip(spans, parts, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class PurposeSum:
    """The sums of the sessions with one purpose."""

    # the totals of each session
    parts: Sequence[EnergyTotals]
    totals: EnergyTotals

    @property
    def sessions_count(self) -> int:
        """Return how many sessions are summed up."""
        return len(self.parts)


@dataclass(frozen=True, slots=True)
class PreviousSum:
    """The sums of the sessions that began on the days before, both included."""

    first_on: date
    last_on: date
    sessions_count: int
    totals: EnergyTotals


def sum_by_purpose(
    sessions: Iterable[SessionRecord], before: Mapping[str | None, PurposeSum]
) -> dict[str | None, PurposeSum]:
    """Return the sums of each purpose, those of sessions without one at None.

    Sums made `before`, when some of the sessions were others, are returned themselves where nothing
    changed.
    """
    parts: dict[str | None, list[EnergyTotals]] = {}
    for session in sessions:
        parts.setdefault(session.purpose, []).append(session.totals)
    return {
        purpose: old
        if (old := before.get(purpose)) is not None and old.parts == some
        else PurposeSum(some, merge_all(some))
        for purpose, some in parts.items()
    }


def previous_sum(
    first_on: date, last_on: date, sessions: Iterable[SessionRecord], until_ms: int
) -> PreviousSum:
    """Return the sums of the sessions that began before `until_ms`, for the days told."""
    parts = [session.totals for session in sessions if session.started_at_ms < until_ms]
    return PreviousSum(first_on, last_on, len(parts), merge_all(parts))


def sum_of(sums: Sequence[PeriodSum]) -> tuple[int, EnergyTotals]:
    """Return number of sessions and totals of all periods."""
    return sum(one.sessions_count for one in sums), merge_all(one.totals for one in sums)
