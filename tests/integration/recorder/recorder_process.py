"""A recorder as a process, with a Kafka and an MQTT broker that are real, on stores of any kind."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from sqlalchemy import select

from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.series.opening import open_series
from backstride_shared.settings import MqttBlock, SeriesBlock
from backstride_shared.store.opening import open_engine
from backstride_shared.store.schema import sessions
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic, MqttKind, mqtt_topic
from tests.factories.events import TREADMILL
from tests.servers.finding import free_port
from tests.waiting import wait_until

READY_WITHIN_S = 30.0


@dataclass
class Surroundings:
    """Where a recorder finds its neighbours."""

    kafka: str
    mqtt: str
    folder: Path
    database_url: str
    series: SeriesBlock
    health_port: int = field(default_factory=free_port)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a recorder; its log goes to a file in the folder."""
        environment = os.environ | {
            "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": self.kafka,
            "BACKSTRIDE_KAFKA__IS_EMBEDDED": "true",
            "BACKSTRIDE_MQTT__URL": self.mqtt,
            "BACKSTRIDE_DATABASE__URL": self.database_url,
            **self._series_variables(),
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

    def _series_variables(self) -> dict[str, str]:
        series = self.series
        variables = {
            "BACKSTRIDE_SERIES__URL": series.url,
            "BACKSTRIDE_SERIES__ORG": series.org,
            "BACKSTRIDE_SERIES__BUCKET": series.bucket,
        }
        if series.token is not None:
            token_file = self.folder / "token"
            token_file.write_text(f"{series.token.get_secret_value()}\n", encoding="utf-8")
            variables["BACKSTRIDE_SERIES__TOKEN_FILE"] = str(token_file)
        return variables

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


@contextlib.contextmanager
def running(surroundings: Surroundings) -> Iterator[subprocess.Popen[bytes]]:
    process = surroundings.start()
    try:
        yield process
    finally:
        process.kill()
        process.wait()


Produce = Callable[[list[bytes]], None]
Stored = queue.Queue[dict[str, Any]]


def producer_of(surroundings: Surroundings) -> Produce:
    """Return what puts records of one treadmill on the energy log."""
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


@contextlib.contextmanager
def hearing_stored(surroundings: Surroundings) -> Iterator[Stored]:
    """Lend the queue of `stored` messages that the treadmill hears."""
    heard: Stored = queue.Queue()
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


def wait_for_mark(heard: Stored, seq: int) -> None:
    seen: list[int] = []

    def last_seq() -> int:
        with contextlib.suppress(queue.Empty):
            seen.append(heard.get(timeout=0.1)["seq"])
        return seen[-1] if seen else 0

    wait_until(last_seq, what=f"stored {seq}", within_s=30, holds=lambda last: last == seq)


def wait_until_told(surroundings: Surroundings, words: str) -> None:
    wait_until(
        surroundings.log_text,
        what=f"the recorder to say {words!r}",
        within_s=READY_WITHIN_S,
        holds=lambda text: words in text,
    )


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
    series = open_series(surroundings.series)
    count = series.count()
    series.close()
    return count
