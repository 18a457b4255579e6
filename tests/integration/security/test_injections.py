"""Names that try to be more than names: in Flux, in SQL, in logs."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from backstride_recorder.adapters.sql_sessions import SqlSessions
from backstride_recorder.domain.batch import KnownState, Rows
from backstride_shared.fold.state import STATE_VERSION, TreadmillState, encode_state
from backstride_shared.identity import TreadmillKey
from backstride_shared.series.influx_series import InfluxSeries
from backstride_shared.settings import TelemetryBlock
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_shared.telemetry import set_up_logging
from tests.factories.series_points import series_point
from tests.servers.influxdb import InfluxBucket
from tests.servers.postgres import PostgresAddress

FLUX = (
    'x" or true or "" == "',
    'x") |> drop(columns: ["_value"]) //',
    "x' ) union all //",
    'x"}\nbuckets()\n//',
    "${r.treadmill_id}",
    "\\",
)
SQL = ("' OR 1=1 --", "'; DROP TABLE treadmill_states; --", "%", '" OR ""="', "$1", "{}")
LOG = ("two\nlines", '"}\n{"event": "forged"', "\x1b[2J\x1b[31m", "\r\n\r\n", "\u2028next")


@pytest.mark.parametrize("name", FLUX)
def test_a_treadmills_name_is_never_flux(influx_bucket: InfluxBucket, name: str) -> None:
    series = InfluxSeries(
        influx_bucket.url, influx_bucket.org, influx_bucket.bucket, influx_bucket.token
    )
    try:
        point = series_point(1)
        assert series.write([point]) == []
        treadmill = TreadmillKey(point.treadmill)
        key = TreadmillKey(f"{point.treadmill.partition('/')[0]}/{name}")

        assert series.read(key, 0, 2**53) == []
        assert series.next_measured_at_ms(key, 0) is None
        assert series.read(treadmill, 0, 2**53) == [point]
    finally:
        series.close()


def test_a_treadmills_name_is_never_sql(postgres: PostgresAddress) -> None:
    url = postgres.fresh_database()
    migrate(url)
    engine = open_engine(url)
    store = SqlSessions(engine, lambda: 0)
    try:
        for name in SQL:
            state = TreadmillState(STATE_VERSION, f"gym/{name}")
            known = KnownState(state, encode_state(state))
            store.write(Rows(states={state.treadmill: known}))

        assert store.state("gym/other") is None
        for name in SQL:
            kept = store.state(f"gym/{name}")
            assert kept is not None
            assert kept.treadmill == f"gym/{name}"
        assert len(list(store.treadmills())) == len(SQL)
    finally:
        engine.dispose()


@pytest.fixture
def logging_put_back() -> Iterator[None]:
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging_put_back")
@pytest.mark.parametrize("name", LOG)
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_name_in_a_log_stays_in_its_line(
    capfd: pytest.CaptureFixture[str], log_format: str, name: str
) -> None:
    set_up_logging("ingest", TelemetryBlock.model_validate({"log_format": log_format}))

    structlog.get_logger().warning("dead letter", topic=name)

    said = capfd.readouterr().err
    assert said.count("\n") == 1, said
    assert "\x1b[2J" not in said
    if log_format == "json":
        assert json.loads(said)["topic"] == name
