"""What a log of records promises: the fake, the embedded Kafka, a real Kafka."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from backstride_ingest.adapters.kafka_log import TOPICS, KafkaLog
from backstride_ingest.ports import Record, RecordLog, RecordsLostError
from backstride_shared.settings import KafkaBlock
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.fakes.ingest_ports import InMemoryLog
from tests.servers.finding import fresh_name
from tests.servers.kafka import KafkaAddress
from tests.waiting import wait_until

Written = Callable[[KafkaTopic, int, int], list[tuple[bytes | None, bytes]]]
"""Returns so many of the newest records of a topic's partition: key and value."""


class World(NamedTuple):
    log: RecordLog[str]
    written: Written


def read(
    bootstrap: str, topic: KafkaTopic, partition: int, count: int
) -> list[tuple[bytes | None, bytes]]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": fresh_name("group")})
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        consumer.assign([TopicPartition(topic, partition, max(0, end - count))])
        messages = consumer.consume(count, timeout=10)
    finally:
        consumer.close()
    return [(message.key(), message.value() or b"") for message in messages]


def create_topics(kafka: KafkaAddress) -> None:
    """Make the topics, unless an earlier test on the same Kafka did."""
    for topic in TOPICS:
        try:
            kafka.create_topic(topic, partitions=PARTITION_COUNT)
        except KafkaException as error:
            assert "already exists" in str(error)  # noqa: PT017  anything else is a failure


# of the session, so that Kafka is there before a test's own fixtures
@pytest.fixture(scope="session", params=["in memory", "embedded", "kafka"])
def server(request: pytest.FixtureRequest) -> KafkaAddress | str:
    if request.param != "kafka":
        return str(request.param)
    kafka: KafkaAddress = request.getfixturevalue("kafka")
    create_topics(kafka)
    return kafka


@pytest.fixture
def world(server: KafkaAddress | str, request: pytest.FixtureRequest) -> Iterator[World]:
    if server == "in memory":
        fake: InMemoryLog[str] = InMemoryLog()

        def remembered(
            topic: KafkaTopic, partition: int, count: int
        ) -> list[tuple[bytes | None, bytes]]:
            found = [
                (record.key, record.value)
                for record in fake.written
                if (record.topic, record.partition) == (topic, partition)
            ]
            return found[-count:]

        yield World(fake, remembered)
        return
    if isinstance(server, KafkaAddress):
        bootstrap = server.bootstrap
    else:
        embedded: EmbeddedKafka = request.getfixturevalue("embedded_kafka")
        bootstrap = embedded.bootstrap_servers
    block = KafkaBlock(bootstrap_servers=bootstrap, is_embedded=server == "embedded")
    log: KafkaLog[str] = KafkaLog(block, fresh_name("ingest"), send_timeout_s=20)
    yield World(log, lambda *what: read(bootstrap, *what))
    log.reset()


def open_log(log: RecordLog[str]) -> None:
    wait_until(log.open, what="the log to be open", within_s=20)
    assert log.waiting_for() is None


def safe(log: RecordLog[str], count: int) -> list[str]:
    receipts: list[str] = []

    def number_safe() -> int:
        receipts.extend(log.take_safe(wait_s=0.05))
        return len(receipts)

    wait_until(
        number_safe, what=f"{count} receipts", within_s=20, holds=lambda number: number >= count
    )
    return receipts


def test_records_become_safe_and_keep_their_order_in_a_partition(world: World) -> None:
    open_log(world.log)
    values = [b"%d" % number for number in range(200)]

    for value in values:
        world.log.send(Record(KafkaTopic.TREADMILL_EVENTS, 2, value), value.decode())

    assert world.log.outstanding() > 0
    assert world.log.outstanding_bytes() >= world.log.outstanding()
    assert sorted(safe(world.log, 200), key=int) == [value.decode() for value in values]
    assert world.log.outstanding() == world.log.outstanding_bytes() == 0
    assert world.written(KafkaTopic.TREADMILL_EVENTS, 2, 200) == [(None, value) for value in values]


def test_a_record_keeps_its_topic_partition_and_key(world: World) -> None:
    open_log(world.log)

    world.log.send(Record(KafkaTopic.TREADMILL_STATES, 1, b"state", b"gym/treadmill"), "a")
    world.log.send(Record(KafkaTopic.DEAD_LETTERS, 3, b"letter"), "b")

    assert sorted(safe(world.log, 2)) == ["a", "b"]
    assert world.written(KafkaTopic.TREADMILL_STATES, 1, 1) == [(b"gym/treadmill", b"state")]
    assert world.written(KafkaTopic.DEAD_LETTERS, 3, 1) == [(None, b"letter")]


def test_a_log_that_is_not_open_takes_nothing(world: World) -> None:
    assert world.log.waiting_for() is not None

    with pytest.raises(RecordsLostError):
        world.log.send(Record(KafkaTopic.DEAD_LETTERS, 0, b"x"), "a")


def test_after_a_reset_no_old_receipt_comes_and_the_log_opens_again(world: World) -> None:
    open_log(world.log)
    world.log.send(Record(KafkaTopic.DEAD_LETTERS, 0, b"old"), "old")

    world.log.reset()
    assert world.log.outstanding() == 0
    assert world.log.waiting_for() is not None
    open_log(world.log)
    world.log.send(Record(KafkaTopic.DEAD_LETTERS, 0, b"new"), "new")

    assert safe(world.log, 1) == ["new"]
