"""One suite for both ways of opening librdkafka's broker, and for the fixed port before it."""

from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, Message, Producer
from confluent_kafka.admin import AdminClient

from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from backstride_standalone.adapters.librdkafka_cluster import (
    ClientCluster,
    ClusterError,
    KafkaCluster,
    open_cluster,
)
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.servers.finding import free_port, fresh_name
from tests.waiting import wait_until

QUIET = {"log_level": 0, "reconnect.backoff.max.ms": 100}


@pytest.fixture(params=[open_cluster, ClientCluster], ids=["native", "client"])
def cluster(request: pytest.FixtureRequest) -> Iterator[KafkaCluster]:
    make: Callable[[], KafkaCluster] = request.param
    opened = make()
    yield opened
    opened.close()


def servers_of(cluster: KafkaCluster) -> str:
    return f"{cluster.address.host}:{cluster.address.port}"


def partition_counts(servers: str) -> dict[str, int]:
    admin = AdminClient({"bootstrap.servers": servers, **QUIET})
    found = admin.list_topics(timeout=10).topics
    return {name: len(topic.partitions) for name, topic in found.items()}


def publish(servers: str, topic: str, partition: int, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True, **QUIET})
    for value in values:
        producer.produce(topic, value, partition=partition)
    left = producer.flush(10)
    assert left == 0


def read(servers: str, topic: str, count: int) -> list[tuple[int, bytes]]:
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": fresh_name("group"),
            "auto.offset.reset": "earliest",
            **QUIET,
        }
    )
    consumer.subscribe([topic])
    received: list[Message] = []

    def poll() -> int:
        received.extend(consumer.consume(100, 0.1))
        return len(received)

    try:
        wait_until(poll, what="records", within_s=30, holds=lambda seen: seen >= count)
    finally:
        consumer.close()
    return [(message.partition() or 0, message.value() or b"") for message in received]


def test_topics_have_the_partitions_asked_for(cluster: KafkaCluster) -> None:
    cluster.create_topics(["events", "energy"], 4)

    assert partition_counts(servers_of(cluster)) == {"events": 4, "energy": 4}


def test_creating_a_topic_again_changes_nothing(cluster: KafkaCluster) -> None:
    cluster.create_topics(["events"], 4)

    cluster.create_topics(["events"], 4)

    assert partition_counts(servers_of(cluster)) == {"events": 4}


def test_a_count_the_client_cannot_choose_is_refused() -> None:
    cluster = ClientCluster()
    try:
        with pytest.raises(ClusterError, match="has 4 partitions, not 7"):
            cluster.create_topics(["events"], 7)
    finally:
        cluster.close()


def test_records_are_read_from_their_partition_in_order(cluster: KafkaCluster) -> None:
    cluster.create_topics(["events"], 4)
    values = [b"%d" % number for number in range(50)]

    publish(servers_of(cluster), "events", 2, values)

    assert read(servers_of(cluster), "events", 50) == [(2, value) for value in values]


def test_the_embedded_kafka_has_every_topic_of_the_platform(
    embedded_kafka: EmbeddedKafka,
) -> None:
    counts = partition_counts(embedded_kafka.bootstrap_servers)

    assert counts == dict.fromkeys([*KafkaTopic, CHANGELOG_TOPIC], PARTITION_COUNT)


def test_a_client_finds_the_embedded_kafka_again_after_its_restart() -> None:
    port = free_port()
    with EmbeddedKafka(port) as first:
        producer = Producer({"bootstrap.servers": first.bootstrap_servers, **QUIET})
        producer.produce(KafkaTopic.ALERTS, b"before", partition=0)
        assert producer.flush(10) == 0

    with EmbeddedKafka(port) as second:
        producer.produce(KafkaTopic.ALERTS, b"after", partition=0)
        assert producer.flush(20) == 0

        assert read(second.bootstrap_servers, KafkaTopic.ALERTS, 1) == [(0, b"after")]


def test_a_taken_port_is_refused_and_leaves_nothing_open() -> None:
    with EmbeddedKafka() as first:
        port = int(first.bootstrap_servers.rpartition(":")[2])

        with pytest.raises(OSError, match="in use"):
            EmbeddedKafka(port)
