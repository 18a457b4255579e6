from confluent_kafka import Consumer, Message, Producer, TopicPartition

from tests.servers.finding import fresh_name
from tests.servers.kafka import KafkaAddress, LocalKafka
from tests.waiting import wait_until


def _append(kafka: KafkaAddress, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def _first_record(kafka: KafkaAddress, topic: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": fresh_name("group")})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message: Message | None = wait_until(
            lambda: consumer.poll(0.2), what="the first record", within_s=20
        )
        assert message is not None
        assert message.error() is None, message.error()
        return message.value()
    finally:
        consumer.close()


def test_a_topic_has_the_partitions_it_was_created_with(kafka: KafkaAddress) -> None:
    topic = fresh_name("partitions")
    kafka.create_topic(topic, partitions=3)

    assert len(kafka.admin().list_topics(topic, timeout=10).topics[topic].partitions) == 3


def test_an_acknowledged_record_outlives_a_killed_broker(own_kafka: LocalKafka) -> None:
    topic = fresh_name("kept")
    own_kafka.address.create_topic(topic, partitions=1)
    _append(own_kafka.address, topic, b"kept")

    own_kafka.kill()
    assert not own_kafka.address.answers()
    own_kafka.start()

    assert _first_record(own_kafka.address, topic) == b"kept"
