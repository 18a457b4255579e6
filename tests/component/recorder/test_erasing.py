"""Erasures at the recorder: rows and series go, and no replay brings them back."""

import pytest
from prometheus_client import REGISTRY

from backstride_recorder.erasing import SWEEP_AFTER_MS
from backstride_recorder.ports import StoreUnavailableError
from backstride_shared.frames import ClaimEvent, TreadmillEvent
from tests.component.recorder.desk import Desk, DiedError, Lives
from tests.factories.events import START_MS, TREADMILL, claim, erasure, message, run_of

ADA = claim("of-ada", 0, released_at_s=100, mass_kg=60.0)
WALKS: tuple[TreadmillEvent, ...] = (
    message(run_of(1, 5, -20)),
    ClaimEvent(TREADMILL, ADA),
    message(run_of(6, 60, 0)),
    message(run_of(66, 30, 120)),
)
ERASED = erasure(1, "of-ada", 0, 100, 60)
DUE = "backstride_recorder_erasures_due"
LEFT = [*range(1, 6), *range(66, 96)]


def empty_desk() -> Desk:
    desk = Desk()
    # here what is stored for a treadmill is not in the stores any more
    desk.reports.on_publish = lambda *_: None
    return desk


@pytest.fixture
def desk() -> Desk:
    """Somebody walked, then Ada, then somebody."""
    desk = empty_desk()
    desk.log.append(*desk.records.of(*WALKS))
    desk.settle()
    assert desk.readings_counts() == [5, 60, 30]
    return desk


def erase(desk: Desk) -> None:
    desk.log.append(*desk.records.of(ERASED))
    desk.settle()


def test_rows_and_series_of_an_erased_claim_are_gone_and_the_others_stay(desk: Desk) -> None:
    erase(desk)

    assert desk.readings_counts() == [5, 30]
    assert desk.seqs() == LEFT
    assert desk.sessions.erased_at_ms == {"erasure-1": desk.now_ms}
    assert desk.sessions.erased_points() == 60


def test_a_replay_of_the_whole_log_brings_nothing_back(desk: Desk) -> None:
    records = list(desk.log.records)
    erase(desk)

    desk.start()
    desk.log.append(*(record.value for record in records))
    desk.settle()

    assert desk.readings_counts() == [5, 30]
    assert desk.seqs() == LEFT


def test_late_readings_of_the_erased_interval_bring_nothing_back(desk: Desk) -> None:
    erase(desk)

    desk.log.append(*desk.records.of(message(run_of(1, 60, 0.5), device_id="device-b")))
    desk.settle()

    assert desk.readings_counts() == [5, 30]
    assert desk.seqs() == LEFT


def test_a_refold_that_is_due_beside_it_folds_without_what_is_erased(desk: Desk) -> None:
    """Late readings of the walk before come in the same poll as the erasure."""
    late = message(run_of(1, 5, -15), device_id="device-b")

    desk.log.append(*desk.records.of(late, ERASED))
    desk.settle()

    assert desk.readings_counts() == [10, 30]
    assert desk.sessions.waiting_refolds() == []


def test_while_the_series_is_away_the_rows_are_gone_and_the_rest_follows(desk: Desk) -> None:
    desk.log.append(*desk.records.of(ERASED))
    desk.series.is_away = True
    desk.settle()
    assert desk.readings_counts() == [5, 30]
    assert desk.sessions.erased_at_ms == {}
    assert REGISTRY.get_sample_value(DUE) == 1

    desk.series.is_away = False
    desk.settle()

    assert desk.seqs() == LEFT
    assert REGISTRY.get_sample_value(DUE) == 0


def test_without_the_rows_store_nothing_is_lost_of_the_request(desk: Desk) -> None:
    desk.log.append(*desk.records.of(ERASED))
    desk.sessions.is_away = True
    desk.stop.set()
    desk.recorder.step()
    with pytest.raises(StoreUnavailableError):
        desk.sessions.erased_spans()

    desk.stop.clear()
    desk.sessions.is_away = False
    desk.start()
    desk.settle()

    assert desk.seqs() == LEFT


def test_what_was_written_at_the_same_time_is_found_by_the_second_look(desk: Desk) -> None:
    """A recorder that lost its partitions, or a task of InfluxDB, may write what it read before."""
    (point, *_) = desk.series.read(TREADMILL, START_MS, START_MS)
    erase(desk)
    desk.series.write([point])

    desk.now_ms += SWEEP_AFTER_MS
    desk.start()
    desk.settle()

    assert desk.seqs() == LEFT
    assert desk.sessions.swept_at_ms == {"erasure-1": desk.now_ms}
    desk.start()
    desk.settle()
    assert desk.sessions.erased_points() == 61


def test_a_crash_at_any_moment_of_an_erasure_leaves_the_same_as_none() -> None:
    lives = Lives(dies_at=None)
    calm = empty_desk()
    records = calm.records.of(*WALKS, ERASED)
    calm.start(lives)
    calm.log.append(*records)
    calm.settle()

    for dies_at in range(1, lives.moments + 1):
        desk = empty_desk()
        desk.start(Lives(dies_at))
        desk.log.append(*records)
        with pytest.raises(DiedError):
            desk.settle()
        desk.start()
        desk.settle()

        assert desk.readings_counts() == [5, 30], f"died at moment {dies_at}"
        assert desk.seqs() == LEFT, f"died at moment {dies_at}"
        assert desk.sessions.erased_at_ms, f"died at moment {dies_at}"
        assert desk.sessions.erased_points() == 60, f"died at moment {dies_at}"


def test_a_session_of_nobody_is_erased(desk: Desk) -> None:
    desk.log.append(*desk.records.of(erasure(2, None, 120, 149.5, 149)))
    desk.settle()

    assert desk.readings_counts() == [5, 60]


def test_the_walk_before_keeps_its_sums(desk: Desk) -> None:
    def first() -> float:
        rows = sorted(desk.sessions.rows.values(), key=lambda row: row.session.started_at_ms)
        return rows[0].session.totals.forward_seconds

    before = first()
    erase(desk)

    assert first() == before
