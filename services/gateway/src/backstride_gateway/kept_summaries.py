"""Summaries, kept as they were made while what they sum up stays the same.

Whoever asks reads the sessions anew, so a summary is never older than the store; only adding the
same sessions up again is left out, and writing again what is the same as before.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Final, Generic, TypeVar

MAX_KEPT_SUMMARIES: Final = 500
"""Up to 50 KiB each with their answer, by the number of periods: some 20 MiB."""

SourceT = TypeVar("SourceT")
MadeT = TypeVar("MadeT")


class KeptResults(Generic[SourceT, MadeT]):
    """The latest result for each key, with what it was made from; those asked least lately go.

    Belongs to one event loop.
    """

    def __init__(
        self, is_same: Callable[[SourceT, SourceT], bool], max_kept: int = MAX_KEPT_SUMMARIES
    ) -> None:
        self._is_same = is_same
        self._max_kept = max_kept
        self._kept: OrderedDict[Hashable, tuple[SourceT, MadeT]] = OrderedDict()

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
        self._kept[key] = (source, made)
        self._kept.move_to_end(key)
        if len(self._kept) > self._max_kept:
            self._kept.popitem(last=False)
        return made


def are_equal(first: Sequence[object], second: Sequence[object]) -> bool:
    """Return whether both hold the same; quick where they hold the same objects."""
    return first == second


def is_identical(first: object, second: object) -> bool:
    """Return whether both are one object."""
    return first is second
