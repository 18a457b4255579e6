"""A member's past: sessions page by page, one session with its series, sums over periods."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

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
from backstride_gateway.domain.periods import (
    Period,
    default_first_on,
    local_date,
    local_year,
    spans,
)
from backstride_gateway.domain.sessions import PeriodSum, SessionRecord, sum_by_period, sum_of
from backstride_gateway.membership import Membership
from backstride_gateway.ports import Clock, SeriesReader, SessionCursor, SessionHistory
from backstride_shared.energy import EnergyTotals

MAX_PAGE: Final = 100


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
    """A session's readings drawn together to slices of `resolution_s`."""

    session: SessionRecord
    resolution_s: int
    slices: list[SeriesSlice]


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

    def page(self, member_id: str, before: SessionCursor | None, limit: int) -> SessionPage:
        """Return up to `limit` sessions of a member, newest first.

        Raises:
            UnknownMemberError: when there is no such member.

        """
        self._membership.get(member_id)
        found = self._sessions.page(member_id, before, limit + 1)
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
        return SessionSeries(
            session, step_s, list(aggregate(points, session.started_at_ms, step_s))
        )

    def summary(
        self,
        member_id: str,
        period: Period,
        zone: ZoneInfo | None,
        first_on: date | None,
        last_on: date | None,
    ) -> Summary:
        """Return sums by period; zone and range by default: the member's, the latest periods.

        A running session counts with what it has so far.

        Raises:
            UnknownMemberError: when there is no such member.
            PeriodRangeError: when the range is empty or too long.

        """
        member = self._membership.get(member_id)
        zone = ZoneInfo(member.profile.time_zone) if zone is None else zone
        last_on = local_date(self._clock(), zone) if last_on is None else last_on
        first_on = default_first_on(period, last_on) if first_on is None else first_on
        periods = spans(period, first_on, last_on, zone)
        sessions = self._sessions.between(member_id, periods[0].from_ms, periods[-1].until_ms)
        sums = sum_by_period(sessions, periods)
        count, totals = sum_of(sums)
        return Summary(period, zone, first_on, last_on, sums, count, totals)

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
