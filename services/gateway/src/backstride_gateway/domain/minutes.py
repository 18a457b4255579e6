"""A session's series where its readings are gone and minutes stand in for them."""

from collections.abc import Iterable, Iterator
from typing import Final

from backstride_gateway.domain.activity import Moment
from backstride_gateway.domain.aggregation import SeriesSlice

MINUTE_S: Final = 60
_MS_PER_MIN: Final = 60_000


def slices_of_moments(moments: Iterable[Moment]) -> Iterator[SeriesSlice]:
    """Yield a slice for each minute, in order.

    The velocity is a mean over the time in motion, in the direction of most of it; the rates are
    over the part of the minute that belongs to the session.
    """
    sum_kcal = 0.0
    for moment in moments:
        sum_kcal += moment.gross_kcal
        minutes = max(1, moment.until_ms - moment.from_ms) / _MS_PER_MIN
        velocity = moment.direction * moment.speed_m_per_s
        fastest = moment.direction * moment.max_speed_m_per_s
        percent_kcal = moment.uncertainty_kcal_percent
        yield SeriesSlice(
            from_ms=moment.from_ms,
            readings_count=moment.readings_count,
            belt_velocity_m_per_s=velocity,
            min_belt_velocity_m_per_s=min(velocity, fastest),
            max_belt_velocity_m_per_s=max(velocity, fastest),
            grade_percent=None,
            gross_kcal_per_min=moment.gross_kcal / minutes,
            net_kcal_per_min=moment.net_kcal / minutes,
            uncertainty_percent=percent_kcal / moment.gross_kcal if moment.gross_kcal else 0.0,
            heart_rate_bpm=moment.heart_rate_bpm,
            session_gross_kcal=sum_kcal,
            flags=(),
        )
