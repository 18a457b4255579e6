"""A point of the series as InfluxDB has it: measurement, tags, fields, time; and back.

Tags are gym and treadmill alone: a session or member as tag would make millions of series. All
fields are floats except the numbers that a float cannot hold and the device's name: a field that
is an integer once and a float later would be refused. Line protocol is written by hand, because
the client's `Point` takes twenty times as long (field-notes 2.3).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import msgspec

from backstride_shared.series.conditions import packed, unpacked
from backstride_shared.series.ports import SeriesMinute, SeriesPoint

MEASUREMENT: Final = "belt"
PER_MINUTE_MEASUREMENT: Final = "belt_per_minute"
"""Minutes, which tasks of InfluxDB draw together from the points."""
GYM_TAG: Final = "gym_id"
TREADMILL_TAG: Final = "treadmill_id"
COUNTED_FIELD: Final = "seq"
"""A field that every point has: counting it counts points."""

NS_PER_MS: Final = 1_000_000
"""Also the modulus of seq: a point's time is the measured millisecond plus (seq mod 10⁶) ns."""

# Writing a point again keeps the fields that the new line lacks: whether heart rate and energy of
# the session are known is therefore told by `conditions`, not by the field being there.
_ALWAYS: Final = (
    "belt_velocity_m_per_s",
    "grade_percent",
    "gross_kcal_per_min",
    "net_kcal_per_min",
    "uncertainty_percent",
    "flags",
    "conditions",
    COUNTED_FIELD,
    "boot_id",
    "device_id",
)
_SOMETIMES: Final = ("heart_rate_bpm", "session_kcal")
COLUMNS: Final = ("_time", *_ALWAYS, *_SOMETIMES)
"""What `points_of` reads of each row."""

MINUTE_COLUMNS: Final = (
    "_time",
    "readings",
    "forward_s",
    "backward_s",
    "gross_kcal",
    "net_kcal",
    "belt_velocity_min_m_per_s",
    "belt_velocity_max_m_per_s",
    "heart_rate_mean_bpm",
)
"""What `minutes_of` reads of each row; the tasks leave out what a minute has nothing of."""


_encode: Final = msgspec.json.Encoder().encode
_NONE: Final = "null"


def line_of(point: SeriesPoint) -> str:
    """Return the point as one line of line protocol, its time in nanoseconds."""
    # msgspec writes a dozen numbers in the time in which Python writes five: 2.3 us, not 3.5
    (velocity, grade, gross, net, uncertainty, flags, conditions, seq, boot, heart, kcal, time) = (
        _encode(
            (
                point.belt_velocity_m_per_s,
                point.grade_percent,
                point.gross_kcal_per_min,
                point.net_kcal_per_min,
                point.uncertainty_percent,
                point.flags,
                packed(point),
                point.seq,
                point.boot_id,
                point.heart_rate_bpm,
                point.session_gross_kcal,
                point.measured_at_ms * NS_PER_MS + point.seq % NS_PER_MS,
            )
        )
        .decode()[1:-1]
        .split(",")
    )
    return (
        f"{_series_key(point.treadmill)} belt_velocity_m_per_s={velocity},grade_percent={grade},"
        f"gross_kcal_per_min={gross},net_kcal_per_min={net},uncertainty_percent={uncertainty},"
        f"flags={flags},conditions={conditions},"
        f'seq={seq}i,boot_id={boot}i,device_id="{_quoted(point.device_id)}"'
        f"{'' if heart == _NONE else f',heart_rate_bpm={heart}'}"
        f"{'' if kcal == _NONE else f',session_kcal={kcal}'}"
        f" {time}"
    )


def body_of(points: Iterable[SeriesPoint]) -> bytes:
    """Return the points as the body of a write."""
    return "\n".join(map(line_of, points)).encode()


def points_of(
    treadmill: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterator[SeriesPoint]:
    """Yield the points of a query's answer: one row per point, one column per field.

    A query meets points in the middle of their write, with some of their fields; they are not
    acknowledged yet, and left out. Seen on InfluxDB 2.7 under load.
    """
    at: Mapping[str, int] = {name: header.index(name) for name in header}
    if not at.keys() >= set(_ALWAYS):
        return
    required = [at[name] for name in _ALWAYS]
    (time, velocity, grade, gross, net, uncertainty, flags, conditions, seq, boot, device) = (
        at[name] for name in ("_time", *_ALWAYS)
    )
    heart_rate, session = (at.get(name, -1) for name in _SOMETIMES)
    for row in rows:
        if "" in map(row.__getitem__, required):
            continue
        known = unpacked(int(row[conditions]))
        yield SeriesPoint(
            treadmill=treadmill,
            measured_at_ms=time_ns_of(row[time]) // NS_PER_MS,
            device_id=row[device],
            boot_id=int(row[boot]),
            seq=int(row[seq]),
            is_reverse=known.is_reverse,
            speed_m_per_s=abs(float(row[velocity])),
            grade_percent=float(row[grade]),
            heart_rate_bpm=float(row[heart_rate]) if known.has_heart_rate else None,
            is_present=known.is_present,
            hands=known.hands,
            is_emergency_stop=known.is_emergency_stop,
            gross_kcal_per_min=float(row[gross]),
            net_kcal_per_min=float(row[net]),
            uncertainty_percent=float(row[uncertainty]),
            flags=int(row[flags]),
            session_gross_kcal=float(row[session]) if known.has_session else None,
        )


def minutes_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[SeriesMinute]:
    """Yield the minutes in rows of a table; a field that is not there is nothing."""
    at = {name: index for index, name in enumerate(header)}

    def number(row: Sequence[str], name: str) -> float:
        return float(row[at[name]] or 0.0) if name in at else 0.0

    for row in rows:
        yield SeriesMinute(
            from_ms=time_ns_of(row[at["_time"]]) // NS_PER_MS,
            readings_count=round(number(row, "readings")),
            forward_s=number(row, "forward_s"),
            reverse_s=number(row, "backward_s"),
            gross_kcal=number(row, "gross_kcal"),
            net_kcal=number(row, "net_kcal"),
            max_speed_m_per_s=max(
                abs(number(row, "belt_velocity_min_m_per_s")),
                abs(number(row, "belt_velocity_max_m_per_s")),
            ),
            heart_rate_bpm=number(row, "heart_rate_mean_bpm") or None,
        )


def time_ns_of(text: str) -> int:
    """Return a time like 2026-11-23T06:00:00.123000004Z in nanoseconds since 1970."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return _second_of(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0"))


def time_text_of(time_ns: int) -> str:
    """Return nanoseconds since 1970 as InfluxDB reads a time."""
    seconds, fraction_ns = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction_ns:09d}Z"


@lru_cache(maxsize=64)  # readings of one second follow each other
def _second_of(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@lru_cache(maxsize=4096)  # a gym chain's treadmills
def _series_key(treadmill: str) -> str:
    # identifiers need no escaping: they match [a-z0-9-]
    gym_id, _, treadmill_id = treadmill.partition("/")
    return f"{MEASUREMENT},{GYM_TAG}={gym_id},{TREADMILL_TAG}={treadmill_id}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
