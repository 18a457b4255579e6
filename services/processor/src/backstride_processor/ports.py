"""What the processor needs of the world."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol


class InputRecord(NamedTuple):
    """A record of `treadmill-events.v1`.

    `generation` is that of the consumer group when it was fetched, `written_at_ms` the time that
    the broker keeps with it.
    """

    partition: int
    offset: int
    generation: int
    written_at_ms: int
    value: bytes


class OutputRecord(NamedTuple):
    """A record to be appended to one partition of a topic."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes


class Log(Protocol):
    """The log that output goes to and whose offsets are committed."""

    async def append(self, records: Sequence[OutputRecord]) -> Sequence[int]:
        """Append records in their order; returns when the broker has acknowledged every one.

        Returns the offset of each in its partition.

        Called for output, then for checkpoints. Raising means that some may be missing: nothing
        they cover may be committed.
        """
        ...

    async def commit(self, next_offsets: Mapping[int, int]) -> bool:
        """Have the group go on at `next_offsets` (by partition) from now on.

        Called after a checkpoint. False when the partitions went elsewhere meanwhile. Raising
        means that it is not known what was committed.
        """
        ...

    def end_of(self, partition: int) -> int | None:
        """Return the offset after the last record of an input partition, None when unknown.

        Called for the lag metric only.
        """
        ...


class Changelog(Protocol):
    """The newest state of each treadmill in the log, restored before the first record comes."""

    def state_of(self, treadmill: str) -> bytes | None:
        """Return what `keep` took last, here or in an earlier life; never raises."""
        ...

    def keep(self, treadmill: str, state: bytes) -> None:
        """Take note of a state whose record is in the log; never raises."""
        ...

    def record(self, partition: int, treadmill: str, state: bytes) -> OutputRecord:
        """Return the record that keeps a state beyond this life; never raises."""
        ...

    def forget(self, partitions: Collection[int]) -> None:
        """Drop what is known of these partitions: their log began anew; never raises."""
        ...


class StoreNotReadyError(Exception):
    """The relational store cannot be read yet; the text says what is amiss."""


class StoredStates(Protocol):
    """What the recorder has stored of each treadmill.

    Both methods block and are called in a thread. They raise StoreNotReadyError while the store is
    missing, empty or not reachable.
    """

    def revisions(self) -> dict[str, tuple[int, int]]:
        """Return the revision of every treadmill's row.

        Called at each assignment of partitions; the processor waits and asks again.
        """
        ...

    def take_over(self, treadmills: Collection[str]) -> dict[str, bytes]:
        """Begin a new epoch in the row of each treadmill, durably, and return the states.

        From then on whatever is still under way from an earlier epoch changes no row. A treadmill
        without a row gets one of a state that knows nothing.
        """
        ...
