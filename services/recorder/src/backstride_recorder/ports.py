"""What the recorder needs of the world around it; the series store's port is in `shared`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from backstride_recorder.domain.batch import (
    DueErasure,
    DueRefold,
    LogRecord,
    Poison,
    Revision,
    Rows,
)
from backstride_recorder.domain.erased import ErasedSpan
from backstride_recorder.domain.positions import Jump
from backstride_recorder.domain.regions import Region, SessionSpan
from backstride_shared.fold.state import TreadmillState
from backstride_shared.frames import SessionSnapshot
from backstride_shared.identity import TreadmillKey, treadmill_id_of

DeviceMark = tuple[int, int]
"""(boot_id, seq) up to which everything of a device is handled."""


class StoreUnavailableError(Exception):
    """The relational store cannot be used now; nothing of the transaction was done."""


class DeadLettersUnavailableError(Exception):
    """The dead-letter topic did not take everything in time."""


class Clocks(NamedTuple):
    """The time of day in ms since 1970 UTC, and a monotonic clock in seconds."""

    now_ms: Callable[[], int]
    monotonic_s: Callable[[], float]


class StoredTreadmill(NamedTuple):
    """What the stored row of a treadmill says; counts are of readings."""

    treadmill: str
    marks: Mapping[str, DeviceMark]
    accepted_count: int
    refused_count: int
    # readings that were accepted and belong into no store
    erased_count: int = 0

    @property
    def has_outbox(self) -> bool:
        """Return whether a device with an outbox feeds it; one without has the treadmill's id."""
        own = treadmill_id_of(TreadmillKey(self.treadmill))
        return any(device_id != own for device_id in self.marks)


class WaitingRefold(NamedTuple):
    """A refold on the list; `stored_revision` is None while the treadmill has no row."""

    due: DueRefold
    stored_revision: Revision | None

    @property
    def treadmill(self) -> str:
        """Whose sessions are due."""
        return self.due.treadmill

    @property
    def is_ready(self) -> bool:
        """Whether the stored state knows already why they are due."""
        return self.stored_revision is not None and self.stored_revision >= self.due.revision


class WaitingErasure(NamedTuple):
    """An erasure to be done, or (`is_erased`) to be looked at once more."""

    due: DueErasure
    stored_revision: Revision | None
    is_erased: bool

    @property
    def is_ready(self) -> bool:
        """Whether the stored state knows already what is erased, so that nothing fills it."""
        return self.stored_revision is not None and self.stored_revision >= self.due.revision


class RefoldedRows(NamedTuple):
    """The sessions that a region of the series holds, folded with a state of that revision."""

    sessions: Sequence[SessionSnapshot]
    revision: Revision
    recomputed_at_ms: int


class Polled(NamedTuple):
    """What one poll gave: records in the order of their partitions, and where the log jumped."""

    records: Sequence[LogRecord]
    jumps: Sequence[Jump] = ()


class EnergyLog(Protocol):
    """`energy.v1`, read by a consumer group."""

    @property
    def generation(self) -> int:
        """Rises whenever partitions came or went; a batch of an older one is to be dropped."""
        ...

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions that are ours now; empty while there are none."""
        ...

    def poll(self, timeout_s: float) -> Polled:
        """Return what there is, waiting at most `timeout_s` for the first record.

        Called when everything that an earlier poll gave is stored or was dropped.
        """
        ...

    def hold(self, timeout_s: float) -> None:
        """Stay in the group for `timeout_s` without taking records, while a store is away."""
        ...

    def commit(self, records: Sequence[LogRecord]) -> None:
        """Note that these records, and all before them, need not be read again.

        Called after both stores have them. May fail without harm: they are then read again.
        """
        ...


class SessionStore(Protocol):
    """The recorder's tables in the relational store.

    Each method is one transaction and raises `StoreUnavailableError` when it must be repeated.
    """

    def write(self, rows: Rows) -> Sequence[StoredTreadmill]:
        """Store the rows, durable on return, and return the treadmills of `rows.states`.

        A row of a higher revision stays as it is; what is returned is what the row then says.
        """
        ...

    def treadmills(self) -> Sequence[StoredTreadmill]:
        """Return every stored treadmill; called when partitions were taken over."""
        ...

    def state(self, treadmill: str) -> TreadmillState | None:
        """Return the stored state of one treadmill."""
        ...

    def waiting_refolds(self) -> Sequence[WaitingRefold]:
        """Return the refolds that are due, of all treadmills.

        Corrections come first: a session that reaches back is due again and again.
        """
        ...

    def spans(self, treadmill: str, around: Region) -> Sequence[SessionSpan]:
        """Return the sessions with rows that touch the region within the idle time."""
        ...

    def replace(self, done: DueRefold, region: Region, refolded: RefoldedRows) -> None:
        """Put the sessions of a region in the place of its rows, and take `done` off the list.

        Rows that lie in the region and are not among them are deleted. A row of a higher
        revision stays as it is. A correction is noted as applied.
        """
        ...

    def waiting_erasures(self, swept_before_ms: int) -> Sequence[WaitingErasure]:
        """Return the erasures to be done, and those done before then that were not swept yet.

        Their rows are gone since `write`.
        """
        ...

    def note_erasure(self, due: DueErasure, points_count: int, *, is_sweep: bool) -> None:
        """Delete its rows once more, and note how many points it has, before they are deleted.

        Those of a sweep come on top; of an erasure that is done again the most counts.
        """
        ...

    def settle_erasure(self, due: DueErasure, at_ms: int, *, is_sweep: bool) -> None:
        """Note that the series was erased, or looked at once more."""
        ...

    def erased_spans(self) -> Sequence[ErasedSpan]:
        """Return all that is erased; called when partitions were taken over."""
        ...

    def erased_points(self) -> int:
        """Return how many points were deleted altogether."""
        ...

    def refuse(self, correction: DueRefold, reason: str) -> None:
        """Take a correction off the list for good; the member reads the reason."""
        ...

    def forget(self, correction: DueRefold) -> None:
        """Take a correction off the list as if it had never come: the state does not know it.

        Who asked for it sends it again until a stored state does.
        """
        ...


class StoredReports(Protocol):
    """Tells devices over MQTT what is in the stores."""

    def publish(self, treadmill: str, marks: Mapping[str, DeviceMark]) -> None:
        """Send the marks of these devices, or as soon as the broker is there; never blocks."""
        ...

    def keep_up(self) -> None:
        """Send what had to wait for the broker; called at least every second; never blocks."""
        ...


class DeadLetters(Protocol):
    """The dead-letter topic."""

    def send(self, poison: Iterable[Poison], received_at_ms: int) -> None:
        """Put the records there; on return the broker has them.

        Raises:
            DeadLettersUnavailableError: some may be there already; send all of them again.

        """
        ...
