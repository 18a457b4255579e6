"""Summaries, kept as they were made while what they sum up stays the same.

Whoever asks reads the sessions anew, so a summary is never older than the store; only adding the
same sessions up again is left out, and writing again what is the same as before.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Final, Generic, TypeVar

MAX_KEPT_SIZE: Final = 100_000
"""In sessions of 1.3 KiB each: 130 MiB, where none of them is one of those that are kept to be read
again. Summaries cannot be counted instead: one of 400 days takes as much as 30 of twelve months,
and one of all time has all sessions of a member."""

SourceT = TypeVar("SourceT")
MadeT = TypeVar("MadeT")


class KeptResults(Generic[SourceT, MadeT]):
    """The latest result for each key, with what it was made from; those asked least lately go.

    `size_of` says what a result takes, with what it was made from. Belongs to one event loop.
    """

    def __init__(
        self,
        is_same: Callable[[SourceT, SourceT], bool],
        size_of: Callable[[MadeT], int],
        max_size: int = MAX_KEPT_SIZE,
    ) -> None:
        self._is_same = is_same
        self._size_of = size_of
        self._max_size = max_size
        self._kept: OrderedDict[Hashable, tuple[SourceT, MadeT]] = OrderedDict()
        self._size = 0

    async def of(
        self, key: Hashable, source: SourceT, make: Callable[[MadeT | None], MadeT]
    ) -> MadeT:
        """Return what was made of this source for this key, made now where it was not before.

        `make` is given what was made of the source before, from which it may take over. It is
        called at once then, having little to do; what is made for the first time is made in a
        thread.
        """
        kept = self._kept.get(key)
        if kept is None:
            made = await asyncio.to_thread(make, None)
        elif self._is_same(kept[0], source):
            self._kept.move_to_end(key)
            return kept[1]
        else:
            made = make(kept[1])
        # not only the one found above: another may have been made meanwhile
        self._forget(key)
        self._kept[key] = (source, made)
        self._size += self._size_of(made)
        while self._size > self._max_size:
            self._forget(next(iter(self._kept)))
        return made

    def _forget(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= self._size_of(kept[1])


def are_equal(first: Sequence[object], second: Sequence[object]) -> bool:
    """Return whether both hold the same; quick where they hold the same objects."""
    return first == second


def is_identical(first: object, second: object) -> bool:
    """Return whether both are one object."""
    return first is second
