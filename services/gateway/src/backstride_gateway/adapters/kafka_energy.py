"""Reads `energy.v1` and `treadmill-states.v1` from Kafka, without a group, for ever.

Nothing is committed: the live picture needs the newest only. A broker that goes away or comes
back empty (the embedded one is volatile) is connected to again, near the end of its log.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import EnergyItem, StateRecord, energy_decoder, state_decoder
from backstride_shared.lifecycle import backoff_s
from backstride_shared.settings import KafkaBlock
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic

log = structlog.get_logger()

_TAIL_RECORDS: Final = 50
"""Energy records read from before the end of each partition: what moves now is there."""
_PROBE_INTERVAL_S: Final = 5.0
_CALL_TIMEOUT_S: Final = 10.0
_POLL_MS: Final = 500
_FETCH_WAIT_MS: Final = 500
_EMBEDDED_FETCH_WAIT_MS: Final = 50
"""Kafka answers a waiting fetch when a record arrives; the embedded broker lets it wait it out."""
_METADATA_INTERVAL_S: Final = 0.1

_RECORDS = Counter("backstride_gateway_live_records_total", "Records read for the live picture")
_UNREADABLE = Counter(
    "backstride_gateway_live_records_unreadable_total", "Records that could not be decoded"
)

OnEnergy = Callable[[list[EnergyItem], int], None]
OnState = Callable[[StateRecord], None]


class WrongPartitionCountError(Exception):
    """A topic has another number of partitions than a treadmill's log needs: refuse to run."""


class KafkaEnergyFeed:
    """Calls `on_energy` and `on_state` in the event loop for each record."""

    def __init__(self, kafka: KafkaBlock, on_energy: OnEnergy, on_state: OnState) -> None:
        self._kafka = kafka
        self._on_energy = on_energy
        self._on_state = on_state
        self.is_connected = False

    async def run(self) -> None:
        """Read until cancelled.

        Raises:
            WrongPartitionCountError: when the broker's topics are not ours.

        """
        waits = backoff_s(most_s=5.0)
        while True:
            try:
                await self._read()
            except (KafkaError, TimeoutError, OSError, asyncio.CancelledError) as error:
                if is_told_to_end(error):
                    raise
                if self.is_connected:
                    waits = backoff_s(most_s=5.0)
                self.is_connected = False
                log.warning(
                    "live feed waits for Kafka",
                    bootstrap_servers=self._kafka.bootstrap_servers,
                    error=f"{type(error).__name__}: {error}",
                )
            finally:
                self.is_connected = False
            await asyncio.sleep(next(waits))

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap_servers,
            group_id=None,
            enable_auto_commit=False,
            # a broker that came back empty: begin again near its end
            auto_offset_reset="none",
            request_timeout_ms=int(_CALL_TIMEOUT_S * 1000),
            fetch_max_wait_ms=(
                _EMBEDDED_FETCH_WAIT_MS if self._kafka.is_embedded else _FETCH_WAIT_MS
            ),
        )
        try:
            await asyncio.wait_for(consumer.start(), _CALL_TIMEOUT_S)
            partitions = await self._assign(consumer)
            self.is_connected = True
            log.info("live feed connected", bootstrap_servers=self._kafka.bootstrap_servers)
            loop = asyncio.get_running_loop()
            probe_at = loop.time() + _PROBE_INTERVAL_S
            while True:
                records = await consumer.getmany(timeout_ms=_POLL_MS)
                for batch in records.values():
                    for record in batch:
                        self._take(record)
                if loop.time() >= probe_at:
                    # an idle consumer does not tell that its broker is gone
                    await asyncio.wait_for(consumer.end_offsets(partitions), _CALL_TIMEOUT_S)
                    probe_at = loop.time() + _PROBE_INTERVAL_S
        finally:
            await consumer.stop()

    async def _assign(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        topics = (KafkaTopic.ENERGY, KafkaTopic.TREADMILL_STATES)
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in range(PARTITION_COUNT)
        ]
        consumer.assign(partitions)
        for topic in topics:
            found = await asyncio.wait_for(_partitions_of(consumer, topic), _CALL_TIMEOUT_S)
            if found != set(range(PARTITION_COUNT)):
                raise WrongPartitionCountError(
                    f"topic {topic} has the partitions {sorted(found)}, "
                    f"not the {PARTITION_COUNT} of every Backstride topic"
                )
        first = await asyncio.wait_for(consumer.beginning_offsets(partitions), _CALL_TIMEOUT_S)
        end = await asyncio.wait_for(consumer.end_offsets(partitions), _CALL_TIMEOUT_S)
        for partition in partitions:
            start = first[partition]
            if partition.topic == KafkaTopic.ENERGY:
                start = max(start, end[partition] - _TAIL_RECORDS)
            consumer.seek(partition, start)
        return partitions

    def _take(self, record: ConsumerRecord) -> None:
        _RECORDS.inc()
        if record.value is None:
            return
        try:
            if record.topic == KafkaTopic.ENERGY:
                self._on_energy(energy_decoder.decode(record.value).items, record.timestamp)
            else:
                self._on_state(state_decoder.decode(record.value))
        except UNREADABLE as error:
            _UNREADABLE.inc()
            log.warning(
                "live record not read",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                error=str(error),
            )


def is_told_to_end(error: BaseException) -> bool:
    """Return whether an error is our own task's cancellation.

    aiokafka lets the cancellation of tasks of its own out of its calls, as when a broker comes
    back without its topics; a task group takes that for an end that was asked for, and is silent.
    """
    task = asyncio.current_task()
    is_cancelled = isinstance(error, asyncio.CancelledError)
    return is_cancelled and task is not None and task.cancelling() > 0


async def _partitions_of(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """Return an assigned topic's partitions, waiting until the broker has told of the topic."""
    while not (found := consumer.partitions_for_topic(topic)):  # noqa: ASYNC110  see below
        await asyncio.sleep(_METADATA_INTERVAL_S)  # the client offers no event for it
    return set(found)
