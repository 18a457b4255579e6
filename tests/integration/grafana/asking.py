"""Asks the stores what a panel asks, with the words that Grafana puts in place of its own."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
import urllib3

from tests.integration.grafana.simulated_hour import END_MS, GYM, START_MS
from tests.servers.influxdb import InfluxBucket

VARIABLES = {"gym": GYM, "treadmill": "treadmill-01"}
WINDOW = "10000ms"
_TIMEOUT_S = 30.0

Row = dict[str, Any]


class Target(NamedTuple):
    """One query of one panel."""

    board: str
    panel: str
    datasource: dict[str, str]
    model: dict[str, Any]


def targets(boards: dict[str, dict[str, Any]], datasource_uid: str) -> list[Target]:
    """Return the queries of all panels that go to one datasource."""
    return [
        Target(name, panel["title"], panel["datasource"], model)
        for name, board in boards.items()
        for panel in board["panels"]
        for model in panel["targets"]
        if panel["datasource"]["uid"] == datasource_uid
    ]


def ask_influxdb(bucket: InfluxBucket, query: str) -> list[Row]:
    """Return the rows of a Flux query; columns without a meaning for people are left out."""
    text = _chosen(query, "doublequote", '"{}"')
    for word, value in {
        "v.defaultBucket": f'"{bucket.bucket}"',
        "v.timeRangeStart": _time(START_MS),
        "v.timeRangeStop": _time(END_MS),
        "v.windowPeriod": WINDOW,
    }.items():
        text = text.replace(word, value)
    with urllib3.PoolManager(timeout=_TIMEOUT_S) as http:
        answer = http.request(
            "POST",
            f"{bucket.url}/api/v2/query?org={bucket.org}",
            headers={
                "Authorization": f"Token {bucket.token}",
                "Content-Type": "application/vnd.flux",
                "Accept": "application/csv",
            },
            body=text.encode(),
        )
    assert answer.status == 200, answer.data.decode()
    return list(_rows(answer.data.decode()))


def ask_postgres(url: str, query: str) -> list[Row]:
    """Return the rows of a query of PostgreSQL."""
    text = _chosen(query, "sqlstring", "'{}'")
    text = text.replace("$__unixEpochFrom()", str(START_MS // 1000))
    text = text.replace("$__unixEpochTo()", str(END_MS // 1000))
    assert "$" not in text, "a word of Grafana's that this test does not know"
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(text.encode()).fetchall()


def _chosen(query: str, quoting: str, quoted: str) -> str:
    for name, value in VARIABLES.items():
        query = query.replace(f"${{{name}:{quoting}}}", quoted.format(value))
    return query


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat().replace("+00:00", "Z")


def _rows(text: str) -> Iterator[Row]:
    """Yield the rows of InfluxDB's CSV, whose tables have a header each."""
    for part in text.replace("\r\n", "\n").split("\n\n"):
        if not part.strip():
            continue
        for row in csv.DictReader(io.StringIO(part.lstrip("\n"))):
            yield {
                name: _value(value)
                for name, value in row.items()
                if name not in {"", "result", "table"}
            }


def _value(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
