"""Grafana's alert rules: what somebody is told of without looking at a board.

The rules of safety read the table that the platform keeps, so each alert is told once and its end
too; those of the pipeline need the profile `metrics` and are silent without it.
"""

from typing import Any, Final, Literal

from backstride_shared.fold.alerts import SENTENCES, AlertKind
from infra.grafana.panels import POSTGRES, PROMETHEUS, TAG

FOLDER: Final = "Backstride"
CONTACT_POINT: Final = "backstride"
_EXPRESSION: Final = "__expr__"
_LOOK_BACK_S: Final = 3600
"""An alert whose end never came, because its treadmill was switched off, goes quiet after it."""

_GOING_ON: Final = f"""
SELECT treadmill, kind, 1 AS value
FROM alerts
WHERE recovered_at_ms IS NULL
    AND kind <> '{AlertKind.EMERGENCY_STOP}'
    AND raised_at_ms >= $__unixEpochFrom() * 1000::bigint
""".strip()
# an emergency stop may end within seconds, between two looks of Grafana's
_EMERGENCY_STOP: Final = f"""
SELECT treadmill, 1 AS value
FROM alerts
WHERE kind = '{AlertKind.EMERGENCY_STOP}' AND raised_at_ms >= $__unixEpochFrom() * 1000::bigint
GROUP BY treadmill
""".strip()
_DEAD_LETTERS: Final = " + ".join(
    f"(sum(increase(backstride_{program}_dead_letters_total[10m])) or vector(0))"
    for program in ("ingest", "processor", "recorder")
)


def rules() -> dict[str, Any]:
    """Return the provisioning file of the rules, as Grafana reads it."""
    return {
        "apiVersion": 1,
        "groups": [
            _group(
                "safety",
                "10s",
                [
                    _sql_rule(
                        "safety-alert",
                        "A safety alert goes on",
                        _GOING_ON,
                        _LOOK_BACK_S,
                        "{{ $labels.treadmill }}: {{ $labels.kind }}",
                    ),
                    _sql_rule(
                        "emergency-stop",
                        "Emergency stop",
                        _EMERGENCY_STOP,
                        600,
                        "{{ $labels.treadmill }}: " + SENTENCES[AlertKind.EMERGENCY_STOP],
                    ),
                ],
            ),
            _group(
                "pipeline",
                "1m",
                [
                    _prometheus_rule(
                        "not-ready",
                        "A program is not ready",
                        '1 - backstride_ready{job="backstride"}',
                        "{{ $labels.service }} waits for something; its /readyz says for what",
                        lasting="2m",
                    ),
                    _prometheus_rule(
                        "not-reached",
                        "A program does not answer",
                        '1 - up{job="backstride",service!="controller"}',
                        "{{ $labels.service }} does not answer",
                        lasting="2m",
                    ),
                    _prometheus_rule(
                        "lag",
                        "Readings wait longer than they should",
                        "sum(backstride_processor_lag_frames)"
                        " + sum(backstride_recorder_lag_records) > bool 500",
                        "Records wait before the processor or the recorder",
                        lasting="2m",
                    ),
                    _prometheus_rule(
                        "dead-letters",
                        "Messages were set aside",
                        f"({_DEAD_LETTERS}) > bool 0",
                        "Look at them: backstride dead-letters list",
                        lasting="0s",
                    ),
                    # seconds as a rule; a store that is away may be back, and a treadmill's
                    # state be stored, long before a person has to look
                    _prometheus_rule(
                        "erasures",
                        "What was to be erased is still there",
                        "sum(backstride_recorder_erasures_due)",
                        "Members were promised an erasure that is not done;"
                        " the recorder's log says what it waits for",
                        lasting="30m",
                    ),
                ],
            ),
        ],
    }


def _group(name: str, interval: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "orgId": 1,
        "name": name,
        "folder": FOLDER,
        "interval": interval,
        "rules": members,
    }


def _sql_rule(uid: str, title: str, text: str, since_s: int, summary: str) -> dict[str, Any]:
    query = {
        "datasource": _reference(POSTGRES.type_val, POSTGRES.uid),
        "editorMode": "code",
        "format": "table",
        "rawQuery": True,
        "rawSql": text,
        "refId": "A",
    }
    return _rule(uid, title, query, since_s, summary, severity="safety", errors="Error")


def _prometheus_rule(
    uid: str, title: str, expression: str, summary: str, *, lasting: str
) -> dict[str, Any]:
    query = {
        "datasource": _reference(PROMETHEUS.type_val, PROMETHEUS.uid),
        "expr": expression,
        "instant": True,
        "refId": "A",
    }
    # without the profile metrics there is no Prometheus to ask, which is no alarm
    return _rule(uid, title, query, 600, summary, severity="pipeline", errors="OK", lasting=lasting)


def _rule(
    uid: str,
    title: str,
    query: dict[str, Any],
    since_s: int,
    summary: str,
    *,
    severity: str,
    errors: Literal["Error", "OK"],
    lasting: str = "0s",
) -> dict[str, Any]:
    """Return a rule that fires for each row or series of the query whose value is above 0."""
    above_zero = {
        "datasource": _reference(_EXPRESSION, _EXPRESSION),
        "expression": "A",
        "type": "threshold",
        "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
        "refId": "B",
    }
    return {
        "uid": f"backstride-{uid}",
        "title": title,
        "condition": "B",
        "data": [
            _step(query, query["datasource"]["uid"], since_s),
            _step(above_zero, _EXPRESSION, since_s),
        ],
        "noDataState": "OK",
        "execErrState": errors,
        "for": lasting,
        "labels": {"platform": TAG, "severity": severity},
        "annotations": {"summary": summary},
    }


def _step(model: dict[str, Any], datasource_uid: str, since_s: int) -> dict[str, Any]:
    return {
        "refId": model["refId"],
        "relativeTimeRange": {"from": since_s, "to": 0},
        "datasourceUid": datasource_uid,
        "model": model,
    }


def _reference(kind: str | None, uid: str | None) -> dict[str, str | None]:
    return {"type": kind, "uid": uid}
