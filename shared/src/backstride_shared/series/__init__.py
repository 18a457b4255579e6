"""The series store: every reading with its energy, as a port and its adapters."""

from backstride_shared.series.ports import (
    RefusedPoint,
    SeriesMinute,
    SeriesPoint,
    SeriesStore,
    SeriesUnavailableError,
)

__all__ = [
    "RefusedPoint",
    "SeriesMinute",
    "SeriesPoint",
    "SeriesStore",
    "SeriesUnavailableError",
]
