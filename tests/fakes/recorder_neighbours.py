"""The recorder's neighbours in memory: the energy log, MQTT, the dead-letter topic."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from backstride_recorder.domain.batch import LogRecord, Poison
from backstride_recorder.domain.positions import Jump, LogPositions
from backstride_recorder.ports import DeadLettersUnavailableError, DeviceMark, Polled


class FakeEnergyLog:
    """One partition of the log, read by one group; `reopen` is what a restarted recorder sees."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.records: list[LogRecord] = []
        self.committed: int | None = None
        self.most_records_per_poll = 1_000
        self.while_held: deque[Callable[[], None]] = deque()
        self.hold_count = 0
        self._generation = 0
        self._partitions: frozenset[int] = frozenset()
        self._positions = LogPositions()
        self._next_offset = 0
        self.reopen()

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def partitions(self) -> frozenset[int]:
        return self._partitions

    def append(self, *values: bytes) -> None:
        for value in values:
            offset = self.records[-1].offset + 1 if self.records else 0
            self.records.append(LogRecord(self.partition, offset, value))

    def lose(self, count: int) -> None:
        """Drop the oldest records, as a log whose retention ran out."""
        del self.records[:count]

    def begin_anew(self) -> None:
        """Forget all records and offsets, as the embedded broker does when it ends."""
        self.records.clear()
        self.committed = None
        self._next_offset = 0

    def reopen(self) -> None:
        """Take the partition over and go on at what is committed."""
        self._generation += 1
        self._partitions = frozenset({self.partition})
        self._positions.begin({self.partition: self.committed})
        self._next_offset = self.committed or 0

    def revoke(self) -> None:
        """Give the partition to another recorder."""
        self._generation += 1
        self._partitions = frozenset()

    def poll(self, timeout_s: float) -> Polled:
        if not self._partitions:
            return Polled([])
        ahead = [record for record in self.records if record.offset >= self._next_offset]
        taken = ahead[: self.most_records_per_poll]
        jumps: list[Jump] = []
        for record in taken:
            jump = self._positions.pass_over(record.partition, record.offset)
            if jump is not None:
                jumps.append(jump)
            self._next_offset = record.offset + 1
        return Polled(taken, jumps)

    def hold(self, timeout_s: float) -> None:
        self.hold_count += 1
        if self.while_held:
            self.while_held.popleft()()

    def commit(self, records: Sequence[LogRecord]) -> None:
        self.committed = records[-1].offset + 1


class FakeReports:
    """Keeps what was published; `on_publish` lets a test look at the stores in that moment."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, DeviceMark]]] = []
        self.on_publish: Callable[[str, Mapping[str, DeviceMark]], None] | None = None

    def publish(self, treadmill: str, marks: Mapping[str, DeviceMark]) -> None:
        if self.on_publish is not None:
            self.on_publish(treadmill, marks)
        self.published.append((treadmill, dict(marks)))

    def keep_up(self) -> None:
        """Have nothing that waits."""

    @property
    def last(self) -> dict[str, DeviceMark]:
        """The marks published last, of any treadmill."""
        return self.published[-1][1] if self.published else {}


class FakeDeadLetters:
    """Keeps what was sent; `is_away` makes it fail."""

    def __init__(self) -> None:
        self.is_away = False
        self.reasons: list[str] = []

    def send(self, poison: Iterable[Poison], received_at_ms: int) -> None:
        if self.is_away:
            raise DeadLettersUnavailableError("Kafka is away")
        self.reasons += [one.reason for one in poison]
