from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from backstride_shared.topics import (
    CHANGELOG_TOPIC,
    PARTITION_COUNT,
    PROCESSOR_GROUP,
    KafkaTopic,
)
from tests.integration.processor.driving import (
    Feeder,
    ProcessorProgram,
    treadmill_of_each_partition,
)
from tests.servers.kafka import LocalKafka
from tests.waiting import wait_until


def _committed(bootstrap_servers: str, group: str) -> set[int]:
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": group})
    partitions = [
        TopicPartition(KafkaTopic.TREADMILL_EVENTS, number) for number in range(PARTITION_COUNT)
    ]
    offsets = {place.offset for place in consumer.committed(partitions, timeout=20)}
    consumer.close()
    return {offset for offset in offsets if offset >= 0}


def test_output_that_the_broker_refuses_ends_the_program_and_is_not_committed(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    kafka = own_kafka.address
    for topic in KafkaTopic:
        is_small = topic is KafkaTopic.ENERGY
        config = {"max.message.bytes": "2000"} if is_small else {}
        kafka.create_topic(topic, partitions=PARTITION_COUNT, config=config)
    kafka.create_topic(CHANGELOG_TOPIC, partitions=PARTITION_COUNT)
    treadmill = treadmill_of_each_partition()[0]
    feeder = Feeder(kafka.bootstrap, [treadmill])

    with ProcessorProgram(kafka.bootstrap, tmp_path) as processor:
        processor.migrate()
        processor.start()
        feeder.send(treadmill, 1)
        feeder.flush()
        wait_until(
            lambda: _committed(kafka.bootstrap, PROCESSOR_GROUP),
            what="the first frame to be committed",
            holds=lambda offsets: offsets == {1},
        )
        feeder.send(treadmill, 100)
        feeder.flush()

        assert processor.wait(within_s=20) == 1
        assert "MessageSizeTooLargeError" in processor.log.read_text()
    assert _committed(kafka.bootstrap, PROCESSOR_GROUP) == {1}
