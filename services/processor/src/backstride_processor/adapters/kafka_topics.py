"""What the broker has: every topic with the partitions we count on, and where their logs begin."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from backstride_shared.lifecycle import backoff_s
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic

log = structlog.get_logger()

NEEDED_TOPICS: Final = (
    KafkaTopic.TREADMILL_EVENTS,
    KafkaTopic.ENERGY,
    KafkaTopic.ALERTS,
    KafkaTopic.DEAD_LETTERS,
    CHANGELOG_TOPIC,
)
_ASK_AGAIN_AT_MOST_S = 2.0


class PartitionCountError(Exception):
    """A topic has another number of partitions than every producer of ours assumes."""


async def wait_for_topics(
    bootstrap_servers: str, tell_waiting_for: Callable[[list[str]], None]
) -> None:
    """Return when all topics are there; ask again and again, with a growing pause.

    `tell_waiting_for` is called with what is missing, empty at the end.

    Raises:
        PartitionCountError: when a topic has another number of partitions.

    """
    last: list[str] = []
    waits_s = backoff_s(most_s=_ASK_AGAIN_AT_MOST_S)
    while missing := await _missing(bootstrap_servers):
        tell_waiting_for(missing)
        if missing != last:
            log.warning("waiting for Kafka", missing=missing)
            last = missing
        await asyncio.sleep(next(waits_s))
    tell_waiting_for([])


async def log_ranges(bootstrap_servers: str, topic: str) -> dict[int, tuple[int, int]]:
    """Return, for each partition of a topic, where its log begins and ends (the next offset).

    Asks over connections of its own: on those of a consumer that waits for records the answer
    would come only after that wait, which Faust makes 1.5 s long.

    Raises:
        aiokafka.errors.KafkaError: when the broker does not answer.

    """
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers.split(","))
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITION_COUNT)]
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return {place.partition: (begins[place], ends[place]) for place in partitions}


async def _missing(bootstrap_servers: str) -> list[str]:
    client = AIOKafkaClient(bootstrap_servers=bootstrap_servers.split(","))
    try:
        await client.bootstrap()
        cluster = await client.fetch_all_metadata()
    except (KafkaError, OSError):
        return [f"Kafka at {bootstrap_servers}"]
    finally:
        await client.close()
    missing = []
    for topic in NEEDED_TOPICS:
        partitions = cluster.partitions_for_topic(topic)
        if not partitions:
            missing.append(f"topic {topic}")
        elif len(partitions) != PARTITION_COUNT:
            raise PartitionCountError(
                f"topic {topic} has {len(partitions)} partitions, needed are {PARTITION_COUNT}: "
                "a treadmill's log would move"
            )
    return missing
