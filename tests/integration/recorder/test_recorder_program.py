"""The recorder as a process, on a Kafka, an MQTT broker and stores that are real."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstride_shared.fold.state import decode_state
from backstride_shared.settings import SeriesBlock
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_shared.store.treadmill_states import stored_states
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.energy_records import EnergyRecords
from tests.factories.events import DEVICE, TREADMILL, message, run_of
from tests.integration.recorder.recorder_process import (
    READY_WITHIN_S,
    Produce,
    Stored,
    Surroundings,
    hearing_stored,
    point_count,
    producer_of,
    running,
    session_rows,
    wait_for_mark,
)
from tests.servers.influxdb import InfluxAddress
from tests.servers.mosquitto import LocalMosquitto
from tests.servers.postgres import PostgresAddress
from tests.waiting import wait_until

STOPS_WITHIN_S = 10.0

Servers = tuple[InfluxAddress, PostgresAddress]


# For the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=["files", "servers"])
def servers(request: pytest.FixtureRequest) -> Servers | None:
    if request.param == "files":
        return None
    return request.getfixturevalue("influxdb"), request.getfixturevalue("postgres")


@pytest.fixture
def surroundings(
    servers: Servers | None,
    embedded_kafka: EmbeddedKafka,
    own_mosquitto: LocalMosquitto,
    tmp_path: Path,
) -> Surroundings:
    kafka, mqtt = embedded_kafka.bootstrap_servers, own_mosquitto.address.url
    if servers is None:
        series = SeriesBlock(url=f"sqlite:///{tmp_path}/series.db")
        return Surroundings(kafka, mqtt, tmp_path, f"sqlite:///{tmp_path}/store.db", series)
    influxdb, postgres = servers
    series = influxdb.fresh_bucket().settings()
    return Surroundings(kafka, mqtt, tmp_path, postgres.fresh_database(), series)


@pytest.fixture
def produce(surroundings: Surroundings) -> Produce:
    return producer_of(surroundings)


@pytest.fixture
def stored(surroundings: Surroundings) -> Iterator[Stored]:
    with hearing_stored(surroundings) as heard:
        yield heard


def test_what_is_reported_stored_is_in_both_stores(
    surroundings: Surroundings,
    produce: Produce,
    stored: Stored,
) -> None:
    migrate(surroundings.database_url)
    records = EnergyRecords()
    with running(surroundings) as process:
        produce(records.of(message(run_of(1, 40, 0.0))))
        wait_for_mark(stored, 40)
        produce(records.of(message(run_of(41, 20, 40.0), after=(1, 40))))
        wait_for_mark(stored, 60)

        assert point_count(surroundings) == 60
        assert [count for _, count in session_rows(surroundings)] == [60]
        surroundings.wait_until_ready()

        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN_S) == 0
    assert "Traceback" not in surroundings.log_text()


def test_a_recorder_that_is_killed_loses_and_doubles_nothing(
    surroundings: Surroundings,
    produce: Produce,
    stored: Stored,
) -> None:
    migrate(surroundings.database_url)
    records = EnergyRecords()
    sent = 0
    for _ in range(3):
        with running(surroundings):
            produce(records.of(message(run_of(sent + 1, 30, float(sent)))))
            sent += 30
            wait_for_mark(stored, sent)
            produce([records.output_of(message(run_of(sent + 1, 10, float(sent))))])
            sent += 10
    produce([records.checkpoint()])
    with running(surroundings):
        wait_for_mark(stored, sent)

    assert point_count(surroundings) == sent
    assert [count for _, count in session_rows(surroundings)] == [sent]


def test_a_recorder_starts_before_everything_it_needs(
    own_mosquitto: LocalMosquitto,
    surroundings: Surroundings,
    produce: Produce,
    stored: Stored,
) -> None:
    own_mosquitto.stop()
    with running(surroundings):
        wait_until(
            surroundings.waiting_for,
            what="the recorder to say what it waits for",
            within_s=READY_WITHIN_S,
            holds=lambda names: (
                names is not None
                and {"relational store", "MQTT broker", "Kafka partitions"} <= set(names)
            ),
        )
        produce(EnergyRecords().of(message(run_of(1, 10, 0.0))))
        migrate(surroundings.database_url)
        own_mosquitto.start()

        wait_for_mark(stored, 10)
        surroundings.wait_until_ready()


def test_the_stored_state_is_the_checkpoint(
    surroundings: Surroundings,
    produce: Produce,
    stored: Stored,
) -> None:
    migrate(surroundings.database_url)
    records = EnergyRecords()
    with running(surroundings):
        produce(records.of(message(run_of(1, 5, 0.0))))
        wait_for_mark(stored, 5)

    engine = open_engine(surroundings.database_url)
    with engine.connect() as connection:
        (row,) = stored_states(connection)
    engine.dispose()
    assert decode_state(row.state) == records.fold.states[TREADMILL]
    assert decode_state(row.state).marks[DEVICE].seq == 5
