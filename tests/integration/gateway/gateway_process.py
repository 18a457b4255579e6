"""The gateway as a process of its own, and the log around it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import httpx
from confluent_kafka import Consumer, Producer, TopicPartition

from backstride_shared.frames import TreadmillEvent, events_decoder
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.store.migrate import migrate
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic
from tests.servers.finding import HOST
from tests.waiting import wait_until

READY_WITHIN_S = 30.0
STOPS_WITHIN_S = 10.0


class GatewayProcess:
    """`python -m backstride_gateway` on a folder of its own; may be started again."""

    def __init__(self, folder: Path, kafka: str, mqtt_url: str, **settings: str) -> None:
        self.folder = folder
        self.port: int | None = None
        self.database_url = f"sqlite:///{folder}/store.db"
        self.series_url = f"sqlite:///{folder}/series.db"
        self._environment = {
            **os.environ,
            "BACKSTRIDE_HTTP__PORT": "0",
            "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": kafka,
            "BACKSTRIDE_MQTT__URL": mqtt_url,
            "BACKSTRIDE_DATABASE__URL": self.database_url,
            "BACKSTRIDE_SERIES__URL": self.series_url,
            "BACKSTRIDE_IS_DEMO": "true",
            **settings,
        }
        self._log: IO[bytes] | None = None
        self._log_start = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start it and return once it answers, ready or not, or has ended."""
        self.port = None
        self._log_start = self._log_bytes()
        self._log = (self.folder / "gateway.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backstride_gateway"],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=self._environment,
        )
        wait_until(
            lambda: (
                self.process is None or self.process.poll() is not None or self._has_told_port()
            ),
            what="the gateway to answer",
            within_s=READY_WITHIN_S,
        )

    def start_ready(self) -> None:
        """Migrate the store, start the gateway, and return once it is ready."""
        migrate(self.database_url)
        self.start()
        wait_until(
            self.waiting_for,
            what=f"the gateway to be ready; its log: {self.log_text()[-2000:]}",
            within_s=READY_WITHIN_S,
            holds=lambda missing: missing == [],
        )

    def waiting_for(self) -> list[str] | None:
        try:
            found: list[str] = httpx.get(f"{self.url}/readyz", timeout=2).json()["waiting_for"]
        except httpx.HTTPError:
            return None
        return found

    def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        response = httpx.get(f"{self.url}{path}", timeout=10)
        response.raise_for_status()
        return response.json()

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401  JSON
        response = httpx.post(f"{self.url}{path}", json=body, timeout=10)
        response.raise_for_status()
        return response.json()

    def member_id(self, number: str) -> str:
        for member in self.get("/v1/members")["members"]:
            if member["member_number"] == number:
                return str(member["member_id"])
        message = f"no member {number}"
        raise AssertionError(message)

    def stop(self) -> int:
        """End it by SIGTERM and return its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def close_input(self) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self) -> int:
        assert self.process is not None
        status = self.process.wait(STOPS_WITHIN_S)
        self._forget()
        return status

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._forget()

    def log_text(self) -> str:
        return (self.folder / "gateway.log").read_text(encoding="utf-8", errors="replace")

    def _forget(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        if self._log is not None:
            self._log.close()
        self.process = None

    def _has_told_port(self) -> bool:
        """Tell whether this run has written to its log which free port it took."""
        with (self.folder / "gateway.log").open("rb") as log:
            log.seek(self._log_start)
            found = re.search(rb'"url": "http://[^"]*:(\d+)/"', log.read())
        if found is not None:
            self.port = int(found[1])
        return self.port is not None

    def _log_bytes(self) -> int:
        path = self.folder / "gateway.log"
        return path.stat().st_size if path.exists() else 0


def publish(kafka: str, topic: KafkaTopic, treadmill: str, records: Sequence[bytes]) -> None:
    """Put records into the partition of a treadmill, and return when the broker has them."""
    producer = Producer({"bootstrap.servers": kafka})
    partition = partition_of(TreadmillKey(treadmill), PARTITION_COUNT)
    for record in records:
        producer.produce(topic, record, key=treadmill.encode(), partition=partition)
    assert producer.flush(15) == 0


def events_in_log(kafka: str, treadmill: str) -> list[TreadmillEvent]:
    """Return the events of the partition of a treadmill so far."""
    partition = partition_of(TreadmillKey(treadmill), PARTITION_COUNT)
    values = records_of(kafka, KafkaTopic.TREADMILL_EVENTS, partition)
    return [event for value in values for event in events_decoder.decode(value).events]


def records_of(kafka: str, topic: KafkaTopic, partition: int) -> list[bytes]:
    """Return the records of a partition so far."""
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": "test-reader", "enable.auto.commit": False}
    )
    place = TopicPartition(topic, partition, 0)
    try:
        _, end = consumer.get_watermark_offsets(place, timeout=10)
        consumer.assign([place])
        values: list[bytes] = []
        deadline = time.monotonic() + 10
        while len(values) < end and time.monotonic() < deadline:
            found = consumer.poll(0.2)
            if found is not None and found.error() is None:
                values.append(found.value() or b"")
        return values
    finally:
        consumer.close()
