"""The program ingest as its own process, a treadmill that publishes to it, and what Kafka got."""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from confluent_kafka import Consumer, TopicPartition
from paho.mqtt.enums import CallbackAPIVersion

from backstride_shared.frames import ReadingsEvent, events_decoder
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic
from tests.factories.mqtt_payloads import raw_reading, readings_payload
from tests.servers.finding import HOST, free_port, fresh_name
from tests.servers.local_process import LocalProcess
from tests.servers.mosquitto import MqttAddress
from tests.waiting import wait_until

STARTED_WITHIN_S = 30.0


class IngestProcess:
    """`python -m backstride_ingest`, for one gym, which may be stopped, killed, started again."""

    def __init__(
        self, folder: Path, mqtt: MqttAddress, kafka: str, gym_id: str, **settings: str
    ) -> None:
        self.port = free_port()
        self.log = folder / "ingest.log"
        self._process = LocalProcess(
            [sys.executable, "-m", "backstride_ingest"],
            log=self.log,
            is_ready=lambda: self.waiting_for() is not None,
            ready_within_s=STARTED_WITHIN_S,
            environment={
                "BACKSTRIDE_MQTT__URL": mqtt.url,
                "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": kafka,
                "BACKSTRIDE_INGEST__GYM_ID": gym_id,
                "BACKSTRIDE_TELEMETRY__PORT": str(self.port),
                **settings,
            },
        )

    def start(self) -> None:
        """Start it and return once it answers, ready or not."""
        self._process.start()

    def start_ready(self) -> None:
        """Start it and return once messages flow."""
        self.start()
        wait_until(
            self.waiting_for,
            what="ingest to be ready",
            within_s=STARTED_WITHIN_S,
            holds=lambda missing: missing == [],
        )

    def stop(self) -> None:
        """Stop it by SIGTERM and wait for its end."""
        self._process.stop()

    def kill(self) -> None:
        """Kill it where it stands."""
        self._process.kill()

    def waiting_for(self) -> list[str] | None:
        """Return the servers it waits for, or None while it does not answer."""
        try:
            answer = self._get("/readyz")
        except urllib.error.HTTPError as error:
            with error:
                answer = error.read()
        except OSError:
            return None
        missing: list[str] = json.loads(answer)["waiting_for"]
        return missing

    def metric(self, name: str) -> float:
        """Return the value of `backstride_ingest_<name>`."""
        for line in self._get("/metrics").decode().splitlines():
            if line.startswith(f"backstride_ingest_{name} "):
                return float(line.split()[1])
        message = f"no metric {name}"
        raise LookupError(message)

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=2) as answer:
            content: bytes = answer.read()
            return content


class Treadmill:
    """A client that publishes readings of consecutive numbers, QoS 1."""

    def __init__(self, mqtt: MqttAddress, gym_id: str) -> None:
        self.key = f"{gym_id}/treadmill"
        self.count = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=fresh_name("device"))
        self._client.connect(mqtt.host, mqtt.port)
        self._client.loop_start()

    def publish(self, count: int) -> None:
        """Publish `count` messages of one reading; return when the broker has them."""
        now_ms = time.time_ns() // 1_000_000
        sent = []
        for _ in range(count):
            self.count += 1
            payload = readings_payload(raw_reading(self.count, measured_at_ms=now_ms))
            sent.append(self._client.publish(self.topic("readings"), payload, qos=1))
        for info in sent:
            info.wait_for_publish(20)

    def publish_raw(self, kind: str, payload: bytes) -> None:
        """Publish any bytes; return when the broker has them."""
        self._client.publish(self.topic(kind), payload, qos=1).wait_for_publish(20)

    def topic(self, kind: str) -> str:
        return f"backstride/v1/{self.key}/{kind}"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def events_in(kafka: str, treadmill: str) -> list[ReadingsEvent]:
    """Return the events of a treadmill that Kafka holds, in order."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": fresh_name("group")})
    topic = KafkaTopic.TREADMILL_EVENTS
    events: list[Any] = []
    try:
        for partition in range(PARTITION_COUNT):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
            if high == low:
                continue
            consumer.assign([TopicPartition(topic, partition, low)])
            for message in consumer.consume(high - low, timeout=20):
                events += events_decoder.decode(message.value() or b"").events
    finally:
        consumer.close()
    return [
        event
        for event in events
        if isinstance(event, ReadingsEvent) and event.treadmill == treadmill
    ]


def seqs_in(kafka: str, treadmill: str) -> list[int]:
    """Return the numbers of a treadmill's readings that Kafka holds, in order."""
    return [reading.seq for event in events_in(kafka, treadmill) for reading in event.readings]
