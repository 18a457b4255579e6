"""Ingest as a real process: what is killed, lost or restarted beside it loses no message."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.integration.ingest.ingest_process import IngestProcess, Treadmill, seqs_in
from tests.servers.finding import HOST, free_port, fresh_name
from tests.servers.kafka import KafkaAddress, LocalKafka
from tests.servers.mosquitto import LocalMosquitto, MqttAddress
from tests.waiting import wait_until

COUNT = 50
WITHIN_S = 30.0


@pytest.fixture
def gym_id() -> str:
    return fresh_name("gym")


@pytest.fixture
def treadmill(mosquitto: MqttAddress, gym_id: str) -> Iterator[Treadmill]:
    lent = Treadmill(mosquitto, gym_id)
    yield lent
    lent.close()


@pytest.fixture
def kafka_port() -> int:
    return free_port()


@pytest.fixture
def ingest(
    mosquitto: MqttAddress, gym_id: str, kafka_port: int, tmp_path: Path
) -> Iterator[IngestProcess]:
    lent = IngestProcess(
        tmp_path,
        mosquitto,
        f"{HOST}:{kafka_port}",
        gym_id,
        BACKSTRIDE_KAFKA__IS_EMBEDDED="true",
        BACKSTRIDE_INGEST__SEND_TIMEOUT_S="2",
    )
    yield lent
    lent.kill()


def wait_for_seqs(kafka: str, treadmill: Treadmill) -> list[int]:
    """Wait until all readings are in Kafka; return what it holds of them, in order."""
    return wait_until(
        lambda: seqs_in(kafka, treadmill.key),
        what=f"{treadmill.count} readings in Kafka",
        within_s=WITHIN_S,
        holds=lambda seqs: len(set(seqs)) == treadmill.count,
    )


def first_times(seqs: list[int]) -> list[int]:
    """Return the numbers in the order in which each came first: duplicates are the fold's."""
    return list(dict.fromkeys(seqs))


def test_messages_in_flight_when_ingest_is_killed_come_again(
    ingest: IngestProcess, treadmill: Treadmill, kafka_port: int
) -> None:
    with EmbeddedKafka(kafka_port):
        ingest.start_ready()
    # Kafka is gone: what ingest takes now cannot be in it
    treadmill.publish(COUNT)
    wait_until(
        lambda: ingest.metric("in_flight_messages"),
        what="the messages to be in flight",
        holds=lambda count: count > 0,
    )
    assert ingest.metric("acknowledged_total") == 0

    ingest.kill()
    with EmbeddedKafka(kafka_port) as kafka:
        ingest.start_ready()

        seqs = wait_for_seqs(kafka.bootstrap_servers, treadmill)

    assert seqs == list(range(1, COUNT + 1))


def test_a_kafka_that_comes_back_empty_gets_all_that_was_not_acknowledged(
    ingest: IngestProcess, treadmill: Treadmill, kafka_port: int
) -> None:
    with EmbeddedKafka(kafka_port):
        ingest.start_ready()
    treadmill.publish(COUNT)
    wait_until(
        lambda: ingest.metric("send_failures_total"),
        what="ingest to give the sending up",
        within_s=WITHIN_S,
    )

    with EmbeddedKafka(kafka_port) as kafka:
        treadmill.publish(COUNT)
        seqs = wait_for_seqs(kafka.bootstrap_servers, treadmill)
        wait_until(
            lambda: ingest.metric("acknowledged_total"),
            what="every message to be acknowledged",
            holds=lambda count: count == 2 * COUNT,
        )

    assert first_times(seqs) == list(range(1, 2 * COUNT + 1))


def test_ingest_starts_without_its_servers_and_tells_what_it_waits_for(
    own_mosquitto: LocalMosquitto, gym_id: str, kafka_port: int, tmp_path: Path
) -> None:
    own_mosquitto.stop()
    ingest = IngestProcess(
        tmp_path,
        own_mosquitto.address,
        f"{HOST}:{kafka_port}",
        gym_id,
        BACKSTRIDE_KAFKA__IS_EMBEDDED="true",
    )
    try:
        ingest.start()
        assert ingest.waiting_for() == [
            f"Kafka at {HOST}:{kafka_port}",
            f"MQTT broker at {HOST}:{own_mosquitto.address.port}",
        ]

        own_mosquitto.start()
        with EmbeddedKafka(kafka_port):
            wait_until(
                ingest.waiting_for,
                what="ingest to be ready",
                within_s=WITHIN_S,
                holds=lambda missing: missing == [],
            )
    finally:
        ingest.kill()


def test_a_broker_that_was_killed_is_found_again(
    own_mosquitto: LocalMosquitto, gym_id: str, embedded_kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    kafka = embedded_kafka.bootstrap_servers
    ingest = IngestProcess(
        tmp_path, own_mosquitto.address, kafka, gym_id, BACKSTRIDE_KAFKA__IS_EMBEDDED="true"
    )
    try:
        ingest.start_ready()
        own_mosquitto.kill()
        wait_until(ingest.waiting_for, what="ingest to miss the broker")
        own_mosquitto.start()
        wait_until(
            ingest.waiting_for,
            what="ingest to be ready again",
            within_s=WITHIN_S,
            holds=lambda missing: missing == [],
        )
        treadmill = Treadmill(own_mosquitto.address, gym_id)
        treadmill.publish(COUNT)
        treadmill.close()

        assert wait_for_seqs(kafka, treadmill) == list(range(1, COUNT + 1))
    finally:
        ingest.kill()


def test_a_stop_in_mid_stream_finishes_what_was_taken(
    ingest: IngestProcess, treadmill: Treadmill, kafka_port: int
) -> None:
    with EmbeddedKafka(kafka_port) as kafka:
        ingest.start_ready()
        treadmill.publish(COUNT)

        ingest.stop()
        treadmill.publish(COUNT)
        ingest.start_ready()
        seqs = wait_for_seqs(kafka.bootstrap_servers, treadmill)

    # not even twice: what was taken before the stop was acknowledged before the end
    assert seqs == list(range(1, 2 * COUNT + 1))
    assert "stopped" in ingest.log.read_text(encoding="utf-8")


def test_a_kafka_killed_in_mid_stream_has_every_message_in_order(
    own_kafka: LocalKafka,
    mosquitto: MqttAddress,
    treadmill: Treadmill,
    gym_id: str,
    tmp_path: Path,
) -> None:
    create_topics(own_kafka.address)
    kafka = own_kafka.address.bootstrap
    ingest = IngestProcess(
        tmp_path, mosquitto, kafka, gym_id, BACKSTRIDE_INGEST__SEND_TIMEOUT_S="2"
    )
    try:
        ingest.start_ready()
        treadmill.publish(COUNT)
        own_kafka.kill()
        treadmill.publish(COUNT)
        wait_until(
            lambda: ingest.metric("send_failures_total"),
            what="ingest to give the sending up",
            within_s=WITHIN_S,
        )
        own_kafka.start()
        treadmill.publish(COUNT)

        seqs = wait_for_seqs(kafka, treadmill)
    finally:
        ingest.kill()

    assert first_times(seqs) == list(range(1, 3 * COUNT + 1))


def create_topics(kafka: KafkaAddress) -> None:
    for topic in ("treadmill-events.v1", "treadmill-states.v1", "dead-letters.v1"):
        kafka.create_topic(topic, partitions=4)
