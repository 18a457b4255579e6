"""The energy log as the recorder reads it, from the embedded broker and from a real Kafka."""

import contextlib
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer, TopicPartition

from backstride_recorder.adapters.kafka_dead_letters import KafkaDeadLetters
from backstride_recorder.adapters.kafka_log import KafkaEnergyLog
from backstride_recorder.domain.batch import LogRecord, Poison
from backstride_recorder.domain.positions import Jump
from backstride_recorder.ports import DeadLettersUnavailableError
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.servers.finding import free_port, fresh_name
from tests.servers.kafka import KafkaAddress
from tests.waiting import wait_until

WITHIN_S = 30.0
MOST_BATCH_BYTES = 1024 * 1024


class Broker:
    """A Kafka with a topic and a group of the test's own, and a producer for them."""

    def __init__(self, bootstrap_servers: str, topic: str, *, is_embedded: bool) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.topic = topic
        self.is_embedded = is_embedded
        self._group = fresh_name("recorder")
        self._producer = Producer({"bootstrap.servers": bootstrap_servers, "log_level": 2})

    def produce(self, *values: bytes, partition: int = 0) -> None:
        for value in values:
            self._producer.produce(self.topic, value, partition=partition)
        assert self._producer.flush(WITHIN_S) == 0

    @contextlib.contextmanager
    def log(self, most_batch_bytes: int = MOST_BATCH_BYTES) -> Iterator[KafkaEnergyLog]:
        log = KafkaEnergyLog(
            self.bootstrap_servers,
            self.topic,
            self._group,
            is_embedded=self.is_embedded,
            most_batch_bytes=most_batch_bytes,
        )
        try:
            yield log
        finally:
            log.close()


# For the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=["embedded", "kafka"])
def kafka_address(request: pytest.FixtureRequest) -> KafkaAddress | None:
    """Return the real Kafka, or None for the embedded one."""
    if request.param == "embedded":
        return None
    address: KafkaAddress = request.getfixturevalue("kafka")
    return address


@pytest.fixture
def broker(kafka_address: KafkaAddress | None, embedded_kafka: EmbeddedKafka) -> Broker:
    if kafka_address is None:
        return Broker(embedded_kafka.bootstrap_servers, KafkaTopic.ENERGY, is_embedded=True)
    return _real(kafka_address)


@pytest.fixture
def real_broker(kafka: KafkaAddress) -> Broker:
    return _real(kafka)


def _real(address: KafkaAddress) -> Broker:
    topic = fresh_name("energy")
    address.create_topic(topic, partitions=PARTITION_COUNT)
    return Broker(address.bootstrap, topic, is_embedded=False)


def take(log: KafkaEnergyLog, count: int) -> list[LogRecord]:
    """Return the next `count` records, and commit them."""
    records: list[LogRecord] = []

    def poll() -> int:
        records.extend(log.poll(0.1).records)
        return len(records)

    wait_until(poll, what=f"{count} records", within_s=WITHIN_S, holds=lambda taken: taken >= count)
    log.commit(records)
    return records


def values(records: list[LogRecord]) -> list[bytes]:
    return [record.value for record in records]


def test_records_that_came_before_the_recorder_are_read(broker: Broker) -> None:
    broker.produce(b"one", b"two")

    with broker.log() as log:
        assert values(take(log, 2)) == [b"one", b"two"]
        assert log.partitions == frozenset(range(PARTITION_COUNT))


def test_a_recorder_goes_on_behind_what_was_committed(broker: Broker) -> None:
    broker.produce(b"one", b"two")
    with broker.log() as log:
        take(log, 2)
    broker.produce(b"three")

    with broker.log() as log:
        (record,) = take(log, 1)

    assert record == LogRecord(0, 2, b"three")


def test_what_was_not_committed_is_read_again(broker: Broker) -> None:
    broker.produce(b"one", b"two")
    with broker.log() as log:
        wait_until(
            lambda: list(log.poll(0.1).records),
            what="a first record",
            within_s=WITHIN_S,
        )

    with broker.log() as log:
        assert values(take(log, 2)) == [b"one", b"two"]


def test_a_held_log_stays_in_its_group_and_loses_no_record(broker: Broker) -> None:
    """Longer than the group's session on the embedded broker, with records coming meanwhile."""
    broker.produce(b"one")
    with broker.log() as log:
        take(log, 1)
        generation = log.generation
        broker.produce(b"two")
        for _ in range(20):
            log.hold(0.2)
        broker.produce(b"three")

        assert values(take(log, 2)) == [b"two", b"three"]
        assert log.generation == generation


def test_a_batch_is_bounded_by_its_bytes(broker: Broker) -> None:
    broker.produce(*[b"x" * 1000 for _ in range(50)])
    with broker.log(most_batch_bytes=10_000) as log:
        sizes: list[int] = []

        def poll() -> int:
            sizes.append(len(log.poll(0.1).records))
            return sum(sizes)

        wait_until(poll, what="all records", within_s=WITHIN_S, holds=lambda total: total == 50)

    assert max(sizes) <= 10


def test_records_deleted_before_they_were_read_are_a_jump(
    real_broker: Broker, kafka: KafkaAddress
) -> None:
    real_broker.produce(b"one")
    with real_broker.log() as log:
        take(log, 1)
    real_broker.produce(b"two", b"three", b"four")
    admin = kafka.admin()
    for deleted in admin.delete_records([TopicPartition(real_broker.topic, 0, 3)]).values():
        deleted.result(WITHIN_S)

    with real_broker.log() as log:
        polled = wait_until(
            lambda: log.poll(0.1),
            what="the record behind the hole",
            within_s=WITHIN_S,
            holds=lambda polled: bool(polled.records),
        )

    assert [record.value for record in polled.records] == [b"four"]
    assert list(polled.jumps) == [Jump(0, 1, 3)]


def test_two_recorders_share_the_partitions_and_one_takes_over(real_broker: Broker) -> None:
    """No record is left out; what was under way when partitions change hands may come twice."""
    with real_broker.log() as first:
        wait_until(
            lambda: (first.poll(0.1), len(first.partitions))[1],
            what="all partitions",
            within_s=WITHIN_S,
            holds=lambda count: count == PARTITION_COUNT,
        )
        with real_broker.log() as second:
            wait_until(
                lambda: (
                    first.poll(0.1),
                    second.poll(0.1),
                    (len(first.partitions), len(second.partitions)),
                )[2],
                what="both to have two partitions",
                within_s=WITHIN_S,
                holds=lambda counts: counts == (2, 2),
            )
            assert first.partitions | second.partitions == frozenset(range(PARTITION_COUNT))
            assert first.partitions & second.partitions == frozenset()
            for partition in range(PARTITION_COUNT):
                real_broker.produce(b"shared", partition=partition)
            ours = take(first, 2) + take(second, 2)
            assert sorted(record.partition for record in ours) == list(range(PARTITION_COUNT))
        for partition in range(PARTITION_COUNT):
            real_broker.produce(b"alone", partition=partition)

        taken: list[LogRecord] = []

        def partitions_taken() -> set[int]:
            taken.extend(take(first, 1))
            return {one.partition for one in taken}

        wait_until(
            partitions_taken,
            what="a record of each partition",
            within_s=WITHIN_S,
            holds=lambda partitions: len(partitions) == PARTITION_COUNT,
        )

    assert {(one.partition, one.offset) for one in taken} == {
        (partition, 1) for partition in range(PARTITION_COUNT)
    }


def test_partitions_that_went_while_they_were_held_are_read_when_they_come_back(
    real_broker: Broker,
) -> None:
    """A store was away, and the connection to Kafka too: librdkafka keeps them paused."""
    real_broker.produce(b"one")
    with real_broker.log() as first:
        take(first, 1)
        with real_broker.log() as second:
            generation = first.generation

            def held() -> int:
                second.poll(0.05)
                # briefly: they may go and come back within one longer wait
                first.hold(0.001)
                return first.generation

            wait_until(
                held,
                what="the partitions to go while they are held",
                within_s=WITHIN_S,
                holds=lambda seen: seen > generation,
            )
            # the store is back before the partitions are
            wait_until(
                lambda: (first.poll(0.05), second.poll(0.05), first.partitions)[2],
                what="partitions to come back",
                within_s=WITHIN_S,
            )
            (partition, *_) = first.partitions
            real_broker.produce(b"two", partition=partition)

            wait_until(
                lambda: values(take(first, 1)),
                what="a record of what was held",
                within_s=WITHIN_S,
                holds=lambda found: b"two" in found,
            )


def test_dead_letters_that_nobody_takes_are_an_error() -> None:
    poison = Poison(0, b"bad", "not an energy frame")
    dead_letters = KafkaDeadLetters(f"127.0.0.1:{free_port()}", delivery_timeout_s=1.0)

    with pytest.raises(DeadLettersUnavailableError):
        dead_letters.send([poison], 1)
