"""How the series reads answers that a real InfluxDB gives too seldom to wait for."""

import json

import pytest

from backstride_shared.series import SeriesUnavailableError
from backstride_shared.series.influx_answers import InfluxFieldTypeError
from backstride_shared.series.influx_lines import body_of
from backstride_shared.series.influx_series import ATTEMPTS, InfluxSeries
from tests.factories.series_points import run_of_points
from tests.fakes.http_answers import Answer, HttpAnswers, answering

STORED = Answer(204)
BUSY = Answer(503, b'{"code": "unavailable", "message": "try later"}')
REFUSED = Answer(400, b'{"code": "invalid", "message": "unable to parse"}')
HEADER = b",result,table,_time\r\n"
ROW = b",_result,0,1970-01-01T00:00:01Z\r\n"
ERRORS = b",error,reference\r\n,engine: shard closed,897\r\n"


def _write(server: HttpAnswers, count: int) -> list[int]:
    """Write points and return the numbers of the refused ones."""
    series = InfluxSeries(server.url, "org", "bucket", "token")
    try:
        return [one.point.seq for one in series.write(run_of_points(count))]
    finally:
        series.close()


def _next_measured_at_ms(server: HttpAnswers) -> int | None:
    series = InfluxSeries(server.url, "org", "bucket", "token")
    try:
        return series.next_measured_at_ms("gym/one", 0)
    finally:
        series.close()


@pytest.mark.parametrize("hitch", [BUSY, Answer(429), Answer(500), Answer(502, b"<html>")])
def test_a_server_that_is_busy_for_a_moment_is_asked_again(hitch: Answer) -> None:
    with answering(hitch, STORED) as server:
        assert _write(server, 2) == []

    assert server.received == [body_of(run_of_points(2))] * 2


def test_a_server_that_stays_busy_is_left_to_the_caller() -> None:
    with (
        answering(*[BUSY] * ATTEMPTS, STORED) as server,
        pytest.raises(SeriesUnavailableError, match="503: try later"),
    ):
        _write(server, 2)

    assert len(server.received) == ATTEMPTS


def test_an_answer_cut_short_counts_for_nothing() -> None:
    cut = Answer(500, b"half of a se", is_cut=True)
    with answering(cut, STORED) as server:
        assert _write(server, 2) == []


def test_a_full_disk_is_told_with_its_mend() -> None:
    full = Answer(
        500,
        json.dumps(
            {"code": "internal error", "message": "write /wal: no space left on device"}
        ).encode(),
    )
    with (
        answering(*[full] * ATTEMPTS) as server,
        pytest.raises(SeriesUnavailableError, match="make room on InfluxDB's disk"),
    ):
        _write(server, 2)


def test_a_refused_batch_is_halved_until_the_bad_line_is_found() -> None:
    # 1-4 refused, 1-2 stored, 3-4 refused, 3 stored, 4 refused
    with answering(REFUSED, STORED, REFUSED, STORED, REFUSED) as server:
        assert _write(server, 4) == [4]

    assert [body.count(b"\n") + 1 for body in server.received] == [4, 2, 2, 1, 1]


def test_a_field_of_another_type_is_no_fault_of_the_lines() -> None:
    conflict = Answer(
        422,
        b'{"code": "unprocessable entity", "message": "failure writing points to database: '
        b'partial write: field type conflict: input field x is type float dropped=1"}',
    )
    with (
        answering(conflict) as server,
        pytest.raises(InfluxFieldTypeError, match="a bucket of its own"),
    ):
        _write(server, 4)

    assert len(server.received) == 1


def test_a_query_that_fails_in_the_middle_is_no_answer() -> None:
    failed = Answer(200, ERRORS)
    with answering(failed) as server, pytest.raises(SeriesUnavailableError, match="shard closed"):
        _next_measured_at_ms(server)


def test_a_table_of_errors_after_rows_is_no_answer() -> None:
    failed = Answer(200, HEADER + ROW + b"\r\n" + ERRORS)
    with answering(failed) as server, pytest.raises(SeriesUnavailableError, match="shard closed"):
        _next_measured_at_ms(server)


def test_an_answer_of_a_query_cut_short_is_no_answer() -> None:
    cut = Answer(200, HEADER + ROW, is_cut=True)
    with answering(cut) as server, pytest.raises(SeriesUnavailableError, match="does not answer"):
        _next_measured_at_ms(server)
