"""Reads the dead letters from Kafka, without a group and without changing anything."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import DeadLetter, dead_letter_decoder
from backstride_shared.topics import KafkaTopic

TIMEOUT_S: Final = 5.0
BATCH_RECORDS: Final = 500


class DeadLettersUnavailableError(Exception):
    """Kafka does not answer, or has no topic of dead letters."""


class KeptLetter(NamedTuple):
    """A dead letter and where it stands in its topic."""

    partition: int
    offset: int
    letter: DeadLetter

    @property
    def letter_id(self) -> str:
        """What `backstride dead-letters show` takes."""
        return f"{self.partition}:{self.offset}"


def read_dead_letters(bootstrap_servers: str) -> Iterator[KeptLetter]:
    """Yield every dead letter that is there now, by partition and offset.

    Raises:
        DeadLettersUnavailableError: when Kafka does not answer within five seconds.

    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            # partitions are assigned, not shared: the group is never joined, nothing is committed
            "group.id": f"backstride-dead-letters-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "log_level": 2,
        }
    )
    with closing(consumer):
        try:
            ends = _assign_all(consumer)
            yield from _read(consumer, ends)
        except KafkaException as error:
            message = f"Kafka at {bootstrap_servers} does not answer: {error}"
            raise DeadLettersUnavailableError(message) from error


def _assign_all(consumer: Consumer) -> dict[int, int]:
    """Begin at the beginning of each partition; return where each that is not empty ends."""
    topic = KafkaTopic.DEAD_LETTERS
    known = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic]
    ends: dict[int, int] = {}
    begins: list[TopicPartition] = []
    for partition in known.partitions:
        low, high = consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=TIMEOUT_S
        )
        if high > low:
            ends[partition] = high
            begins.append(TopicPartition(topic, partition, low))
    consumer.assign(begins)
    return ends


def _read(consumer: Consumer, ends: dict[int, int]) -> Iterator[KeptLetter]:
    deadline_s = time.monotonic() + TIMEOUT_S
    while ends:
        records = consumer.consume(BATCH_RECORDS, timeout=0.5)
        if not records and time.monotonic() > deadline_s:
            message = f"the dead letters of partitions {sorted(ends)} did not come"
            raise DeadLettersUnavailableError(message)
        for record in records:
            error = record.error()
            if error is not None:
                raise KafkaException(error)
            deadline_s = time.monotonic() + TIMEOUT_S
            partition, offset, value = record.partition(), record.offset(), record.value()
            if partition is None or offset is None or partition not in ends:
                continue
            if value is not None and offset < ends[partition]:
                yield KeptLetter(partition, offset, _decode(value))
            if offset + 1 >= ends[partition]:
                del ends[partition]


def _decode(value: bytes) -> DeadLetter:
    try:
        return dead_letter_decoder.decode(value)
    except UNREADABLE as error:
        # whatever stands in the topic is shown
        return DeadLetter(0, f"no dead letter: {error}", "", 0, value, len(value))
