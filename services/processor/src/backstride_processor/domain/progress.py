"""How far the processor has come in each partition: what is next, and what may be committed."""

from collections.abc import Mapping


class OffsetJumpError(Exception):
    """Records of a partition are missing between what was taken last and what came now."""

    def __init__(self, partition: int, expected: int, came: int) -> None:
        """Name the partition and the first offset that did not come."""
        super().__init__(
            f"partition {partition}: offset {came} came where {expected} was due, "
            f"{came - expected} records are missing"
        )
        self.partition = partition
        self.expected = expected
        self.came = came


class LogBeganAnewError(Exception):
    """What was appended stands before what was there already: the log we wrote into is lost."""

    def __init__(self, partition: int, last: int, offset: int) -> None:
        """Name the partition, where its last record stood, and where the new one stands."""
        super().__init__(
            f"partition {partition} of the output: offset {offset} came after {last}, "
            "the log has begun anew"
        )


class OutputPlaces:
    """Where the last output of each partition stands, from one assignment to the next.

    A producer that finds its broker again goes on where it was, also when the broker's data are
    gone. Offsets that do not rise are how it shows.
    """

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def last(self, partition: int) -> int | None:
        """Return the offset of the last output; None when there was none yet."""
        return self._last.get(partition)

    def note(self, partition: int, offset: int) -> None:
        """Take note of a record that the broker has acknowledged.

        Raises:
            LogBeganAnewError: when it stands before the last one.

        """
        last = self._last.get(partition, -1)
        if offset <= last:
            raise LogBeganAnewError(partition, last, offset)
        self._last[partition] = offset


class Progress:
    """Offsets of the partitions that are ours, from one assignment to the next.

    `starts` maps each partition to the offset of the record that must come first.
    """

    def __init__(self, starts: Mapping[int, int]) -> None:
        self._next = dict(starts)
        self._committed = dict(starts)

    def admit(self, partition: int, offset: int) -> bool:
        """Return whether a record is the next one of its partition, and count it as taken.

        False for a record that was taken before, or of a partition that is not ours.

        Raises:
            OffsetJumpError: when records before it never came; going on would lose them.

        """
        expected = self._next.get(partition)
        if expected is None or offset < expected:
            return False
        if offset > expected:
            raise OffsetJumpError(partition, expected, offset)
        self._next[partition] = offset + 1
        return True

    def due(self) -> dict[int, int]:
        """Return, per partition that moved since the last commit, the offset to be read next."""
        return {
            partition: offset
            for partition, offset in self._next.items()
            if offset != self._committed[partition]
        }

    def note_committed(self, offsets: Mapping[int, int]) -> None:
        """Take note that the broker has these offsets."""
        self._committed.update(offsets)

    def next_offsets(self) -> dict[int, int]:
        """Return the offset of the record that is due next in each partition."""
        return dict(self._next)
