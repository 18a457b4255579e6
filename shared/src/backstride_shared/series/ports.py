"""What a series store must do, and what one point in it is."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from backstride_shared.messages import Hands


class SeriesUnavailableError(Exception):
    """The store cannot take or give points now; nothing of the call may be assumed done."""


class SeriesPoint(msgspec.Struct, frozen=True, gc=False):
    """One reading in the series: every input of the fold, and what came out.

    The key is (treadmill, measured_at_ms, seq mod 10⁶): writing a point again overwrites it, and
    two readings never collide. Times are after the correction of a wrong device clock.
    """

    treadmill: str
    measured_at_ms: int
    device_id: str
    boot_id: int
    seq: int
    is_reverse: bool
    speed_m_per_s: float
    grade_percent: float
    heart_rate_bpm: float | None
    is_present: bool | None
    hands: Hands | None
    is_emergency_stop: bool
    gross_kcal_per_min: float
    net_kcal_per_min: float
    uncertainty_percent: float
    flags: int
    session_gross_kcal: float | None

    @property
    def belt_velocity_m_per_s(self) -> float:
        """Signed belt velocity, negative in reverse."""
        return -self.speed_m_per_s if self.is_reverse else self.speed_m_per_s


class SeriesMinute(NamedTuple):
    """What is kept of a minute of a treadmill when its readings are gone; seconds are the belt's.

    The heart rate is a mean, the speed the greatest in either direction.
    """

    from_ms: int
    readings_count: int
    forward_s: float
    reverse_s: float
    gross_kcal: float
    net_kcal: float
    max_speed_m_per_s: float
    heart_rate_bpm: float | None


class RefusedPoint(NamedTuple):
    """A point that a store will never take, and why."""

    point: SeriesPoint
    reason: str


class SeriesStore(Protocol):
    """Keeps points of many treadmills; written by the recorder, read by recorder and gateway."""

    def write(self, points: Sequence[SeriesPoint]) -> list[RefusedPoint]:
        """Store the points, durable on return; return those that the store will never take.

        Called once per poll of the recorder, before it commits anything else. What is returned is
        not stored; everything else is.

        Raises:
            SeriesUnavailableError: the whole call must be repeated; repeating is harmless.

        """
        ...

    def read(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesPoint]:
        """Return the points with from_ms <= measured_at_ms <= to_ms, ordered by time, then seq.

        Raises:
            SeriesUnavailableError: try again later.

        """
        ...

    def read_minutes(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesMinute]:
        """Return the minutes that touch [from_ms, to_ms], in order; none where none are kept.

        Raises:
            SeriesUnavailableError: try again later.

        """
        ...

    def delete(self, treadmill: str, from_ms: int, to_ms: int) -> None:
        """Delete the points with from_ms <= measured_at_ms <= to_ms, gone on return.

        Where minutes are kept beside the points, those that touch the interval go too; what was
        measured in them outside it is drawn together again.

        Raises:
            SeriesUnavailableError: the whole call must be repeated; repeating is harmless.

        """
        ...

    def next_measured_at_ms(self, treadmill: str, after_ms: int) -> int | None:
        """Return when the first point after a moment was measured, None when there is none.

        Raises:
            SeriesUnavailableError: try again later.

        """
        ...

    def count(self) -> int:
        """Return the number of distinct points held.

        May read the whole store: call it seldom, and not where readings wait.

        Raises:
            SeriesUnavailableError: try again later.

        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
