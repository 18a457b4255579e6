"""A member's past: sessions page by page, one session with its series, sums over periods."""

import asyncio
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from backstride_gateway.domain.activity import moments_of_minutes
from backstride_gateway.domain.aggregation import (
    MAX_POINTS,
    SeriesSlice,
    aggregate,
    automatic_resolution_s,
)
from backstride_gateway.domain.fitness import (
    CALIBRATION_MS,
    EffectiveVo2max,
    effective_vo2max,
    totals_of,
)
from backstride_gateway.domain.members import Member, wearer_of
from backstride_gateway.domain.minutes import MINUTE_S, slices_of_moments
from backstride_gateway.domain.periods import (
    Period,
    days_before,
    default_first_on,
    local_date,
    local_midnight_ms,
    local_year,
    midnight_after_ms,
    spans,
)
from backstride_gateway.domain.records import PersonalRecord, records_of
from backstride_gateway.domain.sessions import (
    ALL_SESSIONS,
    PeriodSum,
    PreviousSum,
    PurposeSum,
    SessionFilter,
    SessionRecord,
    previous_sum,
    sum_by_period,
    sum_by_purpose,
    sum_of,
)
from backstride_gateway.domain.streaks import Streak, day_streak, week_streak
from backstride_gateway.gym_view import SessionsOfGym
from backstride_gateway.kept_summaries import KeptResults, are_equal
from backstride_gateway.membership import Membership
from backstride_gateway.ports import Clock, SeriesReader, SessionCursor, SessionHistory
from backstride_shared.energy import EnergyTotals

MAX_PAGE: Final = 100
# with its part of the answer: 4 KiB, where a session has 1.3
_PERIOD_SIZE: Final = 3


class UnknownSessionError(Exception):
    """No session has this id."""


class TooManyPointsError(Exception):
    """The resolution asked for would make more points than a request may cost."""


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One page; `next_cursor` None: there is no older session."""

    sessions: list[SessionRecord]
    next_cursor: SessionCursor | None


@dataclass(frozen=True, slots=True)
class SessionSeries:
    """A session's readings drawn together to slices of `resolution_s`.

    With `is_from_minutes`, the readings are gone, and the minutes kept for longer stand in.
    """

    session: SessionRecord
    resolution_s: int
    slices: list[SeriesSlice]
    is_from_minutes: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """A member's sums by period and altogether."""

    period: Period
    zone: ZoneInfo
    first_on: date
    last_on: date
    periods: list[PeriodSum]
    sessions_count: int
    totals: EnergyTotals
    # the sums of each purpose, of sessions without one at None
    by_purpose: dict[str | None, PurposeSum]
    # of as many periods just before; None where there is nothing before
    previous: PreviousSum | None

    @property
    def size(self) -> int:
        """Return what it takes in memory, in sessions; never nothing."""
        before = 0 if self.previous is None else self.previous.sessions_count
        return self.sessions_count + before + _PERIOD_SIZE * len(self.periods)


@dataclass(frozen=True, slots=True)
class MemberStreaks:
    """Days and weeks in a row, in a time zone."""

    zone: ZoneInfo
    days: Streak
    weeks: Streak


class History:
    """What members ask of their past."""

    def __init__(
        self,
        membership: Membership,
        sessions: SessionHistory,
        series: SeriesReader,
        clock: Clock,
    ) -> None:
        self._membership = membership
        self._sessions = sessions
        self._series = series
        self._clock = clock
        self._gym_id: str | None = None
        self._kept: KeptResults[list[SessionRecord], Summary] = KeptResults(
            are_equal, lambda summary: summary.size
        )

    def within(self, gym_id: str | None) -> "History":
        """Return the past as a gym may see it, what was done there; None: all of it."""
        if gym_id is None:
            return self
        confined = copy(self)
        confined._sessions = SessionsOfGym(self._sessions, gym_id)  # noqa: SLF001  our own copy
        confined._gym_id = gym_id  # noqa: SLF001
        return confined

    def page(
        self,
        member_id: str,
        before: SessionCursor | None,
        limit: int,
        wanted: SessionFilter = ALL_SESSIONS,
    ) -> SessionPage:
        """Return up to `limit` sessions of a member, newest first.

        Raises:
            UnknownMemberError: when there is no such member.

        """
        self._membership.get(member_id)
        found = self._sessions.page(member_id, before, limit + 1, wanted)
        if len(found) <= limit:
            return SessionPage(found, None)
        last = found[limit - 1]
        return SessionPage(found[:limit], SessionCursor(last.started_at_ms, last.session_id))

    def session(self, session_id: str) -> SessionRecord:
        """Return one session.

        Raises:
            UnknownSessionError: when there is none of that id.

        """
        session = self._sessions.get(session_id)
        if session is None:
            raise UnknownSessionError(session_id)
        return session

    def series(self, session_id: str, resolution_s: int | None) -> SessionSeries:
        """Return a session's readings; without a resolution, one that makes some 300 points.

        Where they are gone, its minutes, whatever the resolution asked for.

        Raises:
            UnknownSessionError: when there is no such session.
            TooManyPointsError: when the resolution makes more than MAX_POINTS.
            SeriesUnavailableError: when the series store cannot be read now.

        """
        session = self.session(session_id)
        duration_ms = session.last_reading_at_ms - session.started_at_ms
        step_s = automatic_resolution_s(duration_ms) if resolution_s is None else resolution_s
        if duration_ms > MAX_POINTS * step_s * 1000:
            raise TooManyPointsError(
                f"{duration_ms // 1000} s at {step_s} s make more than {MAX_POINTS} points; "
                f"ask for a resolution_s of {-(-duration_ms // (MAX_POINTS * 1000))} or more"
            )
        points = self._series.read(
            session.treadmill, session.started_at_ms, session.last_reading_at_ms
        )
        if not points and session.totals.readings:
            minutes = self._series.read_minutes(
                session.treadmill, session.started_at_ms, session.last_reading_at_ms
            )
            if minutes:
                slices = slices_of_moments(moments_of_minutes(session, minutes))
                return SessionSeries(session, MINUTE_S, list(slices), is_from_minutes=True)
        return SessionSeries(
            session, step_s, list(aggregate(points, session.started_at_ms, step_s))
        )

    async def summary(
        self,
        member_id: str,
        period: Period,
        zone: ZoneInfo,
        first_on: date | None,
        last_on: date | None,
        purpose: str | None = None,
    ) -> Summary:
        """Return sums by period; the range is by default that of the latest periods.

        A running session counts with what it has so far. With a purpose, only its sessions count.

        Raises:
            PeriodRangeError: when the range is empty or too long.

        """
        last_on = local_date(self._clock(), zone) if last_on is None else last_on
        ever: list[SessionRecord] | None = None
        if first_on is None and period == "all":
            ever = await self._sessions.kept_between(member_id, 0, midnight_after_ms(last_on, zone))
            first_on = local_date(ever[0].started_at_ms, zone) if ever else last_on
        elif first_on is None:
            first_on = default_first_on(period, last_on)
        periods = spans(period, first_on, last_on, zone)
        before = days_before(period, periods)
        from_ms = periods[0].from_ms if before is None else local_midnight_ms(before[0], zone)
        if ever is None:
            ever = await self._sessions.kept_between(member_id, from_ms, periods[-1].until_ms)
        sessions = ever if purpose is None else [one for one in ever if one.purpose == purpose]
        key = (member_id, self._gym_id, period, zone.key, first_on, last_on, purpose)

        def make(old: Summary | None) -> Summary:
            sums = sum_by_period(sessions, periods, () if old is None else old.periods)
            count, totals = sum_of(sums)
            inside = [one for one in sessions if one.started_at_ms >= periods[0].from_ms]
            return Summary(
                period,
                zone,
                first_on,
                last_on,
                sums,
                count,
                totals,
                sum_by_purpose(inside, {} if old is None else old.by_purpose),
                None if before is None else previous_sum(*before, sessions, periods[0].from_ms),
            )

        return await self._kept.of(key, sessions, make)

    async def records(self, member_id: str) -> list[PersonalRecord]:
        """Return a member's personal records."""
        sessions = await self._sessions.kept_between(member_id, 0, self._clock() + 1)
        return await asyncio.to_thread(records_of, sessions)

    async def streaks(self, member_id: str, zone: ZoneInfo) -> MemberStreaks:
        """Return days and weeks in a row with a session, in a time zone."""
        now_ms = self._clock()
        sessions = await self._sessions.kept_between(member_id, 0, now_ms + 1)

        def made() -> MemberStreaks:
            today = local_date(now_ms, zone)
            days = {local_date(session.started_at_ms, zone) for session in sessions}
            return MemberStreaks(zone, day_streak(days, today), week_streak(days, today))

        return await asyncio.to_thread(made)

    def this_week(self, member_id: str) -> PeriodSum:
        """Return the sums of the running ISO week in the member's zone.

        Raises:
            UnknownMemberError: when there is no such member.

        """
        zone = ZoneInfo(self._membership.get(member_id).profile.time_zone)
        today = local_date(self._clock(), zone)
        week = spans("week", today, today, zone)
        sessions = self._sessions.between(member_id, week[0].from_ms, week[0].until_ms)
        return sum_by_period(sessions, week)[0]

    def effective_vo2max(self, member: Member) -> EffectiveVo2max:
        """Return the VO2max that a claim made now would count with, and why."""
        now_ms = self._clock()
        season = self._sessions.between(member.member_id, now_ms - CALIBRATION_MS, now_ms)
        profile = member.profile
        wearer = wearer_of(profile, local_year(now_ms, profile.time_zone), 0.0)
        if not profile.is_heart_rate_used:
            return EffectiveVo2max(None, None, "the heart rate is not used, as the profile says")
        return effective_vo2max(
            wearer, totals_of(season), may_calibrate=profile.is_calibration_allowed
        )

    def lifetime_backward_minutes(self, member_id: str) -> float:
        """Return a member's minutes of backward gait on record."""
        return self._sessions.backward_minutes(member_id, self._clock())
