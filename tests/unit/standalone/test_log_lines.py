import json

import pytest

from backstride_standalone.domain.log_lines import notice_from


def logged(**fields: object) -> str:
    return json.dumps({"service": "ingest", "timestamp": "2026-01-01T00:00:00Z", **fields})


def test_a_warning_is_shown_with_its_fields() -> None:
    notice = notice_from("ingest", logged(event="kafka is away", level="warning", seconds=3))

    assert str(notice) == "ingest: kafka is away: seconds 3"


def test_an_exception_is_shown_by_its_last_line() -> None:
    line = logged(event="failed", level="error", exception="Traceback…\n  File\nValueError: no")

    assert str(notice_from("ingest", line)) == "ingest: failed: ValueError: no"


@pytest.mark.parametrize(
    "line",
    [
        logged(event="ready", level="info"),
        logged(event="alert raised", level="warning", treadmill="demo/treadmill-01"),
        "Traceback (most recent call last):",
        "[1, 2]",
        "",
    ],
)
def test_what_is_no_warning_stays_in_the_log(line: str) -> None:
    assert notice_from("ingest", line) is None


def test_a_long_line_is_cut() -> None:
    notice = notice_from("ingest", logged(event="x" * 1000, level="error"))

    assert notice is not None
    assert len(notice.text) == 300
