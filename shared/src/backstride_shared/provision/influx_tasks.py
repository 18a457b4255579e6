"""The Flux of InfluxDB's tasks: what is kept of each minute when the readings are gone.

A minute of a treadmill has signed speed (mean, least, greatest), heart rate, energy, the seconds
that the belt ran each way, and how many readings it is made of. Seconds and energy follow the rule
of the fold: a reading holds until the next one, five seconds at most, and counts where it begins.

Two tasks: one does the last minutes again and again; the other looks for minutes whose number of
readings differs from what was kept, because a treadmill came back after hours, and does those.
A correction of body mass rewrites readings and not their number: minutes older than the first
task's reach keep the energy as it was.
"""

import re
from typing import Final, NamedTuple

from backstride_shared.energy.constants import HOLD_MS
from backstride_shared.series.influx_lines import (
    COUNTED_FIELD,
    GYM_TAG,
    MEASUREMENT,
    PER_MINUTE_MEASUREMENT,
    TREADMILL_TAG,
)

RECENT_NAME: Final = "backstride per minute, recent"
LATE_NAME: Final = "backstride per minute, late"

_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,99}")


class InfluxTask(NamedTuple):
    """A task as InfluxDB has it: found by its name, replaced when its text differs."""

    name: str
    flux: str


class BucketNameError(ValueError):
    """A bucket's name which would be more than a name in a text of Flux."""


def tasks(raw_bucket: str, per_minute_bucket: str) -> list[InfluxTask]:
    """Return the tasks that fill `per_minute_bucket` from `raw_bucket`.

    Raises:
        BucketNameError: for names of other than letters, digits, space and `_.-`.

    """
    # a task is stored as text, to which no parameters can be given
    for name in (raw_bucket, per_minute_bucket):
        if not _BUCKET.fullmatch(name):
            raise BucketNameError(f"bucket {name!r}: only letters, digits, spaces and _.- please")
    names = f'raw = "{raw_bucket}"\nkept = "{per_minute_bucket}"\n'
    recent = f'option task = {{name: "{RECENT_NAME}", every: 5m, offset: 20s}}'
    late = f'option task = {{name: "{LATE_NAME}", every: 1h, offset: 3m}}'
    return [
        InfluxTask(RECENT_NAME, f"{_IMPORTS}\n{recent}\n{names}{_RECENT_SPAN}{_KEEP}"),
        InfluxTask(LATE_NAME, f"{_IMPORTS}\n{late}\n{names}{_LATE_SPAN}{_KEEP}"),
    ]


_IMPORTS: Final = """
import "array"
import "contrib/tomhollingworth/events"
import "date"
import "regexp"
import "strings"
""".strip()

# The minute that is going on is left to the next run.
_RECENT_SPAN: Final = """
stop = date.truncate(t: now(), unit: 1m)
start = date.sub(d: 15m, from: stop)
treadmills = /./
"""

# At most one day a run, so that a run has an end; the next one goes on.
_LATE_SPAN: Final = f"""
now_minute = date.truncate(t: now(), unit: 1m)
oldest = date.sub(d: 8d, from: now_minute)
newest = date.sub(d: 15m, from: now_minute)

counted =
    from(bucket: raw)
        |> range(start: oldest, stop: newest)
        |> filter(fn: (r) => r._measurement == "{MEASUREMENT}" and r._field == "{COUNTED_FIELD}")
        |> aggregateWindow(every: 1m, fn: count, createEmpty: false, timeSrc: "_start")
        |> toFloat()
        |> keep(columns: ["_time", "_value", "{GYM_TAG}", "{TREADMILL_TAG}"])
        |> set(key: "side", value: "there")
known =
    from(bucket: kept)
        |> range(start: oldest, stop: newest)
        |> filter(fn: (r) => r._measurement == "{PER_MINUTE_MEASUREMENT}")
        |> filter(fn: (r) => r._field == "readings")
        |> keep(columns: ["_time", "_value", "{GYM_TAG}", "{TREADMILL_TAG}"])
        |> set(key: "side", value: "known")
differing =
    union(tables: [counted, known])
        |> group(columns: ["{GYM_TAG}", "{TREADMILL_TAG}"])
        |> pivot(rowKey: ["_time"], columnKey: ["side"], valueColumn: "_value")
        |> filter(fn: (r) => exists r.there and (not exists r.known or r.there != r.known))
        |> group()
        |> sort(columns: ["_time"])
        |> keep(columns: ["_time", "{TREADMILL_TAG}"])

times = differing |> findColumn(fn: (key) => true, column: "_time")
ids = differing |> findColumn(fn: (key) => true, column: "{TREADMILL_TAG}")
is_due = length(arr: times) > 0
start = if is_due then times[0] else newest
last = if is_due then times[length(arr: times) - 1] else newest
day_later = date.add(d: 1d, to: start)
after_last = date.add(d: 1m, to: last)
stop = if after_last < day_later then after_last else day_later
treadmills =
    regexp.compile(v: "^(" + strings.joinStr(arr: if is_due then ids else [""], v: "|") + ")$")
"""

_KEEP: Final = f"""
until = date.add(d: {HOLD_MS}ms, to: stop)

readings = (field, to) =>
    from(bucket: raw)
        |> range(start: start, stop: to)
        |> filter(fn: (r) => r._measurement == "{MEASUREMENT}" and r._field == field)
        |> filter(fn: (r) => r.{TREADMILL_TAG} =~ treadmills)

of_minute = (tables=<-, fn, field) =>
    tables
        |> aggregateWindow(every: 1m, fn: fn, createEmpty: false, timeSrc: "_start")
        |> toFloat()
        |> set(key: "_field", value: field)

held = (field) =>
    readings(field: field, to: until)
        |> events.duration(unit: 1ms, columnName: "held_ms")
        |> filter(fn: (r) => r._time < stop and r._value != 0.0)
        |> map(
            fn: (r) =>
                ({{r with
                    held_s:
                        float(v: if r.held_ms > {HOLD_MS} then {HOLD_MS} else r.held_ms) / 1000.0,
                }}),
        )

energy = (field, kept_as) =>
    held(field: field)
        |> map(fn: (r) => ({{r with _value: r._value * r.held_s / 60.0}}))
        |> of_minute(fn: sum, field: kept_as)

velocity = readings(field: "belt_velocity_m_per_s", to: stop)
ran = held(field: "belt_velocity_m_per_s")

union(
    tables: [
        velocity |> of_minute(fn: mean, field: "belt_velocity_mean_m_per_s"),
        velocity |> of_minute(fn: min, field: "belt_velocity_min_m_per_s"),
        velocity |> of_minute(fn: max, field: "belt_velocity_max_m_per_s"),
        readings(field: "heart_rate_bpm", to: stop)
            |> of_minute(fn: mean, field: "heart_rate_mean_bpm"),
        readings(field: "{COUNTED_FIELD}", to: stop) |> of_minute(fn: count, field: "readings"),
        energy(field: "gross_kcal_per_min", kept_as: "gross_kcal"),
        energy(field: "net_kcal_per_min", kept_as: "net_kcal"),
        ran
            |> map(fn: (r) => ({{r with _value: if r._value > 0.0 then r.held_s else 0.0}}))
            |> of_minute(fn: sum, field: "forward_s"),
        ran
            |> map(fn: (r) => ({{r with _value: if r._value < 0.0 then r.held_s else 0.0}}))
            |> of_minute(fn: sum, field: "backward_s"),
    ],
)
    |> keep(columns: ["_time", "_value", "_field", "{GYM_TAG}", "{TREADMILL_TAG}"])
    |> set(key: "_measurement", value: "{PER_MINUTE_MEASUREMENT}")
    |> to(bucket: kept)
"""
