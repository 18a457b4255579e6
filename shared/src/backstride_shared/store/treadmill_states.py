"""Reading the treadmills' stored states: what a fold goes on from when its own state is lost."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from backstride_shared.store.schema import treadmill_states


class StoredState(NamedTuple):
    """One row of `treadmill_states`; `state` is what `fold.state.decode_state` takes."""

    treadmill: str
    epoch: int
    accepted_count: int
    state: bytes

    @property
    def revision(self) -> tuple[int, int]:
        """(epoch, events accepted) when the state was written."""
        return self.epoch, self.accepted_count


def stored_states(connection: Connection) -> Iterator[StoredState]:
    """Yield the stored state of each treadmill, ordered by treadmill."""
    columns = treadmill_states.c
    query = select(
        columns.treadmill, columns.epoch, columns.accepted_count, columns.state
    ).order_by(columns.treadmill)
    for row in connection.execute(query):
        yield StoredState(*row)


def stored_revisions(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return the revision of each treadmill's stored state."""
    columns = treadmill_states.c
    query = select(columns.treadmill, columns.epoch, columns.accepted_count)
    return {
        treadmill: (epoch, accepted_count)
        for treadmill, epoch, accepted_count in connection.execute(query)
    }
