"""What records come to, before any store is asked."""

from backstride_recorder.domain.batch import DueRefold, LogRecord, merged, read_batch
from backstride_shared.frames import ClaimEvent, EnergySegment, FrameReading, energy_decoder
from tests.factories.energy_records import EnergyRecords, energy_record
from tests.factories.events import DEVICE, START_MS, TREADMILL, claim, message, run_of


def records(*values: bytes) -> list[LogRecord]:
    return [LogRecord(0, offset, value) for offset, value in enumerate(values)]


def test_a_point_holds_every_input_of_the_fold_and_what_came_out() -> None:
    given = FrameReading(
        seq=9,
        measured_at_ms=START_MS,
        is_reverse=True,
        speed_m_per_s=1.5,
        grade_percent=4.0,
        heart_rate_bpm=120.0,
        is_present=True,
        hands="grip",
        is_emergency_stop=True,
    )
    record = EnergyRecords().output_of(message([given], boot_id=3))
    segment = energy_decoder.decode(record).items[-1]  # after the alert of the emergency stop
    assert isinstance(segment, EnergySegment)
    energy = segment.readings[0]

    (point,) = read_batch(records(record)).points

    assert (point.treadmill, point.device_id, point.boot_id, point.seq) == (
        TREADMILL,
        DEVICE,
        3,
        9,
    )
    assert (point.measured_at_ms, point.is_reverse, point.speed_m_per_s) == (START_MS, True, 1.5)
    assert (point.grade_percent, point.heart_rate_bpm, point.is_present) == (4.0, 120.0, True)
    assert (point.hands, point.is_emergency_stop) == ("grip", True)
    assert point.gross_kcal_per_min == energy.gross_kcal_per_min > 0
    assert point.net_kcal_per_min == energy.net_kcal_per_min > 0
    assert point.uncertainty_percent == energy.uncertainty_percent
    assert point.flags == energy.flags
    assert point.session_gross_kcal == energy.session_gross_kcal == 0.0
    assert point.belt_velocity_m_per_s == -1.5


def test_of_many_snapshots_of_a_session_the_newest_counts() -> None:
    log = EnergyRecords()
    values = [log.output_of(message(run_of(1 + 10 * n, 10, 10.0 * n))) for n in range(3)]

    rows = read_batch(records(*reversed(values))).rows

    ((session, revision),) = rows.sessions.values()
    assert session.totals.readings == 30
    assert revision == (0, 30)


def test_of_many_states_of_a_treadmill_the_newest_counts() -> None:
    log = EnergyRecords()
    first = log.of(message(run_of(1, 10, 0.0)))
    second = log.of(message(run_of(11, 10, 10.0)))

    rows = read_batch(records(*second, *first)).rows

    assert rows.states[TREADMILL].state.revision == (0, 20)


def test_a_session_that_reaches_back_makes_a_refold_and_no_row() -> None:
    log = EnergyRecords()
    log.of(message(run_of(1, 60, 0.0)), ClaimEvent(TREADMILL, claim("claim-of-ada", 30.0)))
    live = log.output_of(message(run_of(61, 10, 60.0)))
    (snapshot,) = [
        item.session
        for item in energy_decoder.decode(live).items
        if isinstance(item, EnergySegment) and item.session is not None
    ]
    assert snapshot.is_dirty
    (segment,) = [
        item for item in energy_decoder.decode(live).items if isinstance(item, EnergySegment)
    ]

    rows = read_batch(records(energy_record([segment]))).rows

    assert rows.sessions == {}
    due = rows.refolds[TREADMILL]
    assert (due.from_ms, due.to_ms) == (snapshot.started_at_ms, snapshot.last_reading_at_ms)
    assert due.revision == segment.revision


def test_two_refolds_of_a_treadmill_are_one_that_covers_both() -> None:
    first = DueRefold(TREADMILL, 100, 200, "late readings", (1, 4))
    second = DueRefold(TREADMILL, 50, 150, "claim of the past", (0, 9))

    assert merged(None, first) == first
    assert merged(first, second) == DueRefold(TREADMILL, 50, 200, "claim of the past", (1, 4))


def test_an_empty_frame_is_nothing_to_write() -> None:
    batch = read_batch(records(energy_record([])))

    assert not batch.rows
    assert batch.points == []
    assert batch.poison == []
