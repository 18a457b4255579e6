"""The recorder with stores and brokers in memory: order, crashes, repetitions, absences."""

import msgspec
import pytest
from prometheus_client import REGISTRY

from backstride_recorder.domain.batch import UnknownFrameVersionError
from backstride_shared.fold.state import encode_state
from backstride_shared.frames import FRAME_VERSION, Checkpoint, ClaimEvent, EnergyFrame, encoder
from tests.component.recorder.desk import Desk, DiedError, Lives
from tests.factories.energy_records import EnergyRecords, energy_record
from tests.factories.events import DEVICE, TREADMILL, claim, message, reading, run_of

MISSING = "backstride_recorder_missing_records_total"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_the_log_brings_is_in_both_stores_and_then_reported(desk: Desk) -> None:
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))

    desk.settle()

    assert desk.seqs() == list(range(1, 31))
    assert desk.readings_counts() == [30]
    assert desk.reports.published == [(TREADMILL, {DEVICE: (1, 30)})]
    assert desk.log.committed == 2


def test_nothing_is_reported_before_the_checkpoint_is_stored(desk: Desk) -> None:
    """Readings are in the series, but no row says how far: the device must keep them."""
    desk.log.append(desk.records.output_of(message(run_of(1, 30, 0.0))))

    desk.settle()

    assert desk.seqs() == list(range(1, 31))
    assert desk.reports.published == []


def test_readings_outside_any_session_are_kept_in_the_series(desk: Desk) -> None:
    desk.log.append(*desk.records.of(message(run_of(1, 5, 0.0, speed_m_per_s=0.0))))

    desk.settle()

    assert desk.seqs() == [1, 2, 3, 4, 5]
    assert desk.readings_counts() == []
    assert desk.reports.last == {DEVICE: (1, 5)}


def test_records_that_come_twice_add_nothing(desk: Desk) -> None:
    records = desk.records.of(message(run_of(1, 30, 0.0)))
    desk.log.append(*records)
    desk.settle()
    before = dict(desk.sessions.rows)

    desk.log.append(*records)
    desk.settle()

    assert desk.series.count() == 30
    assert desk.sessions.rows == before
    assert len(desk.reports.published) == 1


def test_a_device_that_sends_again_hears_again_what_is_stored(desk: Desk) -> None:
    event = message(run_of(1, 30, 0.0))
    desk.log.append(*desk.records.of(event))
    desk.settle()

    desk.log.append(*desk.records.of(event))
    desk.settle()

    assert desk.reports.published == [(TREADMILL, {DEVICE: (1, 30)})] * 2


def test_a_lower_revision_changes_neither_session_nor_state(desk: Desk) -> None:
    """A broker that forgot everything brings a fold which begins at nothing, or late records."""
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))
    desk.settle()
    rows, state = dict(desk.sessions.rows), desk.sessions.state(TREADMILL)

    desk.log.append(*EnergyRecords().of(message(run_of(1, 10, 0.0))))
    desk.settle()

    assert desk.sessions.rows == rows
    assert desk.sessions.state(TREADMILL) == state
    assert desk.reports.last == {DEVICE: (1, 30)}


def test_a_higher_epoch_replaces_a_longer_count(desk: Desk) -> None:
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))
    desk.settle()
    state = desk.sessions.state(TREADMILL)
    assert state is not None

    desk.log.begin_anew()
    raised = msgspec.structs.replace(state, epoch=1, accepted_count=1)
    desk.log.append(energy_record([Checkpoint(TREADMILL, raised.revision, encode_state(raised))]))
    desk.start()
    desk.settle()

    kept = desk.sessions.state(TREADMILL)
    assert kept is not None
    assert kept.revision == (1, 1)


def test_a_state_whose_readings_were_lost_with_their_log_is_not_stored(desk: Desk) -> None:
    """It was on its way when Kafka's data were deleted, and came into the next log."""
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))
    desk.settle()
    before = desk.sessions.state(TREADMILL)
    lost = message(run_of(31, 30, 30.0))
    lost_output = desk.records.output_of(lost)
    (ahead,) = desk.records.fold.take_checkpoints()

    desk.log.begin_anew()
    desk.log.append(energy_record([msgspec.structs.replace(ahead, output_offset=900)]))
    desk.start()
    desk.settle()

    assert desk.sessions.state(TREADMILL) == before
    assert desk.reports.last == {DEVICE: (1, 30)}
    assert desk.seqs() == list(range(1, 31))

    # what is sent again, and folded again, is stored
    desk.log.append(lost_output, energy_record([msgspec.structs.replace(ahead, output_offset=1)]))
    desk.settle()
    assert desk.seqs() == list(range(1, 61))
    assert desk.reports.last == {DEVICE: (1, 60)}


@pytest.mark.parametrize(
    "rubbish", [b"\xc1 no MessagePack", b"\x92\x01\x91\x97\x01\xa1\xff"], ids=["bytes", "text"]
)
def test_a_record_that_cannot_be_read_becomes_a_dead_letter_and_the_rest_is_kept(
    desk: Desk, rubbish: bytes
) -> None:
    desk.log.append(rubbish, *desk.records.of(message(run_of(1, 30, 0.0))))

    desk.settle()

    assert desk.seqs() == list(range(1, 31))
    assert desk.reports.last == {DEVICE: (1, 30)}
    (reason,) = desk.dead_letters.reasons
    assert reason.startswith("not an energy frame")
    assert desk.log.committed == 3


def test_a_state_that_cannot_be_read_does_not_hide_the_readings_beside_it(desk: Desk) -> None:
    good = desk.records.output_of(message(run_of(1, 30, 0.0)))
    desk.log.append(good, energy_record([Checkpoint(TREADMILL, (0, 30), b"\x93\x01")]))

    desk.settle()

    assert desk.seqs() == list(range(1, 31))
    assert desk.sessions.state(TREADMILL) is None
    assert desk.reports.published == []
    assert [reason.partition(":")[0] for reason in desk.dead_letters.reasons] == [
        "state not readable"
    ]


def test_a_point_that_the_series_will_never_take_becomes_a_dead_letter(desk: Desk) -> None:
    """Its number counts as handled: the device need not keep it for ever."""
    desk.reports.on_publish = None
    desk.series.refuses = {7}
    desk.log.append(*desk.records.of(message(run_of(1, 10, 0.0))))

    desk.settle()

    assert desk.seqs() == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    assert desk.dead_letters.reasons == ["refused by the series store: a bad number"]
    assert desk.reports.last == {DEVICE: (1, 10)}


def test_nothing_is_committed_while_the_dead_letters_are_away(desk: Desk) -> None:
    desk.dead_letters.is_away = True
    desk.log.append(b"\xc1")
    desk.log.while_held.append(lambda: setattr(desk.dead_letters, "is_away", False))

    desk.recorder.step()

    assert desk.log.hold_count > 0
    assert len(desk.dead_letters.reasons) == 1
    assert desk.log.committed == 1


def test_a_frame_of_a_newer_version_ends_the_recorder_instead_of_losing_it(desk: Desk) -> None:
    desk.log.append(encoder.encode(EnergyFrame(FRAME_VERSION + 1, [])))

    with pytest.raises(UnknownFrameVersionError, match=f"version {FRAME_VERSION + 1}"):
        desk.recorder.step()
    assert desk.log.committed is None


@pytest.mark.parametrize("store", ["series", "sessions"])
def test_a_batch_is_kept_while_a_store_is_away(desk: Desk, store: str) -> None:
    """Nothing is committed or reported; the recorder stays in its group and tells the reason."""
    desk.recorder.step()
    away = getattr(desk, store)
    away.is_away = True
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))
    seen: list[tuple[int | None, int, list[str]]] = []

    def look() -> None:
        seen.append((desk.log.committed, len(desk.reports.published), desk.recorder.waiting_for))

    def come_back() -> None:
        away.is_away = False

    desk.log.while_held.extend([look, come_back])
    desk.recorder.step()

    name = "series store" if store == "series" else "relational store"
    assert seen == [(None, 0, [name])]
    assert desk.recorder.waiting_for == []
    assert desk.seqs() == list(range(1, 31))
    assert desk.reports.last == {DEVICE: (1, 30)}
    assert desk.log.committed == 2


def test_a_batch_is_dropped_when_its_partitions_go_while_a_store_is_away(desk: Desk) -> None:
    desk.recorder.step()
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))
    desk.series.is_away = True

    desk.log.while_held.append(desk.log.revoke)
    desk.recorder.step()
    desk.series.is_away = False

    assert desk.seqs() == []
    assert desk.log.committed is None
    desk.log.reopen()
    desk.settle()
    assert desk.seqs() == list(range(1, 31))
    assert desk.reports.last == {DEVICE: (1, 30)}


def test_a_recorder_told_to_stop_does_not_wait_for_a_store(desk: Desk) -> None:
    desk.series.is_away = True
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))
    desk.log.while_held.append(desk.stop.set)

    desk.recorder.run()

    assert desk.log.committed is None
    assert desk.reports.published == []


def test_records_that_the_log_lost_are_an_alarm_and_the_rest_is_kept(desk: Desk) -> None:
    missing_before = REGISTRY.get_sample_value(MISSING) or 0.0
    desk.log.append(*desk.records.of(message(run_of(1, 10, 0.0))))
    desk.settle()
    desk.log.append(*desk.records.of(message(run_of(11, 10, 10.0))))
    desk.log.append(*desk.records.of(message(run_of(21, 10, 20.0))))
    desk.log.lose(4)
    desk.reports.on_publish = None  # what is lost here was lost by the log: that is the alarm

    desk.settle()

    assert (REGISTRY.get_sample_value(MISSING) or 0.0) - missing_before == 2
    assert desk.seqs() == [*range(1, 11), *range(21, 31)]


def test_a_log_that_begins_anew_is_read_from_its_beginning(desk: Desk) -> None:
    missing_before = REGISTRY.get_sample_value(MISSING) or 0.0
    desk.log.append(*desk.records.of(message(run_of(1, 10, 0.0))))
    desk.settle()

    desk.log.begin_anew()
    desk.log.append(*desk.records.of(message(run_of(11, 10, 10.0))))
    desk.settle()

    assert desk.seqs() == list(range(1, 21))
    assert (REGISTRY.get_sample_value(MISSING) or 0.0) == missing_before


def test_a_recorder_that_takes_over_tells_what_is_stored(desk: Desk) -> None:
    """The one before may have died between its commit and its reports."""
    desk.log.append(*desk.records.of(message(run_of(1, 30, 0.0))))
    desk.settle()
    desk.reports.published.clear()

    desk.start()
    desk.settle()

    assert desk.reports.published == [(TREADMILL, {DEVICE: (1, 30)})]


def _workout(records: EnergyRecords) -> list[bytes]:
    """Return a claimed walk, a late stretch of it, and the next member's."""
    return [
        *records.of(message(run_of(1, 20, 0.0)), message(run_of(21, 20, 40.0))),
        *records.of(message(run_of(1, 20, 20.0), device_id="device-b")),
        records.output_of(message([reading(41, 1000.0), reading(42, 1001.0)])),
        records.checkpoint(),
    ]


def _result(desk: Desk) -> tuple[object, ...]:
    return (
        desk.series.read(TREADMILL, 0, 2**53),
        desk.sessions.rows,
        desk.sessions.state(TREADMILL),
        desk.sessions.waiting_refolds(),
        desk.log.committed,
    )


def test_a_crash_at_any_moment_leaves_the_same_as_none() -> None:
    """Between series and rows, rows and commit, commit and report, points and rows of a refold."""
    calm = Desk()
    lives = Lives(dies_at=None)
    calm.start(lives)
    calm.log.most_records_per_poll = 2
    records = _workout(calm.records)
    calm.log.append(*records)
    calm.settle()
    expected = _result(calm)
    assert expected[3] == []
    assert lives.moments > 40

    for dies_at in range(1, lives.moments + 1):
        desk = Desk()
        desk.log.most_records_per_poll = 2
        desk.start(Lives(dies_at))
        desk.log.append(*records)
        with pytest.raises(DiedError):
            desk.settle()
        desk.start()
        desk.settle()

        assert _result(desk) == expected, f"died at moment {dies_at}"
        reported = {
            device: mark for _, marks in desk.reports.published for device, mark in marks.items()
        }
        assert reported == {DEVICE: (1, 42), "device-b": (1, 20)}, f"died at moment {dies_at}"


def test_a_claim_is_part_of_the_session_row(desk: Desk) -> None:
    desk.log.append(
        *desk.records.of(
            ClaimEvent(TREADMILL, claim("claim-of-ada", 0.0)), message(run_of(1, 30, 1.0))
        )
    )

    desk.settle()

    (row,) = desk.sessions.rows.values()
    assert row.session.claim_id == "claim-of-ada"
