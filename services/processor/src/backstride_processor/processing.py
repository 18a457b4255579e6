"""The order in which the processor answers for readings: fold, output, checkpoint, commit.

Guarantee: an offset is committed only after the output of everything before it, and then the
states that came of it, are acknowledged by the broker. Output goes before states: otherwise
deduplication would hide an output lost in a crash. Whatever is repeated after a crash folds to
the same records again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import msgspec
import structlog

from backstride_processor import metrics
from backstride_processor.domain.input_frames import (
    UnusableRecordError,
    check_place,
    check_readings,
    dead_letter_of_event,
    dead_letter_of_record,
    events_of,
    is_placed,
)
from backstride_processor.domain.packing import pack
from backstride_processor.domain.progress import OutputPlaces, Progress
from backstride_processor.domain.restoring import rows_to_take
from backstride_processor.ports import (
    Changelog,
    InputRecord,
    Log,
    OutputRecord,
    StoredStates,
    StoreNotReadyError,
)
from backstride_shared.fold import TreadmillsFold, decode_state
from backstride_shared.frames import (
    Alert,
    Checkpoint,
    DeadLetter,
    EnergyItem,
    TreadmillEvent,
    encoder,
)
from backstride_shared.lifecycle import backoff_s
from backstride_shared.topics import KafkaTopic

log = structlog.get_logger()

_ASK_STORE_AGAIN_AT_MOST_S = 2.0  # it appears once, at a first start, and people wait for it


DEAD_LETTER_LOG_INTERVAL_S: Final = 10.0
"""Dead letters are logged at most this often; the counter and the topic have them all."""


class _Tenure:
    """What is held from one assignment of partitions to their revocation, and then dropped."""

    def __init__(
        self,
        generation: int,
        progress: Progress,
        fold: TreadmillsFold,
        taken: dict[str, bytes],
        anew: frozenset[int],
    ) -> None:
        self.generation = generation
        self.progress = progress
        self.fold = fold
        # states taken over from the store, until their treadmill's first event
        self.taken = taken
        # partitions whose log began anew: of a treadmill that nobody knew a recorder may still
        # hold what a lost log said
        self.anew = anew
        # treadmills whose state was restored, with their partition
        self.partitions: dict[str, int] = {}
        self.places = OutputPlaces()


class _Frame(NamedTuple):
    """A record with its events, or with the dead letter that it is instead."""

    record: InputRecord
    events: Sequence[TreadmillEvent]
    letter: DeadLetter | None


class Processor:
    """Folds what arrives, in the partitions that are ours at the moment.

    `progress` and `fold` make the bookkeeping of offsets and the fold for an assignment.
    """

    def __init__(
        self,
        event_log: Log,
        changelog: Changelog,
        stored_states: StoredStates,
        *,
        progress: Callable[[Mapping[int, int]], Progress] = Progress,
        fold: Callable[[], TreadmillsFold] = TreadmillsFold,
    ) -> None:
        self._log = event_log
        self._changelog = changelog
        self._stored_states = stored_states
        self._progress = progress
        self._fold_of_nothing = fold
        self._lock = asyncio.Lock()
        self._tenure: _Tenure | None = None
        # partitions whose log began anew in our lifetime, also after they came and went
        self._anew: set[int] = set()
        self._is_finished = False
        self._dead_letters_untold = 0
        self._dead_letters_told_s = float("-inf")
        self._waiting_for = ["partitions of treadmill-events.v1"]

    def waiting_for(self) -> list[str]:
        """Return what is missing until records are folded; empty when nothing is."""
        return self._waiting_for

    async def revoke(self) -> None:
        """Drop everything that is held: the partitions may belong to another processor next.

        What was not committed comes again, to whoever has the partition then. Returns when
        nothing is on its way to the log any more: a state that arrived after the next processor's
        would be the newest one in the changelog.
        """
        self._drop()
        async with self._lock:
            pass

    async def assign(
        self, generation: int, starts: Mapping[int, int], anew: Collection[int] = ()
    ) -> None:
        """Begin with partitions, once their changelog is restored.

        `starts` maps each partition to the offset of the record that must come first; in those
        `anew` nobody had committed any. Waits for the relational store. Records of other
        generations are ignored.
        """
        self._tenure = None
        self._changelog.forget(anew)
        self._anew.update(anew)
        taken = await self._take_over_rows(starts, anew) if starts else {}
        if self._is_finished:
            return
        began_anew = frozenset(self._anew.intersection(starts))
        self._tenure = _Tenure(
            generation, self._progress(starts), self._fold_of_nothing(), taken, began_anew
        )
        self._waiting_for = []
        log.info("partitions assigned", partitions=sorted(starts), generation=generation)

    async def handle(self, records: Sequence[InputRecord]) -> None:
        """Fold records and have their output in the log.

        Raises:
            OffsetJumpError: when records are missing; nothing of this batch is committed.
            LogBeganAnewError: when the log that output goes to is lost.

        """
        async with self._lock, self._all_or_nothing():
            tenure = self._tenure
            if tenure is None:
                return
            frames = self._decode(tenure, records)
            if tenure.anew:
                await self._take_over_unknown(tenure, frames)
                if tenure is not self._tenure:
                    return
            started_s = time.perf_counter()
            output = self._fold(tenure, frames)
            metrics.FOLD_SECONDS.observe(time.perf_counter() - started_s)
            if output:
                await self._append(tenure, output)

    async def checkpoint(self) -> None:
        """Have the states that changed in the log, then commit the offsets they cover."""
        async with self._lock, self._all_or_nothing():
            if self._tenure is not None:
                await self._checkpoint(self._tenure)

    async def keep_checkpointing(self, interval_s: float) -> None:
        """Make a checkpoint every `interval_s` seconds, until cancelled."""
        while True:
            await asyncio.sleep(interval_s)
            await self.checkpoint()

    async def finish(self) -> None:
        """Wait for the batch under way, make the last checkpoint, and ignore what comes after."""
        self._is_finished = True
        await self.checkpoint()
        self._drop()

    @asynccontextmanager
    async def _all_or_nothing(self) -> AsyncIterator[None]:
        """Drop everything when a step fails: no later checkpoint may cover its lost output."""
        try:
            yield
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        self._tenure = None
        # whoever has the partitions next tells their lag
        metrics.LAG_FRAMES.clear()
        self._waiting_for = ["partitions of treadmill-events.v1"]

    async def _take_over_rows(
        self, partitions: Collection[int], anew: Collection[int]
    ) -> dict[str, bytes]:
        """Return the states of the treadmills that go on from their rows, taken over."""

        def take() -> dict[str, bytes]:
            rows = self._stored_states.revisions()
            state_of = self._changelog.state_of
            return self._stored_states.take_over(rows_to_take(rows, state_of, partitions, anew))

        waits_s = backoff_s(most_s=_ASK_STORE_AGAIN_AT_MOST_S)
        while True:
            try:
                return await asyncio.to_thread(take)
            except StoreNotReadyError as error:
                missing = [f"relational store: {error}"]
                if missing != self._waiting_for:
                    self._waiting_for = missing
                    log.warning("waiting for the relational store", reason=str(error))
                await asyncio.sleep(next(waits_s))

    async def _take_over_unknown(self, tenure: _Tenure, frames: Sequence[_Frame]) -> None:
        """Take over the rows of treadmills that had none when the partitions came.

        Raises:
            StoreNotReadyError: when the store went away since; the program begins again with it.

        """
        unknown = {
            event.treadmill
            for record, events, _ in frames
            if record.partition in tenure.anew
            for event in events
            if event.treadmill not in tenure.partitions
            and event.treadmill not in tenure.taken
            and self._changelog.state_of(event.treadmill) is None
            and is_placed(event, record.partition)
        }
        if unknown:
            tenure.taken |= await asyncio.to_thread(self._stored_states.take_over, sorted(unknown))

    def _decode(self, tenure: _Tenure, records: Sequence[InputRecord]) -> list[_Frame]:
        """Return the records that are ours and next, each with its events.

        Raises:
            OffsetJumpError: when records are missing.

        """
        return [
            _Frame(record, *_events_or_letter(record))
            for record in records
            if record.generation == tenure.generation
            and tenure.progress.admit(record.partition, record.offset)
        ]

    def _fold(self, tenure: _Tenure, frames: Sequence[_Frame]) -> list[OutputRecord]:
        dead_letters: list[tuple[int, DeadLetter]] = []
        for record, events, letter in frames:
            if letter is not None:
                dead_letters.append((record.partition, letter))
            for event in events:
                letter_or_none = self._apply(tenure, event, record)
                if letter_or_none is not None:
                    dead_letters.append((record.partition, letter_or_none))
        if not frames:
            return []
        metrics.FRAMES.inc(len(frames))
        metrics.BATCH_FRAMES.observe(len(frames))
        drained = tenure.fold.drain()
        metrics.ACCEPTED_READINGS.inc(drained.accepted_readings)
        metrics.DUPLICATE_READINGS.inc(drained.duplicate_readings)
        metrics.GAP_READINGS.inc(drained.gap_readings)
        metrics.MESSAGES_AHEAD.inc(drained.messages_ahead)
        dead_letters.extend(
            (tenure.partitions[letter.treadmill or ""], letter) for letter in drained.dead_letters
        )
        output = _energy_records(tenure.partitions, drained.items)
        output += _alert_records(tenure.partitions, drained.items)
        output += [
            OutputRecord(KafkaTopic.DEAD_LETTERS, partition, None, encoder.encode(letter))
            for partition, letter in dead_letters
        ]
        self._tell_dead_letters([letter for _, letter in dead_letters])
        return output

    def _tell_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        metrics.DEAD_LETTERS.inc(len(letters))
        self._dead_letters_untold += len(letters)
        now_s = time.monotonic()
        if now_s - self._dead_letters_told_s >= DEAD_LETTER_LOG_INTERVAL_S:
            log.warning(
                "set aside as dead letters",
                count=self._dead_letters_untold,
                reason=letters[0].reason,
                treadmill=letters[0].treadmill,
            )
            self._dead_letters_told_s = now_s
            self._dead_letters_untold = 0

    def _apply(
        self, tenure: _Tenure, event: TreadmillEvent, record: InputRecord
    ) -> DeadLetter | None:
        treadmill = event.treadmill
        if tenure.partitions.get(treadmill) != record.partition:
            try:
                check_place(event, record.partition)
            except UnusableRecordError as error:
                return dead_letter_of_event(event, str(error), record.written_at_ms)
            self._restore(tenure, treadmill, record.partition)
        try:
            check_readings(event)
        except UnusableRecordError as error:
            return dead_letter_of_event(event, str(error), record.written_at_ms)
        try:
            tenure.fold.apply(event)
        except Exception as error:
            # a defect of ours, and the record would come again for ever: set it aside, be loud
            log.exception("an event could not be folded", treadmill=treadmill)
            reason = f"could not be folded: {error!r}"
            return dead_letter_of_event(event, reason, record.written_at_ms)
        return None

    def _restore(self, tenure: _Tenure, treadmill: str, partition: int) -> None:
        state = tenure.taken.pop(treadmill, None) or self._changelog.state_of(treadmill)
        if state is not None:
            tenure.fold.states[treadmill] = decode_state(state)
        tenure.partitions[treadmill] = partition

    async def _checkpoint(self, tenure: _Tenure) -> None:
        started_s = time.perf_counter()
        due = tenure.progress.due()
        checkpoints = tenure.fold.take_checkpoints()
        self._measure_lag(tenure)
        if checkpoints:
            await self._append(
                tenure, _energy_records(tenure.partitions, _placed(tenure, checkpoints))
            )
            if tenure is not self._tenure:
                return
            await self._log.append(
                [
                    self._changelog.record(
                        tenure.partitions[checkpoint.treadmill],
                        checkpoint.treadmill,
                        checkpoint.state,
                    )
                    for checkpoint in checkpoints
                ]
            )
            if tenure is not self._tenure:
                return
            for checkpoint in checkpoints:
                self._changelog.keep(checkpoint.treadmill, checkpoint.state)
        if due and await self._log.commit(due):
            tenure.progress.note_committed(due)
            metrics.CHECKPOINT_SECONDS.observe(time.perf_counter() - started_s)

    async def _append(self, tenure: _Tenure, records: Sequence[OutputRecord]) -> None:
        """Append output.

        Raises:
            LogBeganAnewError: when what stood before it is gone.

        """
        offsets = await self._log.append(records)
        for record, offset in zip(records, offsets, strict=True):
            if record.topic == KafkaTopic.ENERGY:
                tenure.places.note(record.partition, offset)

    def _measure_lag(self, tenure: _Tenure) -> None:
        for partition, next_offset in tenure.progress.next_offsets().items():
            end = self._log.end_of(partition)
            if end is not None:
                metrics.LAG_FRAMES.labels(partition).set(max(0, end - next_offset))


def _events_or_letter(
    record: InputRecord,
) -> tuple[Sequence[TreadmillEvent], DeadLetter | None]:
    try:
        return events_of(record.value), None
    except UnusableRecordError as error:
        return (), dead_letter_of_record(record.value, str(error), record.written_at_ms)


def _placed(tenure: _Tenure, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Return checkpoints that say behind which output they stand.

    When the log is lost while they are on their way, they arrive in one that has no such output.
    """
    return [
        msgspec.structs.replace(
            one, output_offset=tenure.places.last(tenure.partitions[one.treadmill])
        )
        for one in checkpoints
    ]


def _energy_records(
    partitions: Mapping[str, int], items: Sequence[EnergyItem] | Sequence[Checkpoint]
) -> list[OutputRecord]:
    """Return items as records of the partitions that their input came from."""
    by_partition: dict[int, list[EnergyItem]] = {}
    for item in items:
        by_partition.setdefault(partitions[item.treadmill], []).append(item)
    return [
        OutputRecord(KafkaTopic.ENERGY, partition, None, value)
        for partition, its_items in by_partition.items()
        for value in pack(its_items)
    ]


def _alert_records(
    partitions: Mapping[str, int], items: Sequence[EnergyItem]
) -> list[OutputRecord]:
    """Return the alerts among the items once more, for whoever reads nothing but alerts."""
    alerts = [item for item in items if isinstance(item, Alert)]
    for alert in alerts:
        metrics.ALERTS.labels(alert.kind, "recovered" if alert.is_recovery else "raised").inc()
        tell = log.info if alert.is_recovery else log.warning
        tell(
            "alert recovered" if alert.is_recovery else "alert raised",
            treadmill=alert.treadmill,
            kind=alert.kind,
            alert_id=alert.alert_id,
        )
    return [
        OutputRecord(
            KafkaTopic.ALERTS,
            partitions[alert.treadmill],
            alert.treadmill.encode(),
            encoder.encode(alert),
        )
        for alert in alerts
    ]
