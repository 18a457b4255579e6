"""The recorder as a process, on a Kafka, an MQTT broker and files that are real."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from sqlalchemy import select

from backstride_shared.fold.state import decode_state
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.series.opening import open_series
from backstride_shared.settings import MqttBlock, SeriesBlock
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_shared.store.schema import sessions
from backstride_shared.store.treadmill_states import stored_states
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic, MqttKind, mqtt_topic
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.energy_records import EnergyRecords
from tests.factories.events import DEVICE, TREADMILL, message, run_of
from tests.servers.finding import free_port
from tests.servers.mosquitto import LocalMosquitto
from tests.waiting import wait_until

READY_WITHIN_S = 30.0
STOPS_WITHIN_S = 10.0


@dataclass
class Surroundings:
    """Where a recorder finds its neighbours."""

    kafka: str
    mqtt: str
    folder: Path
    health_port: int

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder}/store.db"

    @property
    def series_url(self) -> str:
        return f"sqlite:///{self.folder}/series.db"

    def start(self) -> subprocess.Popen[bytes]:
        """Start a recorder; its log goes to a file in the folder."""
        environment = os.environ | {
            "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": self.kafka,
            "BACKSTRIDE_KAFKA__IS_EMBEDDED": "true",
            "BACKSTRIDE_MQTT__URL": self.mqtt,
            "BACKSTRIDE_DATABASE__URL": self.database_url,
            "BACKSTRIDE_SERIES__URL": self.series_url,
            "BACKSTRIDE_TELEMETRY__PORT": str(self.health_port),
            "BACKSTRIDE_RECORDER__REFOLD_INTERVAL_S": "0",
        }
        with (self.folder / "recorder.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "backstride_recorder"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    def log_text(self) -> str:
        return (self.folder / "recorder.log").read_text(encoding="utf-8")

    def waiting_for(self) -> list[str] | None:
        """Return what /readyz names; None while nothing answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.health_port}/readyz", timeout=2
            ) as answer:
                body: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                body = json.load(error)
        except OSError:
            return None
        names: list[str] = body["waiting_for"]
        return names

    def wait_until_ready(self) -> None:
        wait_until(
            self.waiting_for,
            what="the recorder to be ready",
            within_s=READY_WITHIN_S,
            holds=lambda names: names == [],
        )


@pytest.fixture
def surroundings(
    embedded_kafka: EmbeddedKafka, own_mosquitto: LocalMosquitto, tmp_path: Path
) -> Surroundings:
    return Surroundings(
        embedded_kafka.bootstrap_servers, own_mosquitto.address.url, tmp_path, free_port()
    )


@contextlib.contextmanager
def running(surroundings: Surroundings) -> Iterator[subprocess.Popen[bytes]]:
    process = surroundings.start()
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def produce(surroundings: Surroundings) -> Callable[[list[bytes]], None]:
    producer = Producer({"bootstrap.servers": surroundings.kafka, "log_level": 2})

    def send(records: list[bytes]) -> None:
        for record in records:
            producer.produce(
                KafkaTopic.ENERGY,
                record,
                partition=partition_of(TreadmillKey(TREADMILL), PARTITION_COUNT),
            )
        assert producer.flush(10) == 0

    return send


@pytest.fixture
def stored(surroundings: Surroundings) -> Iterator[queue.Queue[dict[str, Any]]]:
    """Return the queue of `stored` messages that the treadmill hears."""
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    mqtt = MqttBlock(url=surroundings.mqtt)
    client = build_mqtt_client(mqtt, f"listener-{uuid.uuid4().hex}")
    topic = mqtt_topic(TreadmillKey(TREADMILL), MqttKind.STORED)

    def subscribe(*_: object) -> None:
        client.subscribe(topic, qos=1)

    client.on_connect = subscribe
    client.on_message = lambda _client, _userdata, message: heard.put(json.loads(message.payload))
    connect_in_background(client, mqtt)
    yield heard
    client.disconnect()
    client.loop_stop()


def wait_for_mark(heard: queue.Queue[dict[str, Any]], seq: int) -> None:
    seen: list[int] = []

    def last_seq() -> int:
        with contextlib.suppress(queue.Empty):
            seen.append(heard.get(timeout=0.1)["seq"])
        return seen[-1] if seen else 0

    wait_until(last_seq, what=f"stored {seq}", within_s=20, holds=lambda last: last == seq)


def session_rows(surroundings: Surroundings) -> list[tuple[str, int]]:
    engine = open_engine(surroundings.database_url)
    with engine.connect() as connection:
        rows = connection.execute(
            select(sessions.c.session_id, sessions.c.readings_count).order_by(
                sessions.c.started_at_ms
            )
        ).all()
    engine.dispose()
    return [(row[0], row[1]) for row in rows]


def point_count(surroundings: Surroundings) -> int:
    series = open_series(SeriesBlock(url=surroundings.series_url))
    count = series.count()
    series.close()
    return count


def test_what_is_reported_stored_is_in_both_stores(
    surroundings: Surroundings,
    produce: Callable[[list[bytes]], None],
    stored: queue.Queue[dict[str, Any]],
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
    produce: Callable[[list[bytes]], None],
    stored: queue.Queue[dict[str, Any]],
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
    produce: Callable[[list[bytes]], None],
    stored: queue.Queue[dict[str, Any]],
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
    produce: Callable[[list[bytes]], None],
    stored: queue.Queue[dict[str, Any]],
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
