import asyncio
from collections.abc import Mapping

import pytest
from prometheus_client import REGISTRY

from backstride_processor.domain.progress import LogBeganAnewError, OffsetJumpError
from backstride_processor.ports import InputRecord
from backstride_processor.processing import Processor
from backstride_shared.fold import TreadmillsFold, decode_state
from backstride_shared.frames import (
    FRAME_VERSION,
    Alert,
    ClaimEvent,
    EventsFrame,
    ReadingsEvent,
    TreadmillEvent,
    alert_decoder,
    encoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from tests.component.processor.fakes import MemoryChangelog, MemoryLog, MemoryStoredStates
from tests.factories.events import TREADMILL, claim, message, run_of
from tests.waiting import eventually

PARTITION = partition_of(TreadmillKey(TREADMILL), PARTITION_COUNT)
OTHER_PARTITION = (PARTITION + 1) % PARTITION_COUNT
GENERATION = 3
WRITTEN_AT_MS = 1_795_406_900_123


def frame(
    offset: int,
    *events: TreadmillEvent,
    generation: int = GENERATION,
    partition: int = PARTITION,
    value: bytes | None = None,
) -> InputRecord:
    """Return a record as Faust hands it over."""
    encoded = encoder.encode(EventsFrame(FRAME_VERSION, list(events))) if value is None else value
    return InputRecord(partition, offset, generation, WRITTEN_AT_MS, encoded)


def state_after(*events: TreadmillEvent) -> bytes:
    """Return what a checkpoint holds after events."""
    fold = TreadmillsFold()
    for event in events:
        fold.apply(event)
    fold.drain()
    return fold.take_checkpoints()[0].state


async def started(
    log: MemoryLog,
    *,
    changelog: MemoryChangelog | None = None,
    stored: MemoryStoredStates | None = None,
    starts: Mapping[int, int] | None = None,
) -> Processor:
    """Return a processor that has its partitions."""
    processor = Processor(log, changelog or MemoryChangelog(), stored or MemoryStoredStates())
    await processor.assign(GENERATION, {PARTITION: 0} if starts is None else starts)
    return processor


async def test_output_stands_in_the_log_before_states_and_states_before_the_commit() -> None:
    log = MemoryLog()
    processor = await started(log)

    await processor.handle([frame(0, message(run_of(1, 3, 0.0)))])
    assert log.topics() == [KafkaTopic.ENERGY]
    assert log.committed == {}
    await processor.checkpoint()

    assert log.topics() == [KafkaTopic.ENERGY, KafkaTopic.ENERGY, CHANGELOG_TOPIC]
    assert log.sequence_numbers() == [1, 2, 3]
    assert log.committed == {PARTITION: 1}
    assert log.records_at_commits == [3]


async def test_output_goes_to_the_partition_of_its_input() -> None:
    log = MemoryLog()
    processor = await started(log)

    await processor.handle([frame(0, message(run_of(1, 3, 0.0)), value=None)])
    await processor.handle([frame(1, value=b"\xc1")])
    await processor.checkpoint()

    assert {record.partition for record in log.records} == {PARTITION}


async def test_checkpoint_and_changelog_hold_the_same_state_under_the_treadmills_name() -> None:
    log = MemoryLog()
    changelog = MemoryChangelog()
    processor = await started(log, changelog=changelog)

    await processor.handle([frame(0, message(run_of(1, 3, 0.0)))])
    await processor.checkpoint()

    (checkpoint,) = log.checkpoints()
    (record,) = log.changelog()
    assert checkpoint.treadmill == TREADMILL
    assert record.key == TREADMILL.encode()
    assert record.value == checkpoint.state == changelog.states[TREADMILL]
    assert decode_state(checkpoint.state).revision == checkpoint.revision == (0, 3)


async def test_an_idle_checkpoint_writes_nothing() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.handle([frame(0, message(run_of(1, 3, 0.0)))])
    await processor.checkpoint()

    await processor.checkpoint()

    assert len(log.records) == 3
    assert len(log.records_at_commits) == 1


async def test_a_duplicate_comes_out_once_and_has_stored_repeated() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.handle([frame(0, message(run_of(1, 3, 0.0)))])
    await processor.checkpoint()

    await processor.handle([frame(1, message(run_of(1, 3, 0.0)))])
    await processor.checkpoint()

    assert log.sequence_numbers() == [1, 2, 3]
    assert log.checkpoints()[-1].repeat_stored
    assert log.committed == {PARTITION: 2}


@pytest.mark.parametrize("refused", [KafkaTopic.ENERGY, CHANGELOG_TOPIC])
async def test_what_the_broker_refuses_is_never_committed(refused: KafkaTopic | str) -> None:
    log = MemoryLog()
    processor = await started(log)
    log.refuses = refused

    with pytest.raises(OSError, match="the broker refuses"):
        await _handle_and_checkpoint(processor, frame(0, message(run_of(1, 3, 0.0))))
    log.refuses = None
    await processor.handle([frame(1, message(run_of(4, 3, 3.0)))])
    await processor.checkpoint()

    assert log.committed == {}
    assert CHANGELOG_TOPIC not in log.topics()


async def _handle_and_checkpoint(processor: Processor, record: InputRecord) -> None:
    await processor.handle([record])
    await processor.checkpoint()


@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"\xc1", "no frame of events"), (encoder.encode((9, [])), "frame of version 9")],
)
async def test_a_record_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    value: bytes, reason: str
) -> None:
    log = MemoryLog()
    processor = await started(log)

    await processor.handle(
        [frame(0, value=value), frame(1, message(run_of(1, 2, 0.0))), frame(2, value=value)]
    )
    await processor.checkpoint()

    assert [letter.payload for letter in log.dead_letters()] == [value, value]
    assert all(letter.reason.startswith(reason) for letter in log.dead_letters())
    assert {letter.received_at_ms for letter in log.dead_letters()} == {WRITTEN_AT_MS}
    assert log.sequence_numbers() == [1, 2]
    assert log.committed == {PARTITION: 3}


async def test_records_that_cannot_be_read_are_committed_without_any_state() -> None:
    log = MemoryLog()
    processor = await started(log)

    await _handle_and_checkpoint(processor, frame(0, value=b"\xc1"))

    assert log.topics() == [KafkaTopic.DEAD_LETTERS]
    assert log.committed == {PARTITION: 1}


async def test_an_event_in_a_wrong_partition_is_set_aside() -> None:
    log = MemoryLog()
    processor = await started(log, starts={PARTITION: 0, OTHER_PARTITION: 0})

    await processor.handle([frame(0, message(run_of(1, 2, 0.0)), partition=OTHER_PARTITION)])

    assert [letter.treadmill for letter in log.dead_letters()] == [TREADMILL]
    assert log.sequence_numbers() == []


class DefectiveFold(TreadmillsFold):
    """A fold with a defect that the events of one device bring out."""

    def apply(self, event: TreadmillEvent) -> None:
        """Fold, unless the event is of that device."""
        if isinstance(event, ReadingsEvent) and event.device_id == "unlucky":
            raise IndexError("list index out of range")
        super().apply(event)


async def test_an_event_that_breaks_the_fold_is_set_aside_and_the_rest_goes_on() -> None:
    log = MemoryLog()
    processor = Processor(log, MemoryChangelog(), MemoryStoredStates(), fold=DefectiveFold)
    await processor.assign(GENERATION, {PARTITION: 0})
    unlucky = message(run_of(1, 2, 0.0), device_id="unlucky")

    await processor.handle([frame(0, unlucky, message(run_of(1, 2, 0.0)))])

    (letter,) = log.dead_letters()
    assert letter.reason.startswith("could not be folded: IndexError")
    assert letter.device_id == "unlucky"
    assert log.sequence_numbers() == [1, 2]


async def test_what_the_fold_sets_aside_is_a_dead_letter() -> None:
    log = MemoryLog()
    processor = await started(log)

    await processor.handle(
        [frame(0, message(run_of(1, 2, 0.0), boot_id=7), message(run_of(1, 2, 9.0), boot_id=6))]
    )

    assert ["never seen" in letter.reason for letter in log.dead_letters()] == [True]


async def test_missing_records_stop_everything_before_anything_is_committed() -> None:
    log = MemoryLog()
    processor = await started(log)

    with pytest.raises(OffsetJumpError):
        await processor.handle([frame(0, message(run_of(1, 2, 0.0))), frame(2, message([]))])
    await processor.checkpoint()

    assert log.records == []
    assert log.committed == {}


async def test_records_that_were_taken_before_are_not_taken_again() -> None:
    log = MemoryLog()
    processor = await started(log, starts={PARTITION: 5})

    await processor.handle([frame(4, value=b"old"), frame(5, value=b"new")])

    assert [letter.payload for letter in log.dead_letters()] == [b"new"]


async def test_records_of_another_generation_are_ignored() -> None:
    log = MemoryLog()
    processor = await started(log)

    await processor.handle([frame(0, message(run_of(1, 2, 0.0)), generation=GENERATION - 1)])
    await processor.checkpoint()

    assert log.records == []
    assert log.committed == {}


async def test_records_before_the_restored_assignment_are_ignored() -> None:
    log = MemoryLog()
    processor = Processor(log, MemoryChangelog(), MemoryStoredStates())

    await processor.handle([frame(0, message(run_of(1, 2, 0.0)))])

    assert log.records == []
    assert processor.waiting_for() == ["partitions of treadmill-events.v1"]


async def test_after_a_revocation_nothing_of_before_is_written_or_committed() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.handle([frame(0, message(run_of(1, 2, 0.0)))])

    await processor.revoke()
    await processor.checkpoint()

    assert log.topics() == [KafkaTopic.ENERGY]
    assert log.committed == {}
    assert processor.waiting_for() == ["partitions of treadmill-events.v1"]


async def test_a_revocation_during_a_checkpoint_waits_for_it_and_prevents_its_commit() -> None:
    log = MemoryLog()
    changelog = MemoryChangelog()
    processor = await started(log, changelog=changelog)
    await processor.handle([frame(0, message(run_of(1, 2, 0.0)))])
    log.lets_through.clear()
    log.is_asked.clear()

    checkpoint = asyncio.create_task(processor.checkpoint())
    await log.is_asked.wait()
    revocation = asyncio.create_task(processor.revoke())
    await eventually(processor.waiting_for, what="the partitions to be dropped")
    assert not revocation.done()
    log.lets_through.set()
    await asyncio.gather(checkpoint, revocation)

    assert log.committed == {}
    assert changelog.states == {}


async def test_a_commit_that_comes_too_late_is_made_again_while_the_partition_is_ours() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.handle([frame(0, message(run_of(1, 2, 0.0)))])
    log.is_ours = False
    await processor.checkpoint()
    assert log.committed == {}

    log.is_ours = True
    await processor.checkpoint()

    assert log.committed == {PARTITION: 1}


async def test_a_second_life_goes_on_from_the_changelog() -> None:
    first = message(run_of(1, 3, 0.0))
    log = MemoryLog()
    changelog = MemoryChangelog({TREADMILL: state_after(first)})
    processor = await started(log, changelog=changelog)

    await _handle_and_checkpoint(processor, frame(0, first, message(run_of(4, 2, 3.0))))

    assert log.sequence_numbers() == [4, 5]
    assert log.checkpoints()[0].revision == (0, 5)


async def test_without_a_changelog_it_goes_on_from_the_store_in_a_new_epoch() -> None:
    first = message(run_of(1, 3, 0.0))
    log = MemoryLog()
    stored = MemoryStoredStates({TREADMILL: state_after(first)})
    processor = await started(log, stored=stored)

    await _handle_and_checkpoint(processor, frame(0, first, message(run_of(4, 2, 3.0))))

    assert log.sequence_numbers() == [4, 5]
    assert log.checkpoints()[0].revision == (1, 5)


async def test_a_new_assignment_reads_the_store_again() -> None:
    log = MemoryLog()
    stored = MemoryStoredStates()
    processor = await started(log, stored=stored)
    stored.states[TREADMILL] = state_after(message(run_of(1, 3, 0.0)))
    await processor.revoke()

    await processor.assign(GENERATION + 1, {PARTITION: 0})
    await processor.handle([frame(0, message(run_of(1, 4, 0.0)), generation=GENERATION + 1)])

    assert log.sequence_numbers() == [4]


async def test_what_a_recorder_stores_of_a_lost_log_does_not_hide_what_comes_again() -> None:
    # Kafka is lost while a recorder still holds the last states that it had brought
    first, second = message(run_of(1, 3, 0.0)), message(run_of(4, 2, 3.0), after=(1, 3))
    stored = MemoryStoredStates({TREADMILL: state_after(first)})
    log = MemoryLog()
    processor = Processor(log, MemoryChangelog({TREADMILL: state_after(first)}), stored)

    await processor.assign(GENERATION, {PARTITION: 0}, anew={PARTITION})
    stored.write(state_after(first, second))
    await _handle_and_checkpoint(processor, frame(0, second))

    assert log.sequence_numbers() == [4, 5]
    stored.write(log.checkpoints()[0].state)
    assert decode_state(stored.states[TREADMILL]).readings_count == 5


async def test_a_treadmill_without_a_row_is_safe_from_what_a_lost_log_said_of_it() -> None:
    first = message(run_of(1, 3, 0.0))
    stored = MemoryStoredStates()
    log = MemoryLog()
    processor = Processor(log, MemoryChangelog(), stored)

    await processor.assign(GENERATION, {PARTITION: 0}, anew={PARTITION})
    await processor.handle([frame(0, ClaimEvent(TREADMILL, claim("claim-1", 0.0)))])
    stored.write(state_after(first))
    await _handle_and_checkpoint(processor, frame(1, first))

    assert log.sequence_numbers() == [1, 2, 3]
    stored.write(log.checkpoints()[0].state)
    assert len(decode_state(stored.states[TREADMILL]).claims) == 1


async def test_a_second_assignment_still_knows_that_the_log_began_anew() -> None:
    lost = [message(run_of(1, 3, 0.0)), message(run_of(4, 2, 3.0), after=(1, 3))]
    stored = MemoryStoredStates()
    log = MemoryLog()
    processor = Processor(log, MemoryChangelog(), stored)
    await processor.assign(GENERATION, {PARTITION: 0}, anew={PARTITION})
    await processor.revoke()
    await processor.assign(GENERATION + 1, {PARTITION: 0})

    # a recorder still held it, told `stored`, and the outbox sends what follows alone
    stored.write(state_after(*lost))
    await processor.handle([frame(0, message(run_of(6, 2, 5.0)), generation=GENERATION + 1)])
    await processor.checkpoint()

    state = decode_state(log.checkpoints()[0].state)
    assert log.sequence_numbers() == [6, 7]
    assert (state.epoch, state.readings_count) == (1, 7)


async def test_a_state_of_a_lost_log_is_forgotten() -> None:
    first = message(run_of(1, 3, 0.0))
    changelog = MemoryChangelog({TREADMILL: state_after(first)})
    log = MemoryLog()
    processor = Processor(log, changelog, MemoryStoredStates())

    await processor.assign(GENERATION, {PARTITION: 0}, anew={PARTITION})
    await processor.handle([frame(0, first)])

    assert log.sequence_numbers() == [1, 2, 3]


async def test_output_that_is_lost_with_its_log_is_in_no_state_of_the_next_log() -> None:
    """The producer finds an empty broker while a state is on its way to the lost one."""
    log, changelog = MemoryLog(), MemoryChangelog()
    processor = await started(log, changelog=changelog)
    await processor.handle([frame(0, message(run_of(1, 3, 0.0)))])
    await processor.handle([frame(1, message(run_of(4, 3, 3.0)))])
    log.begin_anew()

    with pytest.raises(LogBeganAnewError):
        await processor.checkpoint()

    # the state has gone out already; it says behind which output it stands
    assert [one.output_offset for one in log.checkpoints()] == [1]
    assert log.changelog() == []
    assert changelog.states == {}
    assert log.committed == {}


async def test_output_that_arrives_in_another_log_than_the_output_before_ends_it() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.handle([frame(0, message(run_of(1, 3, 0.0)))])
    log.begin_anew()

    with pytest.raises(LogBeganAnewError):
        await processor.handle([frame(1, message(run_of(4, 3, 3.0)))])
    await processor.checkpoint()

    assert log.checkpoints() == []
    assert log.committed == {}


async def test_a_state_stands_behind_the_last_output_of_its_partition() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.handle([frame(0, message(run_of(1, 3, 0.0)))])
    await processor.checkpoint()
    await processor.handle([frame(1, message(run_of(4, 3, 3.0)))])
    await processor.checkpoint()

    assert [one.output_offset for one in log.checkpoints()] == [0, 2]


async def test_an_event_in_a_wrong_partition_takes_no_row_over() -> None:
    stored = MemoryStoredStates()
    processor = Processor(MemoryLog(), MemoryChangelog(), stored)
    await processor.assign(GENERATION, {OTHER_PARTITION: 0}, anew={OTHER_PARTITION})

    await processor.handle([frame(0, message(run_of(1, 3, 0.0)), partition=OTHER_PARTITION)])

    assert stored.states == {}


async def test_it_waits_for_the_store_and_says_so() -> None:
    stored = MemoryStoredStates(refusals=1)
    processor = Processor(MemoryLog(), MemoryChangelog(), stored)

    assignment = asyncio.create_task(processor.assign(GENERATION, {PARTITION: 0}))
    await eventually(
        processor.waiting_for,
        what="the store to be named",
        holds=lambda missing: missing == ["relational store: no schema yet"],
    )
    await assignment

    assert processor.waiting_for() == []


async def test_finishing_waits_for_the_batch_commits_it_and_takes_no_more() -> None:
    log = MemoryLog()
    processor = await started(log)
    log.lets_through.clear()
    batch = asyncio.create_task(processor.handle([frame(0, message(run_of(1, 2, 0.0)))]))
    await log.is_asked.wait()

    finishing = asyncio.create_task(processor.finish())
    log.lets_through.set()
    await asyncio.gather(batch, finishing)
    await processor.handle([frame(1, message(run_of(3, 2, 2.0)))])
    await processor.checkpoint()

    assert log.sequence_numbers() == [1, 2]
    assert log.committed == {PARTITION: 1}


async def test_partitions_that_come_while_it_leaves_are_not_taken() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.finish()

    await processor.assign(GENERATION, {PARTITION: 0})
    await processor.handle([frame(0, message(run_of(1, 2, 0.0)))])

    assert log.records == []


async def test_checkpoints_are_made_on_their_own_while_nothing_arrives() -> None:
    log = MemoryLog()
    processor = await started(log)
    await processor.handle([frame(0, ClaimEvent(TREADMILL, claim("claim-1", 0.0)))])

    ticking = asyncio.create_task(processor.keep_checkpointing(0.01))
    await eventually(lambda: log.committed, what="a commit", holds=lambda it: it == {PARTITION: 1})
    ticking.cancel()

    assert [one.claim_id for one in decode_state(log.checkpoints()[0].state).claims] == ["claim-1"]


async def test_what_became_of_readings_is_counted() -> None:
    def count(outcome: str) -> float:
        name = "backstride_processor_readings_total"
        return REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0

    before = count("accepted"), count("duplicate")
    processor = await started(MemoryLog())

    await processor.handle([frame(0, message(run_of(1, 3, 0.0)), message(run_of(2, 4, 1.0)))])

    assert (count("accepted") - before[0], count("duplicate") - before[1]) == (5, 2)


async def test_an_alert_goes_to_both_topics_once_and_again_only_as_itself() -> None:
    log = MemoryLog()
    processor = await started(log)
    too_fast = frame(0, message(run_of(1, 5, 0.0, 2.4, is_reverse=True)))

    await processor.handle([too_fast])
    await processor.checkpoint()
    await processor.handle([frame(1, message(run_of(1, 5, 0.0, 2.4, is_reverse=True)))])

    alerts = [item for item in log.items() if isinstance(item, Alert)]
    assert [alert.kind for alert in alerts] == ["reverse-too-fast"]
    (record,) = [record for record in log.records if record.topic == KafkaTopic.ALERTS]
    assert alert_decoder.decode(record.value) == alerts[0]
    assert record.partition == PARTITION


async def test_many_dead_letters_are_counted_and_told_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = REGISTRY.get_sample_value("backstride_processor_dead_letters_total") or 0.0
    log = MemoryLog()
    processor = await started(log)

    await processor.handle([frame(offset, value=b"\xc1") for offset in range(300)])
    await processor.handle([frame(offset, value=b"\xc1") for offset in range(300, 600)])

    assert len(log.dead_letters()) == 600
    assert REGISTRY.get_sample_value("backstride_processor_dead_letters_total") == before + 600
    said = capsys.readouterr()
    assert (said.out + said.err).count("set aside as dead letters") == 1
