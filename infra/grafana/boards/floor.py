"""*Floor*: every treadmill now, for whoever stands at the desk."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from infra.grafana import panels
from infra.grafana.panels import (
    BAD,
    FORWARD_COLOUR,
    GOOD,
    INFLUXDB,
    POSTGRES,
    QUIET_COLOUR,
    REVERSE_COLOUR,
    WARNING,
)

# the last reading of each treadmill, a row each
_LAST = """
last =
    from(bucket: v.defaultBucket)
        |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
        |> filter(fn: (r) => r._measurement == "belt")
        |> filter(
            fn: (r) =>
                r._field == "belt_velocity_m_per_s" or r._field == "gross_kcal_per_min"
                    or r._field == "grade_percent",
        )
        |> last()
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group()
        |> map(
            fn: (r) =>
                ({
                    treadmill: r.gym_id + "/" + r.treadmill_id,
                    silent_s:
                        float(v: int(v: v.timeRangeStop) - int(v: r._time)) / 1000000000.0,
                    velocity_m_per_s: r.belt_velocity_m_per_s,
                    grade_percent: r.grade_percent,
                    gross_kcal_per_min: r.gross_kcal_per_min,
                }),
        )
        |> map(
            fn: (r) =>
                ({r with
                    state:
                        if r.silent_s > 10.0 then
                            "silent"
                        else if r.velocity_m_per_s > 0.0 then
                            "forward"
                        else if r.velocity_m_per_s < 0.0 then
                            "reverse"
                        else
                            "standing",
                }),
        )
"""
_STATES = {
    "forward": ("forward", FORWARD_COLOUR),
    "reverse": ("reverse", REVERSE_COLOUR),
    "standing": ("standing", QUIET_COLOUR),
    "silent": ("silent", BAD),
}
_TREADMILLS = f"""
{_LAST}
last
    |> map(
        fn: (r) =>
            ({{
                treadmill: r.treadmill,
                state: r.state,
                speed_m_per_s:
                    if r.velocity_m_per_s < 0.0 then -r.velocity_m_per_s else r.velocity_m_per_s,
                grade_percent: r.grade_percent,
                gross_kcal_per_min: r.gross_kcal_per_min,
                silent_s: r.silent_s,
            }}),
    )
    |> sort(columns: ["treadmill"])
"""
_COUNTS = f"""
{_LAST}
last
    |> group(columns: ["state"])
    |> count(column: "treadmill")
    |> group()
    |> rename(columns: {{treadmill: "treadmills"}})
    |> sort(columns: ["state"])
"""
_DIRECTIONS = """
from(bucket: v.defaultBucket)
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "belt" and r._field == "belt_velocity_m_per_s")
    |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: false)
    |> map(
        fn: (r) =>
            ({
                _time: r._time,
                treadmill: r.gym_id + "/" + r.treadmill_id,
                _value: if r._value > 0.0 then 1 else if r._value < 0.0 then -1 else 0,
            }),
    )
    |> group(columns: ["treadmill"])
"""
_OPEN_ALERTS = """
SELECT count(*) AS "open alerts"
FROM alerts
WHERE recovered_at_ms IS NULL
    AND raised_at_ms BETWEEN $__unixEpochFrom() * 1000::bigint AND $__unixEpochTo() * 1000::bigint
"""


def build() -> Dashboard:
    """Return the board."""
    treadmills = panels.columns(
        panels.rows("Every treadmill now")
        .description(
            "A treadmill that was heard in the time range; silent after 10 s without a reading."
        )
        .datasource(INFLUXDB)
        .with_target(panels.flux(_TREADMILLS)),
        {
            "treadmill": ("Treadmill", "string"),
            "speed_m_per_s": ("Belt speed", "velocityms"),
            "grade_percent": ("Grade", "percent"),
            "gross_kcal_per_min": ("Gross kcal/min", "none"),
            "silent_s": ("Last heard, ago", "s"),
        },
    )
    return (
        panels.board("floor", "Floor", since="now-15m", refresh="5s")
        .with_panel(
            panels.number("Treadmills by what they do", "none")
            .span(18)
            .datasource(INFLUXDB)
            .with_target(panels.flux(_COUNTS))
        )
        .with_panel(
            panels.number("Safety alerts that go on", "none")
            .span(6)
            .thresholds(panels.steps((None, GOOD), (1, BAD)))
            .datasource(POSTGRES)
            .with_target(panels.sql(_OPEN_ALERTS))
        )
        .with_panel(
            treadmills.mappings([panels.words(_STATES)]).thresholds(
                panels.steps((None, GOOD), (10, WARNING))
            )
        )
        .with_panel(
            panels.states("Direction")
            .mappings(
                [
                    panels.words(
                        {
                            "1": ("forward", FORWARD_COLOUR),
                            "0": ("standing", QUIET_COLOUR),
                            "-1": ("reverse", REVERSE_COLOUR),
                        }
                    )
                ]
            )
            .datasource(INFLUXDB)
            .with_target(panels.flux(_DIRECTIONS))
        )
    )
