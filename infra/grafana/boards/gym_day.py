"""*Gym day*: how much a gym moved: members on, minutes each way, energy."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from infra.grafana import panels
from infra.grafana.panels import INFLUXDB, POSTGRES

# a session belongs to the hour and the day in which it began
_IN_RANGE = """
    started_at_ms BETWEEN $__unixEpochFrom() * 1000::bigint AND $__unixEpochTo() * 1000::bigint
"""
# a workout ends after 10 minutes without a moving reading
_MEMBERS_ON = """
SELECT count(DISTINCT claims.member_id) AS "members on"
FROM sessions
JOIN claims USING (claim_id)
WHERE sessions.ended_at_ms IS NULL
    AND sessions.last_moving_at_ms > $__unixEpochTo() * 1000::bigint - 600000
    AND sessions.started_at_ms <= $__unixEpochTo() * 1000::bigint
"""
_MEMBERS = f"""
SELECT count(DISTINCT claims.member_id) AS "members", count(*) AS "sessions"
FROM sessions
LEFT JOIN claims USING (claim_id)
WHERE {_IN_RANGE}
"""
_SUMS = f"""
SELECT
    coalesce(sum(forward_s), 0) / 60 AS "forward",
    coalesce(sum(backward_s), 0) / 60 AS "backward"
FROM sessions
WHERE {_IN_RANGE}
"""
_ENERGY = f"""
SELECT
    coalesce(sum(forward_gross_kcal + backward_gross_kcal), 0) AS "gross",
    coalesce(sum(forward_net_kcal + backward_net_kcal), 0) AS "net"
FROM sessions
WHERE {_IN_RANGE}
"""
_MINUTES_BY_HOUR = f"""
SELECT
    date_trunc('hour', to_timestamp(started_at_ms / 1000.0)) AS time,
    sum(forward_s) / 60 AS "forward",
    sum(backward_s) / 60 AS "backward"
FROM sessions
WHERE {_IN_RANGE}
GROUP BY 1
ORDER BY 1
"""
_ENERGY_BY_HOUR = f"""
SELECT
    date_trunc('hour', to_timestamp(started_at_ms / 1000.0)) AS time,
    sum(forward_gross_kcal) AS "forward",
    sum(backward_gross_kcal) AS "backward"
FROM sessions
WHERE {_IN_RANGE}
GROUP BY 1
ORDER BY 1
"""
_BY_TREADMILL = f"""
SELECT
    treadmill,
    count(*) AS "sessions",
    sum(forward_s) / 60 AS "forward_min",
    sum(backward_s) / 60 AS "backward_min",
    sum(forward_gross_kcal + backward_gross_kcal) AS "gross_kcal",
    sum(direction_changes) AS "turns"
FROM sessions
WHERE {_IN_RANGE}
GROUP BY treadmill
ORDER BY treadmill
"""
_BY_PURPOSE = f"""
SELECT coalesce(purpose, 'not said') AS "purpose", sum(forward_s + backward_s) / 60 AS "minutes"
FROM sessions
WHERE {_IN_RANGE}
GROUP BY 1
ORDER BY 1
"""
# treadmills with a moving belt, from the series itself: it sees also who did not sign in
_RUNNING = """
from(bucket: v.defaultBucket)
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "belt" and r._field == "belt_velocity_m_per_s")
    |> aggregateWindow(every: 1m, fn: last, createEmpty: false)
    |> group()
    |> map(
        fn: (r) =>
            ({
                _time: r._time,
                forward: if r._value > 0.0 then 1 else 0,
                reverse: if r._value < 0.0 then 1 else 0,
            }),
    )
    |> group(columns: ["_time"])
    |> reduce(
        fn: (r, accumulator) =>
            ({
                forward: accumulator.forward + r.forward,
                reverse: accumulator.reverse + r.reverse,
            }),
        identity: {forward: 0, reverse: 0},
    )
    |> group()
    |> sort(columns: ["_time"])
"""


def build() -> Dashboard:
    """Return the board."""
    return (
        panels.board("gym-day", "Gym day", since="now/d", until="now", refresh="1m")
        .with_panel(
            panels.number("Members on now", "none")
            .datasource(POSTGRES)
            .with_target(panels.sql(_MEMBERS_ON))
        )
        .with_panel(
            panels.number("Members and sessions", "none")
            .span(6)
            .datasource(POSTGRES)
            .with_target(panels.sql(_MEMBERS))
        )
        .with_panel(
            panels.number("Minutes", "m")
            .span(7)
            .datasource(POSTGRES)
            .with_target(panels.sql(_SUMS))
        )
        .with_panel(
            panels.number("Energy, kcal", "none")
            .span(7)
            .datasource(POSTGRES)
            .with_target(panels.sql(_ENERGY))
        )
        .with_panel(
            panels.both_ways(panels.bars("Minutes by hour of the beginning", "m"))
            .datasource(POSTGRES)
            .with_target(panels.sql(_MINUTES_BY_HOUR, is_time_series=True))
        )
        .with_panel(
            panels.both_ways(panels.bars("Gross kcal by hour of the beginning", "none"))
            .datasource(POSTGRES)
            .with_target(panels.sql(_ENERGY_BY_HOUR, is_time_series=True))
        )
        .with_panel(
            panels.both_ways(panels.bars("Belts that move", "none"))
            .datasource(INFLUXDB)
            .with_target(panels.flux(_RUNNING))
        )
        .with_panel(
            panels.shares("Minutes by purpose", "m")
            .datasource(POSTGRES)
            .with_target(panels.sql(_BY_PURPOSE))
        )
        .with_panel(
            panels.columns(
                panels.rows("By treadmill")
                .datasource(POSTGRES)
                .with_target(panels.sql(_BY_TREADMILL)),
                {
                    "treadmill": ("Treadmill", "string"),
                    "sessions": ("Sessions", "none"),
                    "forward_min": ("Forward", "m"),
                    "backward_min": ("Backward", "m"),
                    "gross_kcal": ("Gross kcal", "none"),
                    "turns": ("Changes of direction", "none"),
                },
            )
        )
    )
