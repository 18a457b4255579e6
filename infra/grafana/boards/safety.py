"""*Safety*: alerts of now and of the past, reverse above the advised speed, emergency stops."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from backstride_shared.fold.alerts import AlertKind
from infra.grafana import panels
from infra.grafana.panels import BAD, GOOD, INFLUXDB, POSTGRES

TITLES = {
    AlertKind.REVERSE_TOO_FAST: "reverse above the advised speed",
    AlertKind.REVERSE_INCLINE: "reverse with incline",
    AlertKind.PRESENCE_LOST: "belt runs, nobody on it",
    AlertKind.EMERGENCY_STOP: "emergency stop",
    AlertKind.FAST_TURN: "direction changed above walking pace",
    AlertKind.DEVICE_CONFLICT: "two devices feed one treadmill",
}

_IN_RANGE = """
    raised_at_ms BETWEEN $__unixEpochFrom() * 1000::bigint AND $__unixEpochTo() * 1000::bigint
"""
_GOING_ON = f"""
SELECT
    to_timestamp(raised_at_ms / 1000.0) AS "raised",
    treadmill,
    kind,
    speed_m_per_s,
    limit_m_per_s,
    grade_percent
FROM alerts
WHERE recovered_at_ms IS NULL AND {_IN_RANGE}
ORDER BY raised_at_ms DESC
"""
_PAST = f"""
SELECT
    to_timestamp(raised_at_ms / 1000.0) AS "raised",
    treadmill,
    kind,
    (recovered_at_ms - raised_at_ms) / 1000.0 AS "lasted_s",
    speed_m_per_s,
    limit_m_per_s,
    grade_percent
FROM alerts
WHERE {_IN_RANGE}
ORDER BY raised_at_ms DESC
LIMIT 500
"""
_BY_KIND = "\nUNION ALL\n".join(
    f'SELECT \'{title}\' AS "kind", count(*) AS "alerts" FROM alerts'
    f" WHERE kind = '{kind}' AND {_IN_RANGE.strip()}"
    for kind, title in TITLES.items()
)
_BY_HOUR = f"""
SELECT
    date_trunc('hour', to_timestamp(raised_at_ms / 1000.0)) AS time,
    kind AS metric,
    count(*) AS alerts
FROM alerts
WHERE {_IN_RANGE}
GROUP BY 1, 2
ORDER BY 1, 2
"""
_EMERGENCY_STOPS = f"""
SELECT count(*) AS "emergency stops"
FROM alerts
WHERE kind = '{AlertKind.EMERGENCY_STOP}' AND {_IN_RANGE}
"""
_TOO_FAST = f"""
SELECT count(*) AS "too fast"
FROM alerts
WHERE kind = '{AlertKind.REVERSE_TOO_FAST}' AND {_IN_RANGE}
"""
_FASTEST_REVERSE = """
from(bucket: v.defaultBucket)
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "belt" and r._field == "belt_velocity_m_per_s")
    |> aggregateWindow(every: v.windowPeriod, fn: min, createEmpty: false)
    |> filter(fn: (r) => r._value < 0.0)
    |> map(
        fn: (r) =>
            ({
                _time: r._time,
                treadmill: r.gym_id + "/" + r.treadmill_id,
                _value: -r._value,
            }),
    )
    |> group(columns: ["treadmill"])
"""
_SHOWN = {
    "raised": ("Raised", "dateTimeAsIso"),
    "treadmill": ("Treadmill", "string"),
    "kind": ("What", "string"),
    "lasted_s": ("Lasted", "s"),
    "speed_m_per_s": ("Belt speed", "velocityms"),
    "limit_m_per_s": ("Advised at most", "velocityms"),
    "grade_percent": ("Grade", "percent"),
}


def build() -> Dashboard:
    """Return the board."""
    kinds = panels.words({str(kind): (title, "text") for kind, title in TITLES.items()})
    going_on = panels.columns(
        panels.rows("Going on").height(7).datasource(POSTGRES).with_target(panels.sql(_GOING_ON)),
        {name: shown for name, shown in _SHOWN.items() if name != "lasted_s"},
    )
    past = panels.columns(
        panels.rows("All of them").datasource(POSTGRES).with_target(panels.sql(_PAST)), _SHOWN
    )
    return (
        panels.board("safety", "Safety", since="now-24h", refresh="10s")
        .with_panel(
            panels.number("Emergency stops", "none")
            .thresholds(panels.steps((None, GOOD), (1, BAD)))
            .span(6)
            .height(8)
            .datasource(POSTGRES)
            .with_target(panels.sql(_EMERGENCY_STOPS))
        )
        .with_panel(
            panels.number("Reverse above the advised speed", "none")
            .thresholds(panels.steps((None, GOOD), (1, BAD)))
            .span(6)
            .height(8)
            .datasource(POSTGRES)
            .with_target(panels.sql(_TOO_FAST))
        )
        .with_panel(
            panels.shares("Alerts by kind", "none")
            .datasource(POSTGRES)
            .with_target(panels.sql(_BY_KIND))
        )
        .with_panel(going_on.mappings([kinds]))
        .with_panel(
            panels.bars("Alerts by hour", "none")
            .datasource(POSTGRES)
            .with_target(panels.sql(_BY_HOUR, is_time_series=True))
        )
        .with_panel(
            panels.lines("Fastest reverse", "velocityms")
            .datasource(INFLUXDB)
            .with_target(panels.flux(_FASTEST_REVERSE))
        )
        .with_panel(past.mappings([kinds]))
    )
