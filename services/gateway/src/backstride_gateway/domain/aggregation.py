"""A session's readings drawn together to a few hundred points for a chart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean
from typing import Final

from backstride_shared.energy import flag_codes
from backstride_shared.series.ports import SeriesPoint

MAX_POINTS: Final = 5_000
_AUTOMATIC_POINTS: Final = 300
"""What a phone's chart can show apart."""
_RESOLUTIONS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSlice:
    """The readings of one interval of `resolution_s` that begins at `from_ms`.

    Means are over readings; the band of the rate is ±1 SD. Reverse is negative. The grade is None
    where only minutes are left.
    """

    from_ms: int
    readings_count: int
    belt_velocity_m_per_s: float
    min_belt_velocity_m_per_s: float
    max_belt_velocity_m_per_s: float
    grade_percent: float | None
    gross_kcal_per_min: float
    net_kcal_per_min: float
    uncertainty_percent: float
    heart_rate_bpm: float | None
    session_gross_kcal: float | None
    flags: tuple[str, ...]


def automatic_resolution_s(duration_ms: int) -> int:
    """Return the finest resolution that draws a duration with some 300 points at most."""
    for resolution_s in _RESOLUTIONS_S:
        if duration_ms <= resolution_s * 1000 * _AUTOMATIC_POINTS:
            return resolution_s
    return -(-duration_ms // (1000 * _AUTOMATIC_POINTS))


def aggregate(
    points: Iterable[SeriesPoint], started_at_ms: int, resolution_s: int
) -> Iterator[SeriesSlice]:
    """Yield the slices that hold readings, in order; an interval without any is left out.

    `points` are in the order of time and not before `started_at_ms`.
    """
    step_ms = resolution_s * 1000
    for index, group in groupby(
        points, key=lambda point: (point.measured_at_ms - started_at_ms) // step_ms
    ):
        yield _slice(started_at_ms + index * step_ms, list(group))


def _slice(from_ms: int, points: Sequence[SeriesPoint]) -> SeriesSlice:
    velocities = [point.belt_velocity_m_per_s for point in points]
    gross = [point.gross_kcal_per_min for point in points]
    beats = [point.heart_rate_bpm for point in points if point.heart_rate_bpm is not None]
    # weighted by energy, as in a session's totals: a rest has no uncertainty to tell
    weighted = sum(point.gross_kcal_per_min * point.uncertainty_percent for point in points)
    flags = 0
    for point in points:
        flags |= point.flags
    return SeriesSlice(
        from_ms=from_ms,
        readings_count=len(points),
        belt_velocity_m_per_s=fmean(velocities),
        min_belt_velocity_m_per_s=min(velocities),
        max_belt_velocity_m_per_s=max(velocities),
        grade_percent=fmean(point.grade_percent for point in points),
        gross_kcal_per_min=fmean(gross),
        net_kcal_per_min=fmean(point.net_kcal_per_min for point in points),
        uncertainty_percent=weighted / sum(gross) if sum(gross) else 0.0,
        heart_rate_bpm=fmean(beats) if beats else None,
        session_gross_kcal=points[-1].session_gross_kcal,
        flags=tuple(flag_codes(flags)),
    )
