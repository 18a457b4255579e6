"""Puts the processor back to the stored rows and to the beginning of the events that are there.

Harmless to repeat: whatever the rows contain already is a duplicate when it is read again.
"""

import uuid
from contextlib import closing
from typing import Final, NamedTuple

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from backstride_shared.topics import (
    CHANGELOG_TOPIC,
    PARTITION_COUNT,
    PROCESSOR_GROUP,
    RECORDER_GROUP,
    KafkaTopic,
)

TIMEOUT_S: Final = 15.0
_BATCH_RECORDS: Final = 500


class RebuildError(Exception):
    """The rebuild cannot be done now; the text says what to do first."""


class Rebuilt(NamedTuple):
    """What was reset."""

    states_dropped: int
    events_records: int
    """Records of `treadmill-events.v1` that are there to be read again."""


def rebuild(bootstrap_servers: str) -> Rebuilt:
    """Drop every state of the changelog and take the events from their beginning.

    Raises:
        RebuildError: while a processor runs, or before the recorder has stored what there is, or
            when Kafka does not answer.

    """
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 2})
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": f"backstride-rebuild-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "log_level": 2,
        }
    )
    try:
        with closing(consumer):
            _check_nobody_processes(admin)
            _check_everything_is_stored(admin, consumer)
            begins = _ranges(consumer, KafkaTopic.TREADMILL_EVENTS)
            states = _states_in_changelog(consumer)
            _drop_states(bootstrap_servers, states)
            _commit(admin, {partition: begin for partition, (begin, _) in begins.items()})
            return Rebuilt(len(states), sum(end - begin for begin, end in begins.values()))
    except KafkaException as error:
        raise RebuildError(f"Kafka at {bootstrap_servers} does not answer: {error}") from error


def _check_nobody_processes(admin: AdminClient) -> None:
    described = admin.describe_consumer_groups([PROCESSOR_GROUP], request_timeout=TIMEOUT_S)
    members = described[PROCESSOR_GROUP].result(TIMEOUT_S).members
    if members:
        raise RebuildError(f"{len(members)} processors run; stop them first, then start them again")


def _check_everything_is_stored(admin: AdminClient, consumer: Consumer) -> None:
    """Return when all that the lost state had sent on is in the rows that are gone on from."""
    committed = _committed(admin, RECORDER_GROUP, KafkaTopic.ENERGY)
    waiting = sum(
        end - max(begin, committed.get(partition, begin))
        for partition, (begin, end) in _ranges(consumer, KafkaTopic.ENERGY).items()
    )
    if waiting > 0:
        raise RebuildError(
            f"the recorder has {waiting} records of {KafkaTopic.ENERGY} still to store; "
            "let it finish first"
        )


def _committed(admin: AdminClient, group: str, topic: str) -> dict[int, int]:
    asked = ConsumerGroupTopicPartitions(group, _places(topic))
    answered = admin.list_consumer_group_offsets([asked], request_timeout=TIMEOUT_S)
    places = answered[group].result(TIMEOUT_S).topic_partitions or []
    return {place.partition: place.offset for place in places if place.offset >= 0}


def _ranges(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    return {
        place.partition: consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
        for place in _places(topic)
    }


def _states_in_changelog(consumer: Consumer) -> dict[bytes, int]:
    """Return the treadmills that have a state, each with its partition."""
    ends = {
        partition: end
        for partition, (begin, end) in _ranges(consumer, CHANGELOG_TOPIC).items()
        if end > begin
    }
    consumer.assign([TopicPartition(CHANGELOG_TOPIC, partition, 0) for partition in ends])
    states: dict[bytes, int] = {}
    while ends:
        records = consumer.consume(_BATCH_RECORDS, timeout=TIMEOUT_S)
        if not records:
            raise RebuildError(f"the changelog's partitions {sorted(ends)} did not come")
        for record in records:
            _take(record, states, ends)
    return states


def _take(record: Message, states: dict[bytes, int], ends: dict[int, int]) -> None:
    error, partition, offset, key = (
        record.error(),
        record.partition(),
        record.offset(),
        record.key(),
    )
    if error is not None:
        raise KafkaException(error)
    if partition is None or offset is None:
        return
    if isinstance(key, bytes):
        if record.value() is None:
            states.pop(key, None)
        else:
            states[key] = partition
    if partition in ends and offset + 1 >= ends[partition]:
        del ends[partition]


def _drop_states(bootstrap_servers: str, states: dict[bytes, int]) -> None:
    failures: list[KafkaError] = []

    def note(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(error)

    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all", "log_level": 2})
    for key, partition in states.items():
        # a record without a value takes its key out of a compacted topic
        producer.produce(CHANGELOG_TOPIC, None, key, partition, on_delivery=note)
    if producer.flush(TIMEOUT_S) or failures:
        raise RebuildError("Kafka did not take every dropped state; call it again")


def _commit(admin: AdminClient, offsets: dict[int, int]) -> None:
    places = [
        TopicPartition(KafkaTopic.TREADMILL_EVENTS, partition, offset)
        for partition, offset in offsets.items()
    ]
    asked = ConsumerGroupTopicPartitions(PROCESSOR_GROUP, places)
    answered = admin.alter_consumer_group_offsets([asked], request_timeout=TIMEOUT_S)
    for place in answered[PROCESSOR_GROUP].result(TIMEOUT_S).topic_partitions or []:
        if place.error is not None:
            raise KafkaException(place.error)


def _places(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for partition in range(PARTITION_COUNT)]
