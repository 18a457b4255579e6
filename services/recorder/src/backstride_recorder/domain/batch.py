"""What the records of one poll come to: points, session rows, treadmill rows, refolds due."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from backstride_shared.decoding import UNREADABLE
from backstride_shared.fold.state import StateVersionError, TreadmillState, decode_state
from backstride_shared.frames import (
    FRAME_VERSION,
    Alert,
    Checkpoint,
    Corrected,
    EnergyItem,
    EnergySegment,
    Erased,
    Refold,
    SessionSnapshot,
    encoder,
    energy_decoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.series import RefusedPoint, SeriesPoint
from backstride_shared.topics import PARTITION_COUNT

Revision = tuple[int, int]

CORRECTION: Final = "correction"
ERASURE: Final = "erasure"


class UnknownFrameVersionError(Exception):
    """A frame of a newer version: leaving it out would lose its readings, so the program ends."""


class LogRecord(NamedTuple):
    """One record of `energy.v1`."""

    partition: int
    offset: int
    value: bytes


class Poison(NamedTuple):
    """What cannot be stored: a record, a checkpoint in it, or a point that the series refused."""

    partition: int
    payload: bytes
    reason: str
    treadmill: str | None = None
    device_id: str | None = None
    boot_id: int | None = None
    seq: int | None = None


class KnownState(NamedTuple):
    """A treadmill's state as a checkpoint brought it, read and as it goes into the row."""

    state: TreadmillState
    data: bytes


class DueRefold(NamedTuple):
    """Sessions of a treadmill touching [from_ms, to_ms] wait to be folded again.

    `revision` is the lowest that the stored state must have: an older one does not know yet why.
    With `correction_id`, because the claim `claim_id` was corrected.
    """

    treadmill: str
    from_ms: int
    to_ms: int
    reason: str
    revision: Revision
    correction_id: str | None = None
    claim_id: str | None = None

    @property
    def may_be_old(self) -> bool:
        """Whether somebody asked for it, of any time; everything else is of the last days."""
        return self.reason in {CORRECTION, ERASURE}


class DueErasure(NamedTuple):
    """What lies in [from_ms, until_ms) of a treadmill, and all of the claim, is to be erased."""

    erasure_id: str
    treadmill: str
    claim_id: str | None
    from_ms: int
    until_ms: int
    revision: Revision


class Rows(msgspec.Struct):
    """What goes into the relational store in one transaction."""

    sessions: dict[str, tuple[SessionSnapshot, Revision]] = {}
    states: dict[str, KnownState] = {}
    refolds: dict[str, DueRefold] = {}
    # in the order of the log: an alert stands before its recovery
    alerts: list[Alert] = []
    # by id; each is folded by itself, for it may lie long ago
    corrections: dict[str, DueRefold] = {}
    erasures: dict[str, DueErasure] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any(
            (
                self.sessions,
                self.states,
                self.refolds,
                self.alerts,
                self.corrections,
                self.erasures,
            )
        )


class Batch(msgspec.Struct):
    """What one poll brought, ready to be stored."""

    points: list[SeriesPoint] = []
    rows: Rows = msgspec.field(default_factory=Rows)
    # treadmills whose device sent what is stored already, and waits to hear it again
    repeat_stored: set[str] = set()
    poison: list[Poison] = []
    # treadmills of which a state stands in a log that never had what it covers
    of_lost_log: list[str] = []


def read_batch(records: Iterable[LogRecord]) -> Batch:
    """Return what the records come to; what cannot be read is in `poison` and hides nothing else.

    Raises:
        UnknownFrameVersionError: when a record was written by a newer version of Backstride.

    """
    batch = Batch()
    for record in records:
        try:
            frame = energy_decoder.decode(record.value)
        except UNREADABLE as error:
            batch.poison.append(
                Poison(record.partition, record.value, f"not an energy frame: {error}")
            )
            continue
        if frame.version != FRAME_VERSION:
            raise UnknownFrameVersionError(
                f"partition {record.partition}, offset {record.offset}: frame of version "
                f"{frame.version}, this program knows {FRAME_VERSION}"
            )
        for item in frame.items:
            _add(batch, record, item)
    return batch


def poison_of(refused: RefusedPoint) -> Poison:
    """Return a point that the series will never take, as it goes to the dead letters."""
    point = refused.point
    return Poison(
        partition_of(TreadmillKey(point.treadmill), PARTITION_COUNT),
        encoder.encode(point),
        f"refused by the series store: {refused.reason}",
        point.treadmill,
        point.device_id,
        point.boot_id,
        point.seq,
    )


def merged(first: DueRefold | None, second: DueRefold) -> DueRefold:
    """Return the refold that covers both, at the higher of their revisions."""
    if first is None:
        return second
    return DueRefold(
        second.treadmill,
        min(first.from_ms, second.from_ms),
        max(first.to_ms, second.to_ms),
        second.reason,
        max(first.revision, second.revision),
    )


def _add(batch: Batch, record: LogRecord, item: EnergyItem) -> None:
    if type(item) is EnergySegment:
        batch.points += points_of(item)
        if item.session is not None:
            _add_session(batch.rows, item.session, item.revision)
    elif type(item) is Checkpoint:
        _add_checkpoint(batch, record, item)
    elif type(item) is Alert:
        batch.rows.alerts.append(item)
    elif type(item) is Corrected:
        batch.rows.corrections[item.correction_id] = DueRefold(
            item.treadmill,
            item.from_ms,
            item.to_ms,
            CORRECTION,
            item.revision,
            item.correction_id,
            item.claim_id,
        )
    elif type(item) is Erased:
        batch.rows.erasures[item.erasure_id] = DueErasure(
            item.erasure_id,
            item.treadmill,
            item.claim_id,
            item.from_ms,
            item.until_ms,
            item.revision,
        )
    elif type(item) is Refold:
        due = DueRefold(item.treadmill, item.from_ms, item.to_ms, item.reason, item.revision)
        batch.rows.refolds[item.treadmill] = merged(batch.rows.refolds.get(item.treadmill), due)


def _add_session(rows: Rows, session: SessionSnapshot, revision: Revision) -> None:
    if session.is_dirty:
        # its totals lack what lies further back: only a fold over the series writes its row
        due = DueRefold(
            session.treadmill,
            session.started_at_ms,
            session.last_reading_at_ms,
            "session reaches back",
            revision,
        )
        rows.refolds[session.treadmill] = merged(rows.refolds.get(session.treadmill), due)
        return
    known = rows.sessions.get(session.session_id)
    if known is None or revision >= known[1]:
        rows.sessions[session.session_id] = (session, revision)


def _add_checkpoint(batch: Batch, record: LogRecord, checkpoint: Checkpoint) -> None:
    if checkpoint.output_offset is not None and checkpoint.output_offset >= record.offset:
        batch.of_lost_log.append(checkpoint.treadmill)
        return
    try:
        state = decode_state(checkpoint.state)
    except (*UNREADABLE, StateVersionError) as error:
        reason = f"state not readable: {error}"
        batch.poison.append(Poison(record.partition, record.value, reason, checkpoint.treadmill))
        return
    known = batch.rows.states.get(state.treadmill)
    if known is None or state.revision >= known.state.revision:
        batch.rows.states[state.treadmill] = KnownState(state, checkpoint.state)
    if checkpoint.repeat_stored:
        batch.repeat_stored.add(state.treadmill)


def points_of(segment: EnergySegment) -> list[SeriesPoint]:
    """Return a segment's readings as points of the series."""
    treadmill, device_id, boot_id = segment.treadmill, segment.device_id, segment.boot_id
    return [
        SeriesPoint(
            treadmill,
            reading.measured_at_ms,
            device_id,
            boot_id,
            reading.seq,
            reading.is_reverse,
            reading.speed_m_per_s,
            reading.grade_percent,
            reading.heart_rate_bpm,
            reading.is_present,
            reading.hands,
            reading.is_emergency_stop,
            reading.gross_kcal_per_min,
            reading.net_kcal_per_min,
            reading.uncertainty_percent,
            reading.flags,
            reading.session_gross_kcal,
        )
        for reading in segment.readings
    ]
