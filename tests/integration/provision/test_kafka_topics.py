"""The declared topics on a real Kafka, on brokers of their own because the names are fixed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType

from backstride_shared.provision.declared_topics import declared_topics
from backstride_shared.provision.kafka import TopicsError, set_up
from backstride_shared.provision.settings import TopicsBlock
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from tests.repository import ROOT
from tests.servers.finding import HOST, free_port, fresh_name
from tests.servers.kafka import KafkaAddress, LocalKafka, installed_libs
from tests.waiting import wait_until

WANTED = TopicsBlock(file=ROOT / "infra/kafka/topics.yaml")


def _settings(kafka: KafkaAddress, topic: str) -> dict[str, str | None]:
    admin = kafka.admin()
    resource = ConfigResource(ResourceType.TOPIC, str(topic))  # the client takes no subclass
    (described,) = admin.describe_configs([resource]).values()
    return {name: entry.value for name, entry in described.result(10).items()}


def _wait_for_settings(kafka: KafkaAddress, topic: str, wanted: Mapping[str, str]) -> None:
    """Wait, because a broker takes a change from its controller a moment later."""
    wait_until(
        lambda: _settings(kafka, topic),
        what=f"the settings of {topic}",
        holds=lambda found: wanted.items() <= found.items(),
    )


def _partition_counts(kafka: KafkaAddress) -> dict[str, int]:
    topics = kafka.admin().list_topics(timeout=10).topics
    return {name: len(topic.partitions) for name, topic in topics.items() if name[0] != "_"}


def test_topics_are_made_mended_and_refused(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """One broker for all, because it takes seconds to start."""
    kafka = own_kafka.address

    set_up(kafka.bootstrap, WANTED)
    declared = declared_topics(WANTED.file)
    assert _partition_counts(kafka) == dict.fromkeys(
        [*KafkaTopic, CHANGELOG_TOPIC], PARTITION_COUNT
    )
    for name, topic in declared.items():
        _wait_for_settings(kafka, name, topic.settings)

    set_up(kafka.bootstrap, WANTED)  # again, with nothing to do
    assert _partition_counts(kafka) == dict.fromkeys(declared, PARTITION_COUNT)

    changed = tmp_path / "changed.yaml"
    changed.write_text(
        WANTED.file.read_text().replace("retention.ms: 2592000000", "retention.ms: 5000000")
    )
    set_up(kafka.bootstrap, WANTED.model_copy(update={"file": changed}))
    _wait_for_settings(kafka, KafkaTopic.ALERTS, {"retention.ms": "5000000"})
    assert _settings(kafka, KafkaTopic.ENERGY)["retention.ms"] == "604800000"

    other = tmp_path / "other.yaml"
    other.write_text(WANTED.file.read_text().replace("partitions: 4", "partitions: 8"))
    with pytest.raises(TopicsError) as refused:
        set_up(kafka.bootstrap, WANTED.model_copy(update={"file": other}))
    assert len(refused.value.problems) == len(declared)
    assert "has 4 partitions, declared are 8" in refused.value.problems[0]
    assert _partition_counts(kafka) == dict.fromkeys(declared, PARTITION_COUNT)


def test_a_topic_that_nobody_declared_is_left_alone(kafka: KafkaAddress, tmp_path: Path) -> None:
    foreign, ours = fresh_name("foreign"), fresh_name("ours")
    kafka.create_topic(foreign, partitions=1)
    only_ours = tmp_path / "topics.yaml"
    only_ours.write_text(
        f"{ours}: {{holds: test, partitions: 2, config: {{cleanup.policy: compact}}}}"
    )

    set_up(kafka.bootstrap, TopicsBlock(file=only_ours))

    counts = _partition_counts(kafka)
    assert counts[foreign] == 1
    assert counts[ours] == 2


@pytest.fixture
def tidy_kafka(tmp_path: Path) -> Iterator[KafkaAddress]:
    """Lend a broker that looks for what can be compacted more often than every 15 s."""
    node = LocalKafka(installed_libs(), tmp_path, {"log.cleaner.backoff.ms": "200"})
    node.start()
    yield node.address
    node.stop()


def test_of_two_states_a_second_the_table_keeps_few(tidy_kafka: KafkaAddress) -> None:
    """Some minutes of a busy gym: 20 MB in one partition, of which 8 treadmills want 8 records."""
    set_up(tidy_kafka.bootstrap, WANTED)
    producer = Producer({"bootstrap.servers": tidy_kafka.bootstrap})
    written, treadmills = 5_000, 8
    for number in range(written):
        key = f"gym/treadmill-{number % treadmills}"
        producer.produce(CHANGELOG_TOPIC, bytes(4_000), key, partition=0)
        producer.poll(0)
    assert producer.flush(60) == 0

    kept = wait_until(
        lambda: _records(tidy_kafka, CHANGELOG_TOPIC, 0, written),
        what="what is outdated to be gone",
        within_s=120,
        holds=lambda count: count < written / 2,
    )

    assert kept >= treadmills


def _records(kafka: KafkaAddress, topic: str, partition: int, end: int) -> int:
    """Count the records up to an offset, as a processor reads them when it starts."""
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap, "group.id": fresh_name("count"), "log_level": 0}
    )
    consumer.assign([TopicPartition(topic, partition, 0)])
    count = 0
    try:
        while True:
            message = consumer.poll(60)
            assert message is not None
            if message.error() is None:
                count += 1
                if message.offset() == end - 1:
                    return count
    finally:
        consumer.close()


@pytest.fixture
def willing_kafka(tmp_path: Path) -> Iterator[KafkaAddress]:
    """Lend a broker that creates topics which somebody asks for."""
    node = LocalKafka(installed_libs(), tmp_path, {"auto.create.topics.enable": "true"})
    node.start()
    yield node.address
    node.stop()


def test_a_broker_that_makes_topics_by_itself_is_refused(willing_kafka: KafkaAddress) -> None:
    kafka = willing_kafka

    with pytest.raises(TopicsError, match=r"auto\.create\.topics\.enable=false"):
        set_up(kafka.bootstrap, WANTED)
    assert _partition_counts(kafka) == {}


def test_a_broker_that_is_away_is_waited_for_and_told() -> None:
    nobody = f"{HOST}:{free_port()}"

    with pytest.raises(KafkaException):
        set_up(nobody, WANTED.model_copy(update={"wait_s": 0.0}))
