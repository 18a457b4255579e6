"""Turns a session that is over into something to take along.

Readings are read in pieces, so that a long session is never in memory reading by reading; where
they are gone, minutes stand in, and where those are gone too, the session's own sums.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from backstride_gateway.domain.activity import (
    Activity,
    Drawing,
    Moment,
    Source,
    activity_of,
    moments_of_minutes,
    moments_of_totals,
    step_ms_of,
)
from backstride_gateway.domain.sessions import SessionRecord, ended_at_ms
from backstride_gateway.membership import Membership, UnknownMemberError
from backstride_gateway.ports import Clock, SeriesReader

READ_MS: Final = 15 * 60 * 1000
"""At 4 Hz some 3 600 readings, one megabyte."""
_NEARLY_ALL: Final = 0.95
"""So many of the readings tell more than minutes do."""


class SessionRunningError(Exception):
    """The session is not over: its file would have to be taken again."""


class Activities:
    """Reads sessions for export; safe to call from several threads."""

    def __init__(self, membership: Membership, series: SeriesReader, clock: Clock) -> None:
        self._membership = membership
        self._series = series
        self._clock = clock

    def of(self, session: SessionRecord) -> Activity:
        """Return the session with moments, laps and pauses.

        Raises:
            SessionRunningError: while it may go on.
            SeriesUnavailableError: when the series cannot be read now.

        """
        if ended_at_ms(session, self._clock()) is None:
            raise SessionRunningError(
                "export it when it is over: after its release, or ten minutes without motion"
            )
        source, moments = self._drawn(session)
        return activity_of(session, source, moments, self._utc_offset_s(session))

    def _drawn(self, session: SessionRecord) -> tuple[Source, list[Moment]]:
        drawing = Drawing(session, step_ms_of(session))
        for from_ms, to_ms in _pieces(session):
            drawing.add(self._series.read(session.treadmill, from_ms, to_ms))
        count, wanted = drawing.points_count, session.totals.readings
        if count and count >= wanted * _NEARLY_ALL:
            return "readings" if count >= wanted else "some readings", drawing.finish()
        minutes = self._series.read_minutes(
            session.treadmill, session.started_at_ms, session.last_reading_at_ms
        )
        if minutes:
            return "minutes", moments_of_minutes(session, minutes)
        if count:
            return "some readings", drawing.finish()
        return "totals", moments_of_totals(session)

    def _utc_offset_s(self, session: SessionRecord) -> int:
        """Return how far the member's clock is ahead of UTC, at the session's end."""
        if session.member_id is None:
            return 0
        try:
            zone = ZoneInfo(self._membership.get(session.member_id).profile.time_zone)
        except UnknownMemberError:
            return 0
        ended = datetime.fromtimestamp(session.last_reading_at_ms / 1000, UTC).astimezone(zone)
        offset = ended.utcoffset()
        return 0 if offset is None else int(offset.total_seconds())


def _pieces(session: SessionRecord) -> Iterator[tuple[int, int]]:
    for from_ms in range(session.started_at_ms, session.last_reading_at_ms + 1, READ_MS):
        yield from_ms, min(from_ms + READ_MS - 1, session.last_reading_at_ms)
