"""Ingest at the broker that `backstride run` starts where no mosquitto is installed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstride_standalone.adapters.http_health import is_listening
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.integration.ingest.ingest_process import IngestProcess, Treadmill, seqs_in
from tests.servers.finding import HOST, free_port, fresh_name
from tests.servers.local_process import LocalProcess
from tests.servers.mosquitto import MqttAddress
from tests.waiting import wait_until


@pytest.fixture
def amqtt(tmp_path: Path) -> Iterator[MqttAddress]:
    address = MqttAddress(HOST, free_port())
    broker = LocalProcess(
        [sys.executable, "-m", "backstride_standalone.embedded_mqtt"],
        log=tmp_path / "amqtt.log",
        is_ready=lambda: is_listening(address.port),
        ready_within_s=30,
        environment={"BACKSTRIDE_EMBEDDED__PORT": str(address.port)},
    )
    broker.start()
    yield address
    broker.stop()


def test_readings_flow_and_those_published_while_ingest_was_away_follow(
    amqtt: MqttAddress, embedded_kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    kafka = embedded_kafka.bootstrap_servers
    gym_id = fresh_name("gym")
    ingest = IngestProcess(tmp_path, amqtt, kafka, gym_id, BACKSTRIDE_KAFKA__IS_EMBEDDED="true")
    treadmill = Treadmill(amqtt, gym_id)
    try:
        ingest.start_ready()
        treadmill.publish(20)
        # what is under way when a receiver goes, amqtt loses; the outbox then sends it again
        wait_for_seqs(kafka, treadmill)
        ingest.stop()
        treadmill.publish(20)
        ingest.start_ready()
        treadmill.publish(20)

        seqs = wait_for_seqs(kafka, treadmill)
    finally:
        treadmill.close()
        ingest.kill()

    assert list(dict.fromkeys(seqs)) == list(range(1, 61))


def wait_for_seqs(kafka: str, treadmill: Treadmill) -> list[int]:
    return wait_until(
        lambda: seqs_in(kafka, treadmill.key),
        what=f"{treadmill.count} readings in Kafka",
        within_s=30,
        holds=lambda found: len(set(found)) == treadmill.count,
    )
