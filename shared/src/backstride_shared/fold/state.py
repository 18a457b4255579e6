"""What the fold knows of one treadmill between two events; part of every checkpoint."""

import msgspec

from backstride_shared.claims import Claim
from backstride_shared.energy import EnergyState

STATE_VERSION = 1


class Mark(msgspec.Struct, array_like=True):
    """Progress of one device: the highest (boot_id, seq) handled.

    `clock_shift_ms` is added to the times of this boot, because its clock is wrong.
    `skipped` are refused readings which a repair may still bring, newest last.
    """

    boot_id: int
    seq: int
    clock_shift_ms: int = 0
    known_boot_ids: list[int] = []
    skipped: list[tuple[int, int]] = []
    # readings whose numbers never came, and readings that ingest refused
    gap_count: int = 0
    skipped_count: int = 0


class OpenSession(msgspec.Struct, array_like=True):
    """The session that the next reading may belong to."""

    session_id: str
    claim_id: str | None
    started_at_ms: int
    last_moving_at_ms: int
    last_reading_at_ms: int
    energy: EnergyState
    is_dirty: bool = False
    # where a fold over the stored series must begin, when the session is dirty
    dirty_from_ms: int = 0


class AlertWatch(msgspec.Struct, array_like=True):
    """A condition under watch: since when it holds, and the alert it raised."""

    since_ms: int
    is_raised: bool = False
    raised_at_ms: int = 0
    alert_id: str = ""
    # since when the condition is gone, while the alert is not ended yet
    quiet_since_ms: int | None = None


class BeltMemory(msgspec.Struct, array_like=True):
    """What the alerts must remember of the readings and messages before."""

    is_reverse: bool | None = None
    fast_at_ms: int = 0
    device_id: str = ""
    device_id_before: str = ""
    received_at_ms: int = 0
    device_changed_at_ms: int = 0


class ErasedInterval(msgspec.Struct, array_like=True):
    """What was measured in [from_ms, until_ms) is erased, as long as nobody stood idle in it.

    `active_at_ms` is the last motion in it; `claim_id` is the claim's that was erased, None for a
    session of nobody.
    """

    erasure_id: str
    claim_id: str | None
    from_ms: int
    until_ms: int
    active_at_ms: int


class TreadmillState(msgspec.Struct, array_like=True):
    """Everything the fold needs of a treadmill; a pure function of its log.

    `accepted_count` counts accepted events of every kind, `readings_count` the readings of them.
    """

    version: int
    treadmill: str
    epoch: int = 0
    accepted_count: int = 0
    readings_count: int = 0
    marks: dict[str, Mark] = {}
    claims: list[Claim] = []
    # claim_id -> when the claim ended by idleness
    expiries: dict[str, int] = {}
    session: OpenSession | None = None
    # high-water mark of the (corrected) measured times that were folded
    last_measured_at_ms: int = 0
    # of the last reading with a moving belt and somebody on it
    last_moving_at_ms: int = 0
    # set when attribution changed in the past: a session which begins soon after may reach back
    dirty_from_ms: int | None = None
    # kind of alert -> what is going on
    alerts: dict[str, AlertWatch] = {}
    belt: BeltMemory = msgspec.field(default_factory=BeltMemory)
    erased: list[ErasedInterval] = []
    # readings that were accepted and belong into no store, because they are erased
    erased_count: int = 0
    # with `dirty_from_ms`: when that changed, the last reading that was folded
    dirty_until_ms: int = 0

    @property
    def revision(self) -> tuple[int, int]:
        """(epoch, number of events accepted): a higher one replaces a lower one."""
        return self.epoch, self.accepted_count


encoder = msgspec.msgpack.Encoder()
decoder = msgspec.msgpack.Decoder(TreadmillState)


class StateVersionError(ValueError):
    """A stored state of a version that this program does not know."""


def encode_state(state: TreadmillState) -> bytes:
    """Return the state as MessagePack."""
    return encoder.encode(state)


def decode_state(data: bytes) -> TreadmillState:
    """Return the state that `encode_state` made.

    Raises:
        StateVersionError: when another version of the program wrote it.
        msgspec.DecodeError: when it is no state at all.

    """
    state = decoder.decode(data)
    if state.version != STATE_VERSION:
        message = f"state of {state.treadmill} is of version {state.version}, not {STATE_VERSION}"
        raise StateVersionError(message)
    return state
