"""Which state of a treadmill the fold goes on from: the changelog's or the stored row's.

The changelog goes on unless the row is ahead of it. A row that is gone on from begins a new epoch
in the store itself, before its state is read: a recorder may still hold records of a log that is
lost, and what it stored of them afterwards would be in no state, while the outboxes had already
let go of it.
"""

from collections.abc import Callable, Collection, Mapping

from backstride_shared.fold.state import decode_state
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT

Revision = tuple[int, int]


def is_ahead(stored: Revision, from_changelog: bytes | None) -> bool:
    """Return whether a stored row is ahead of the changelog, which wins a draw.

    Raises:
        StateVersionError: when another version of the program wrote the changelog's state.
        msgspec.DecodeError: when it cannot be read.

    """
    return from_changelog is None or decode_state(from_changelog).revision < stored


def rows_to_take(
    rows: Mapping[str, Revision],
    from_changelog: Callable[[str], bytes | None],
    partitions: Collection[int],
    anew: Collection[int],
) -> list[str]:
    """Return the treadmills of our partitions that go on from their rows.

    In a partition whose log began `anew` those are all of them: what the changelog says may be
    from a log that is lost.
    """
    taken = []
    for treadmill, revision in rows.items():
        partition = partition_of(TreadmillKey(treadmill), PARTITION_COUNT)
        if partition in partitions and (
            partition in anew or is_ahead(revision, from_changelog(treadmill))
        ):
            taken.append(treadmill)
    return taken
