"""An activity as CSV (RFC 4180): a row for each moment, units in the header, pauses included.

No cell holds words that a person wrote, so that no cell can be a formula.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from backstride_gateway.domain.activity import Activity, Moment

HEADER: Final = (
    "time_utc",
    "elapsed_s",
    "readings",
    "belt_direction",
    "belt_velocity_m_per_s",
    "gait",
    "distance_m",
    "gross_kcal",
    "net_kcal",
    "gross_kcal_per_min",
    "net_kcal_per_min",
    "uncertainty_percent",
    "heart_rate_bpm",
    "grade_percent",
    "drawn_from",
)
_S_PER_MIN: Final = 60.0


def csv_of(activity: Activity) -> Iterator[bytes]:
    """Yield the file, a line at a time, UTF-8 with CRLF."""
    yield _line(HEADER)
    metres = gross_kcal = net_kcal = 0.0
    for moment in activity.moments:
        metres += moment.metres
        gross_kcal += moment.gross_kcal
        net_kcal += moment.net_kcal
        yield _line(
            (
                _utc(moment.from_ms),
                f"{(moment.from_ms - activity.from_ms) / 1000:.0f}",
                str(moment.readings_count),
                str(moment.direction),
                f"{moment.direction * moment.speed_m_per_s:.3f}",
                _gait(moment),
                f"{metres:.2f}",
                f"{gross_kcal:.3f}",
                f"{net_kcal:.3f}",
                f"{_rate(moment.gross_kcal, moment):.3f}",
                f"{_rate(moment.net_kcal, moment):.3f}",
                _uncertainty(moment),
                "" if moment.heart_rate_bpm is None else f"{moment.heart_rate_bpm:.0f}",
                f"{moment.grade_percent:.1f}",
                activity.source,
            )
        )


def _line(cells: tuple[str, ...]) -> bytes:
    return (",".join(cells) + "\r\n").encode()


def _utc(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _gait(moment: Moment) -> str:
    if not moment.is_moving:
        return "rest"
    return "backward" if moment.is_backward else "forward"


def _rate(kcal: float, moment: Moment) -> float:
    """Return energy a minute in motion."""
    return kcal * _S_PER_MIN / moment.moving_s if moment.moving_s else 0.0


def _uncertainty(moment: Moment) -> str:
    kcal = moment.gross_kcal
    return f"{moment.uncertainty_kcal_percent / kcal:.1f}" if kcal else ""
