"""Watches the offsets of the log: a record that was never read is an alarm, not a silence."""

from typing import NamedTuple


class Jump(NamedTuple):
    """Records between `expected` and `found` never came; a lower `found`: the log began anew."""

    partition: int
    expected: int
    found: int

    @property
    def missing_count(self) -> int:
        """How many records never came; 0 when the log began anew."""
        return max(0, self.found - self.expected)


class LogPositions:
    """The next offset expected in each partition; the log has no holes of its own.

    There are none, because its topic is not compacted and its producer makes no transactions.
    """

    def __init__(self) -> None:
        self._next: dict[int, int] = {}

    def begin(self, committed: dict[int, int | None]) -> None:
        """Take over partitions; where None was committed the log is read from its beginning.

        A partition that is left out is taken as it comes.
        """
        self._next = {partition: offset or 0 for partition, offset in committed.items()}

    def pass_over(self, partition: int, offset: int) -> Jump | None:
        """Note that the record at `offset` was read; return the jump before it, if there is one."""
        expected = self._next.get(partition, offset)
        self._next[partition] = offset + 1
        return None if offset == expected else Jump(partition, expected, offset)
