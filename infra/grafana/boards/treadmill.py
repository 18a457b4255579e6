"""*Treadmill*: one treadmill over time: signed belt speed, energy, heart rate, gaps."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from infra.grafana import panels
from infra.grafana.panels import INFLUXDB, POSTGRES

_GYMS = """
import "influxdata/influxdb/schema"
schema.tagValues(bucket: v.defaultBucket, tag: "gym_id", start: v.timeRangeStart)
"""
_TREADMILLS = """
import "influxdata/influxdb/schema"
schema.tagValues(
    bucket: v.defaultBucket,
    tag: "treadmill_id",
    predicate: (r) => r.gym_id == ${gym:doublequote},
    start: v.timeRangeStart,
)
"""
_CHOSEN = """
from(bucket: v.defaultBucket)
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "belt")
    |> filter(fn: (r) => r.gym_id == ${gym:doublequote})
    |> filter(fn: (r) => r.treadmill_id == ${treadmill:doublequote})
"""
# the last of each window, not the mean: between forward and reverse a mean would show a standstill
_VELOCITY = f"""
{_CHOSEN}
    |> filter(fn: (r) => r._field == "belt_velocity_m_per_s")
    |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: false)
    |> keep(columns: ["_time", "_value"])
    |> rename(columns: {{_value: "belt velocity"}})
"""
_ENERGY = f"""
{_CHOSEN}
    |> filter(fn: (r) => r._field == "gross_kcal_per_min" or r._field == "net_kcal_per_min")
    |> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false)
    |> keep(columns: ["_time", "_field", "_value"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> rename(columns: {{gross_kcal_per_min: "gross", net_kcal_per_min: "net"}})
"""
_HEART_RATE = f"""
{_CHOSEN}
    |> filter(fn: (r) => r._field == "heart_rate_bpm")
    |> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false)
    |> keep(columns: ["_time", "_value"])
    |> rename(columns: {{_value: "heart rate"}})
"""
_GRADE = f"""
{_CHOSEN}
    |> filter(fn: (r) => r._field == "grade_percent")
    |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: false)
    |> keep(columns: ["_time", "_value"])
    |> rename(columns: {{_value: "grade"}})
"""
# beyond 5 s nothing counts any more: the fold's rule for a gap
_GAPS = f"""
{_CHOSEN}
    |> filter(fn: (r) => r._field == "seq")
    |> elapsed(unit: 1ms, columnName: "gap_ms")
    |> filter(fn: (r) => r.gap_ms > 5000)
    |> map(fn: (r) => ({{_time: r._time, "gap": float(v: r.gap_ms) / 1000.0}}))
"""
_SESSIONS = """
SELECT
    to_timestamp(started_at_ms / 1000.0) AS "started",
    purpose AS "purpose",
    forward_s / 60 AS "forward_min",
    backward_s / 60 AS "backward_min",
    forward_m + backward_m AS "distance_m",
    forward_gross_kcal + backward_gross_kcal AS "gross_kcal",
    uncertainty_percent AS "band_percent",
    direction_changes AS "turns",
    gap_s AS "gap_s"
FROM sessions
WHERE treadmill = ${gym:sqlstring} || '/' || ${treadmill:sqlstring}
    AND last_reading_at_ms >= $__unixEpochFrom() * 1000::bigint
    AND started_at_ms <= $__unixEpochTo() * 1000::bigint
ORDER BY started_at_ms DESC
"""


def build() -> Dashboard:
    """Return the board."""
    return (
        panels.board("treadmill", "Treadmill", since="now-1h", refresh="10s")
        .with_variable(panels.choice("gym", "Gym", _GYMS))
        .with_variable(panels.choice("treadmill", "Treadmill", _TREADMILLS))
        .with_panel(
            panels.lines("Belt velocity, negative in reverse", "velocityms")
            .span(24)
            .axis_centered_zero(True)
            .datasource(INFLUXDB)
            .with_target(panels.flux(_VELOCITY))
        )
        .with_panel(
            panels.lines("Energy, kcal/min", "none")
            .datasource(INFLUXDB)
            .with_target(panels.flux(_ENERGY))
        )
        .with_panel(
            panels.lines("Heart rate, 1/min", "none")
            .datasource(INFLUXDB)
            .with_target(panels.flux(_HEART_RATE))
        )
        .with_panel(
            panels.lines("Grade", "percent").datasource(INFLUXDB).with_target(panels.flux(_GRADE))
        )
        .with_panel(
            panels.dots("Gaps of more than 5 s between readings", "s")
            .no_value("none")
            .datasource(INFLUXDB)
            .with_target(panels.flux(_GAPS))
        )
        .with_panel(
            panels.columns(
                panels.rows("Sessions").datasource(POSTGRES).with_target(panels.sql(_SESSIONS)),
                {
                    "started": ("Started", "dateTimeAsIso"),
                    "purpose": ("Purpose", "string"),
                    "forward_min": ("Forward", "m"),
                    "backward_min": ("Backward", "m"),
                    "distance_m": ("Distance", "lengthm"),
                    "gross_kcal": ("Gross kcal", "none"),
                    "band_percent": ("± about two in three", "percent"),
                    "turns": ("Changes of direction", "none"),
                    "gap_s": ("Gaps", "s"),
                },
            )
        )
    )
