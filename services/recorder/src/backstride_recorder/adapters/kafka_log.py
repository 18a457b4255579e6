"""Reads the energy log as one of a consumer group, by librdkafka.

Offsets are committed by us alone, after both stores have the records.
"""

import contextlib
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import structlog
from confluent_kafka import (
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from backstride_recorder import metrics
from backstride_recorder.domain.batch import LogRecord
from backstride_recorder.domain.positions import Jump, LogPositions
from backstride_recorder.ports import Polled

log = structlog.get_logger()

COMMITTED_TIMEOUT_S: Final = 10.0
LINGER_S: Final = 0.1
"""A batch waits this long for more: it costs two waits for the disk, however small it is."""
SESSION_TIMEOUT_MS: Final = 10_000
EMBEDDED_SESSION_TIMEOUT_MS: Final = 3_000
"""On the embedded broker a restart waits for it; real Kafka refuses less than 6 s."""
HEARTBEATS_PER_SESSION: Final = 4
RECONNECT_FIRST_MS: Final = 100
RECONNECT_MOST_MS: Final = 2_000
TOLD_INTERVAL_S: Final = 30.0
QUEUED_KIB: Final = 8 * 1024
"""What librdkafka fetches ahead of us, per partition; the default is 64 MiB."""


class KafkaEnergyLog:
    """An `EnergyLog` on Kafka, or on the embedded broker that speaks its protocol."""

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        group: str,
        *,
        is_embedded: bool,
        most_batch_bytes: int,
    ) -> None:
        self._topic = topic
        self._most_batch_bytes = most_batch_bytes
        self._positions = LogPositions()
        self._partitions: frozenset[int] = frozenset()
        self._generation = 0
        self._stash: deque[Message] = deque()
        self._is_held = False
        self._told_at_s: dict[int, float] = {}
        session_timeout_ms = EMBEDDED_SESSION_TIMEOUT_MS if is_embedded else SESSION_TIMEOUT_MS
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": group,
                "client.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": session_timeout_ms,
                # the default of 3 s would let the embedded broker's session run out in between
                "heartbeat.interval.ms": session_timeout_ms // HEARTBEATS_PER_SESSION,
                "queued.max.messages.kbytes": QUEUED_KIB,
                "on_commit": _look_at_commit,
                "error_cb": self._tell,
                # the default tries the addresses given 20 times a second
                "reconnect.backoff.ms": RECONNECT_FIRST_MS,
                "reconnect.backoff.max.ms": RECONNECT_MOST_MS,
                # librdkafka would write its own lines to stderr
                "log_level": 2,
            }
        )
        self._consumer.subscribe(
            [topic],
            on_assign=self._take,
            on_revoke=self._lose,
            on_lost=self._lose,
        )

    @property
    def generation(self) -> int:
        """Rises whenever partitions came or went."""
        return self._generation

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions that are ours now."""
        return self._partitions

    def poll(self, timeout_s: float) -> Polled:
        """Return at most a batch of bytes, soon after the first record."""
        if self._is_held:
            self._is_held = False
            self._consumer.resume(self._consumer.assignment())
        records: list[LogRecord] = []
        jumps: list[Jump] = []
        room = self._most_batch_bytes
        full_at_s = 0.0
        while room > 0:
            generation = self._generation
            message = self._next(timeout_s)
            if self._generation != generation:
                # taken before the partitions changed hands: whose they are now reads them again
                records.clear()
                jumps.clear()
            if message is None:
                break
            record = _record(message)
            if record is None:
                break
            jump = self._positions.pass_over(record.partition, record.offset)
            if jump is not None:
                jumps.append(jump)
            if not records:
                full_at_s = time.monotonic() + LINGER_S
            records.append(record)
            room -= len(record.value)
            timeout_s = max(0.0, full_at_s - time.monotonic())
        self._measure_lag()
        return Polled(records, jumps)

    def hold(self, timeout_s: float) -> None:
        """Stay in the group without taking records."""
        self._consumer.pause(self._consumer.assignment())
        self._is_held = True
        message = self._consumer.poll(timeout_s)
        if message is not None and message.error() is None:
            # fetched before the pause: it is the next one, and must not be lost
            self._stash.append(message)

    def commit(self, records: Sequence[LogRecord]) -> None:
        """Commit the offsets behind these records; `_look_at_commit` hears the answer."""
        following = {record.partition: record.offset + 1 for record in records}
        with contextlib.suppress(KafkaException):
            self._consumer.commit(
                offsets=[
                    TopicPartition(self._topic, partition, offset)
                    for partition, offset in following.items()
                ],
                asynchronous=True,
            )

    def close(self) -> None:
        """Leave the group; offsets under way are committed first."""
        self._consumer.close()

    def _next(self, timeout_s: float) -> Message | None:
        return self._stash.popleft() if self._stash else self._consumer.poll(timeout_s)

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._stash.clear()
        # librdkafka gives back what was held when it went as it was, and reads nothing of it
        self._is_held = True
        try:
            found = consumer.committed(partitions, timeout=COMMITTED_TIMEOUT_S)
        except KafkaException as error:
            log.warning("offsets not known, a hole before the first would not be", error=str(error))
            found = []
        self._positions.begin(
            {one.partition: None if one.offset == OFFSET_INVALID else one.offset for one in found}
        )
        self._partitions = frozenset(one.partition for one in partitions)
        self._generation += 1
        log.info("partitions taken over", partitions=sorted(self._partitions))

    def _lose(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._stash.clear()
        self._partitions = frozenset()
        self._generation += 1
        log.info("partitions given up")

    def _tell(self, error: KafkaError) -> None:
        """Log what librdkafka meets on its way, each kind once in a while."""
        now_s = time.monotonic()
        if now_s - self._told_at_s.get(error.code(), float("-inf")) >= TOLD_INTERVAL_S:
            self._told_at_s[error.code()] = now_s
            log.warning("Kafka", error=error.str())

    def _measure_lag(self) -> None:
        lag = 0
        for one in self._consumer.position(self._consumer.assignment()):
            _low, high = self._consumer.get_watermark_offsets(one, cached=True)
            if one.offset >= 0 and high >= 0:
                lag += max(0, high - one.offset)
        metrics.LAG_RECORDS.set(lag)


def _record(message: Message) -> LogRecord | None:
    error = message.error()
    if error is not None:
        if error.fatal():
            raise KafkaException(error)
        log.warning("energy log cannot be read now", error=error.str())
        return None
    partition, offset, value = message.partition(), message.offset(), message.value()
    if partition is None or offset is None:
        return None
    return LogRecord(partition, offset, value if isinstance(value, bytes) else b"")


def _look_at_commit(error: KafkaError | None, partitions: list[TopicPartition]) -> None:
    failed = [one for one in partitions if one.error is not None]
    if error is not None or failed:
        metrics.COMMIT_FAILURES.inc()
        reason: Any = error if error is not None else failed[0].error
        log.warning("offsets not committed, their records will be read again", error=str(reason))
