"""A recorder whose InfluxDB is wrong or away: it says so, loses nothing, goes on when mended."""

import dataclasses
from pathlib import Path

import pytest
from influxdb_client.client.write_api import SYNCHRONOUS

from backstride_shared.settings import SeriesBlock
from backstride_shared.store.migrate import migrate
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.energy_records import EnergyRecords
from tests.factories.events import START_MS, message, run_of
from tests.integration.recorder.recorder_process import (
    Surroundings,
    hearing_stored,
    point_count,
    producer_of,
    running,
    session_rows,
    wait_for_mark,
    wait_until_told,
)
from tests.servers.influxdb import InfluxAddress, InfluxBucket, LocalInfluxdb
from tests.servers.mosquitto import LocalMosquitto


@pytest.fixture
def bare(
    embedded_kafka: EmbeddedKafka, own_mosquitto: LocalMosquitto, tmp_path: Path
) -> Surroundings:
    """Return surroundings whose series the test replaces."""
    database_url = f"sqlite:///{tmp_path}/store.db"
    migrate(database_url)
    return Surroundings(
        embedded_kafka.bootstrap_servers,
        own_mosquitto.address.url,
        tmp_path,
        database_url,
        SeriesBlock(url="sqlite:///replaced"),
    )


def _with_series(bare: Surroundings, bucket: InfluxBucket) -> Surroundings:
    return dataclasses.replace(bare, series=bucket.settings())


def test_a_wrong_token_is_told_and_readings_wait_for_the_right_one(
    bare: Surroundings, influx_bucket: InfluxBucket
) -> None:
    mended = _with_series(bare, influx_bucket)
    wrong = _with_series(bare, dataclasses.replace(influx_bucket, token="guessed"))
    with hearing_stored(mended) as stored:
        producer_of(mended)(EnergyRecords().of(message(run_of(1, 20, 0.0))))
        with running(wrong):
            wait_until_told(wrong, "give the token that the set-up wrote")
            assert "series store" in (wrong.waiting_for() or [])
        with running(mended):
            wait_for_mark(stored, 20)
    assert "guessed" not in mended.log_text()
    assert point_count(mended) == 20


def test_a_missing_bucket_is_waited_for(bare: Surroundings, influxdb: InfluxAddress) -> None:
    bucket = influxdb.fresh_bucket(of_all_buckets=True)
    surroundings = _with_series(bare, dataclasses.replace(bucket, bucket="made-later"))
    with hearing_stored(surroundings) as stored, running(surroundings):
        producer_of(surroundings)(EnergyRecords().of(message(run_of(1, 20, 0.0))))
        wait_until_told(surroundings, "run the set-up of InfluxDB")
        assert "series store" in (surroundings.waiting_for() or [])

        with influxdb.operator(bucket.org) as operator:
            operator.buckets_api().create_bucket(bucket_name="made-later", org=bucket.org)

        wait_for_mark(stored, 20)
    assert point_count(surroundings) == 20


def test_a_field_of_another_type_holds_readings_until_it_is_gone(
    bare: Surroundings, influxdb: InfluxAddress, influx_bucket: InfluxBucket
) -> None:
    with influxdb.operator(influx_bucket.org) as operator:
        operator.write_api(write_options=SYNCHRONOUS).write(
            influx_bucket.bucket,
            record=f"belt,gym_id=other,treadmill_id=other flags=3i {START_MS}000000",
        )
    surroundings = _with_series(bare, influx_bucket)
    with hearing_stored(surroundings) as stored, running(surroundings):
        producer_of(surroundings)(EnergyRecords().of(message(run_of(1, 20, 0.0))))
        wait_until_told(surroundings, "field type conflict")
        assert session_rows(surroundings) == []

        with influxdb.operator(influx_bucket.org) as operator:
            operator.delete_api().delete(
                "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "", influx_bucket.bucket
            )

        wait_for_mark(stored, 20)
    assert point_count(surroundings) == 20


def test_an_influxdb_that_dies_and_comes_back_loses_nothing(
    bare: Surroundings, own_influxdb: LocalInfluxdb
) -> None:
    surroundings = _with_series(bare, own_influxdb.address.fresh_bucket())
    records = EnergyRecords()
    produce = producer_of(surroundings)
    with hearing_stored(surroundings) as stored, running(surroundings):
        produce(records.of(message(run_of(1, 20, 0.0))))
        wait_for_mark(stored, 20)

        own_influxdb.kill()
        produce(records.of(message(run_of(21, 20, 20.0), after=(1, 20))))
        wait_until_told(surroundings, "InfluxDB does not answer")
        own_influxdb.start()

        wait_for_mark(stored, 40)
    assert point_count(surroundings) == 40
    assert [count for _, count in session_rows(surroundings)] == [40]
