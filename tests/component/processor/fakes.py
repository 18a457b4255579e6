"""The world of the processor in memory, asserted on by what ends up in it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from backstride_processor.ports import OutputRecord, StoreNotReadyError
from backstride_shared.fold.state import STATE_VERSION, TreadmillState, decode_state, encode_state
from backstride_shared.frames import (
    Checkpoint,
    DeadLetter,
    EnergyItem,
    EnergySegment,
    dead_letter_decoder,
    energy_decoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic


class MemoryLog:
    """A broker that keeps everything, in the order in which it came."""

    def __init__(self) -> None:
        self.records: list[OutputRecord] = []
        self.committed: dict[int, int] = {}
        # how many records stood in the log at each commit
        self.records_at_commits: list[int] = []
        self.refuses: KafkaTopic | str | None = None
        self.is_ours = True
        self.lets_through = asyncio.Event()
        self.lets_through.set()
        self.is_asked = asyncio.Event()
        self._ends: dict[tuple[str, int], int] = {}

    def begin_anew(self) -> None:
        """Lose everything, as a broker whose data are deleted."""
        self.records.clear()
        self.committed.clear()
        self._ends.clear()

    async def append(self, records: Sequence[OutputRecord]) -> Sequence[int]:
        """Keep the records once `lets_through` is set; refuse those of one topic."""
        self.is_asked.set()
        await self.lets_through.wait()
        if any(record.topic == self.refuses for record in records):
            raise OSError("the broker refuses")
        offsets = []
        for record in records:
            place = record.topic, record.partition
            offsets.append(self._ends.get(place, 0))
            self._ends[place] = offsets[-1] + 1
            self.records.append(record)
        return offsets

    async def commit(self, next_offsets: Mapping[int, int]) -> bool:
        """Keep the offsets, while the partitions are ours."""
        if not self.is_ours:
            return False
        self.committed.update(next_offsets)
        self.records_at_commits.append(len(self.records))
        return True

    def end_of(self, partition: int) -> int | None:
        """Return a fixed end for even partitions, nothing for odd ones."""
        return 10 if partition % 2 == 0 else None

    # --- what tests ask ---

    def topics(self) -> list[str]:
        """Return the topics of the records in their order."""
        return [str(record.topic) for record in self.records]

    def items(self) -> list[EnergyItem]:
        """Return every item of `energy.v1`."""
        return [
            item
            for record in self.records
            if record.topic == KafkaTopic.ENERGY
            for item in energy_decoder.decode(record.value).items
        ]

    def sequence_numbers(self) -> list[int]:
        """Return the numbers of all readings that came out, repeated ones included."""
        return [
            reading.seq
            for item in self.items()
            if isinstance(item, EnergySegment)
            for reading in item.readings
        ]

    def checkpoints(self) -> list[Checkpoint]:
        """Return the checkpoints that came out."""
        return [item for item in self.items() if isinstance(item, Checkpoint)]

    def changelog(self) -> list[OutputRecord]:
        """Return the records of the changelog."""
        return [record for record in self.records if record.topic == CHANGELOG_TOPIC]

    def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters."""
        return [
            dead_letter_decoder.decode(record.value)
            for record in self.records
            if record.topic == KafkaTopic.DEAD_LETTERS
        ]


class MemoryChangelog:
    """States by treadmill; a second life is given the states of the first."""

    def __init__(self, states: dict[str, bytes] | None = None) -> None:
        self.states = states if states is not None else {}

    def state_of(self, treadmill: str) -> bytes | None:
        """Return what was kept."""
        return self.states.get(treadmill)

    def keep(self, treadmill: str, state: bytes) -> None:
        """Keep a state."""
        self.states[treadmill] = state

    def record(self, partition: int, treadmill: str, state: bytes) -> OutputRecord:
        """Return a record as the real changelog makes it."""
        return OutputRecord(CHANGELOG_TOPIC, partition, treadmill.encode(), state)

    def forget(self, partitions: Collection[int]) -> None:
        """Drop states."""
        for treadmill in list(self.states):
            if partition_of(TreadmillKey(treadmill), PARTITION_COUNT) in partitions:
                del self.states[treadmill]


class MemoryStoredStates:
    """Stored rows; not ready as often as `refusals` says."""

    def __init__(self, states: dict[str, bytes] | None = None, refusals: int = 0) -> None:
        self.states = states or {}
        self.refusals_left = refusals

    def revisions(self) -> dict[str, tuple[int, int]]:
        """Return the rows' revisions."""
        self._refuse()
        return {treadmill: decode_state(data).revision for treadmill, data in self.states.items()}

    def take_over(self, treadmills: Collection[str]) -> dict[str, bytes]:
        """Raise the rows' epochs and return them."""
        self._refuse()
        for treadmill in treadmills:
            nothing = encode_state(TreadmillState(STATE_VERSION, treadmill))
            state = decode_state(self.states.get(treadmill, nothing))
            state.epoch += 1
            self.states[treadmill] = encode_state(state)
        return {treadmill: self.states[treadmill] for treadmill in treadmills}

    def write(self, state: bytes) -> None:
        """Do as the recorder: put a state into its row, unless the row's is a higher revision."""
        new = decode_state(state)
        if new.revision >= self.revisions().get(new.treadmill, (0, 0)):
            self.states[new.treadmill] = state

    def _refuse(self) -> None:
        if self.refusals_left:
            self.refusals_left -= 1
            raise StoreNotReadyError("no schema yet")
