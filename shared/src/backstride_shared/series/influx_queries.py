"""All Flux that Backstride's programs send, and nothing but Flux.

Words of a user never become part of a query: parameters go beside it as an abstract syntax tree
(`params` of the client), and Flux resolves them before it decides what the storage filters.
"""

from typing import Final

from backstride_shared.series.influx_lines import (
    COLUMNS,
    COUNTED_FIELD,
    GYM_TAG,
    MEASUREMENT,
    MINUTE_COLUMNS,
    PER_MINUTE_MEASUREMENT,
    TREADMILL_TAG,
)

_OF_TREADMILL: Final = f"""
    from(bucket: bucket)
        |> range(start: time(v: from_ns), stop: time(v: until_ns))
        |> filter(fn: (r) => r._measurement == "{MEASUREMENT}")
        |> filter(fn: (r) => r.{GYM_TAG} == gym_id and r.{TREADMILL_TAG} == treadmill_id)
"""
_COLUMNS: Final = ", ".join(f'"{name}"' for name in COLUMNS)

READ: Final = f"""{_OF_TREADMILL}
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> keep(columns: [{_COLUMNS}])
"""
"""Points of a treadmill, a row each. Parameters: bucket, gym_id, treadmill_id, from_ns, until_ns
(the first moment that is too late)."""

_MINUTE_COLUMNS: Final = ", ".join(f'"{name}"' for name in MINUTE_COLUMNS)

READ_MINUTES: Final = f"""
    from(bucket: bucket)
        |> range(start: time(v: from_ns), stop: time(v: until_ns))
        |> filter(fn: (r) => r._measurement == "{PER_MINUTE_MEASUREMENT}")
        |> filter(fn: (r) => r.{GYM_TAG} == gym_id and r.{TREADMILL_TAG} == treadmill_id)
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> keep(columns: [{_MINUTE_COLUMNS}])
"""
"""Minutes of a treadmill, a row each. Parameters as of READ, `bucket` that of the minutes."""

FIRST: Final = f"""{_OF_TREADMILL}
        |> filter(fn: (r) => r._field == "{COUNTED_FIELD}")
        |> first()
        |> keep(columns: ["_time"])
"""
"""When the first point of a treadmill was measured. Parameters as of READ."""

COUNT: Final = f"""
    from(bucket: bucket)
        |> range(start: time(v: from_ns), stop: time(v: until_ns))
        |> filter(fn: (r) => r._measurement == "{MEASUREMENT}" and r._field == "{COUNTED_FIELD}")
        |> count()
        |> group()
        |> sum()
        |> keep(columns: ["_value"])
"""
"""How many points of all treadmills there are. Parameters: bucket, from_ns, until_ns."""
