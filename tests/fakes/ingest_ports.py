"""The world of ingest in memory: a broker that gives again what was not acknowledged, and a log."""

import itertools
from collections.abc import Sequence
from typing import Generic

from backstride_ingest.ports import (
    Arrival,
    ReceiptT,
    Record,
    RecordsLostError,
    WrongTopicError,
)
from backstride_shared.topics import PARTITION_COUNT


class InMemorySource:
    """A broker and the one client at it, as `ports.MessageSource` says."""

    def __init__(self) -> None:
        self.is_up = True
        self.answers: list[tuple[str, bytes]] = []
        self.acknowledged: list[bytes] = []
        self._mids = itertools.count(1)
        self._connection = 0
        self._is_connected = False
        self._queued: list[tuple[str, bytes]] = []
        self._sent: dict[int, tuple[str, bytes]] = {}

    @property
    def unacknowledged(self) -> list[bytes]:
        """The payloads that the broker still keeps."""
        return [payload for _, payload in [*self._sent.values(), *self._queued]]

    def treadmill_publishes(self, topic: str, payload: bytes) -> None:
        self._queued.append((topic, payload))

    def take(self, wait_s: float, *, may_read: bool) -> tuple[int, Sequence[Arrival]]:
        if not self._is_connected:
            if self.is_up:
                self._connection += 1
                self._is_connected = True
                self._queued = [*self._sent.values(), *self._queued]
                self._sent = {}
            return self._connection, ()
        if not may_read:
            return self._connection, ()
        arrivals = []
        for topic, payload in self._queued:
            mid = next(self._mids)
            self._sent[mid] = (topic, payload)
            arrivals.append(Arrival(topic.encode(), payload, mid, len(payload)))
        self._queued = []
        return self._connection, arrivals

    def acknowledge(self, connection: int, mids: Sequence[int]) -> None:
        if connection == self._connection and self._is_connected:
            self.acknowledged += [self._sent.pop(mid)[1] for mid in mids]

    def publish(self, topic: str, payload: bytes) -> None:
        if self._is_connected:
            self.answers.append((topic, payload))

    def disconnect(self) -> None:
        self._is_connected = False

    def waiting_for(self) -> str | None:
        return None if self._is_connected else "the broker"


class InMemoryLog(Generic[ReceiptT]):
    """A log which writes when it is told to, and fails when it is told to."""

    def __init__(self, partition_count: int = PARTITION_COUNT) -> None:
        self.is_up = True
        self.is_answering = True
        self.failure: str | None = None
        self.written: list[Record] = []
        self._partition_count = partition_count
        self._is_open = False
        self._pending: list[tuple[Record, ReceiptT]] = []

    def open(self) -> bool:
        if self._partition_count != PARTITION_COUNT:
            message = f"{self._partition_count} partitions"
            raise WrongTopicError(message)
        self._is_open = self.is_up
        return self._is_open

    def send(self, record: Record, receipt: ReceiptT) -> None:
        if not self._is_open:
            message = "the log is not open"
            raise RecordsLostError(message)
        self._pending.append((record, receipt))

    def take_safe(self, wait_s: float = 0.0) -> list[ReceiptT]:
        if self.failure is not None and self._pending:
            raise RecordsLostError(self.failure)
        if not self.is_answering:
            return []
        pending, self._pending = self._pending, []
        self.written += [record for record, _ in pending]
        return [receipt for _, receipt in pending]

    def outstanding(self) -> int:
        return len(self._pending)

    def outstanding_bytes(self) -> int:
        return sum(len(record.value) for record, _ in self._pending)

    def reset(self) -> None:
        self._is_open = False
        self._pending = []

    def waiting_for(self) -> str | None:
        return None if self._is_open else "the log"
