"""From messages and claims to sessions."""

import pytest

from backstride_shared.energy import Moment, Wearer, estimate, prepare
from backstride_shared.fold import CLAIMED_IDLE_MS, UNCLAIMED_IDLE_MS, TreadmillsFold
from backstride_shared.frames import (
    ClaimEvent,
    EnergySegment,
    Refold,
    ReleaseEvent,
    RepairEvent,
    SessionSnapshot,
    Skip,
)
from backstride_shared.identity import TreadmillKey, session_id_of
from tests.factories.events import DEVICE, START_MS, TREADMILL, claim, message, reading, run_of
from tests.factories.fold_store import FoldStore


def sessions_of(store: FoldStore) -> list[SessionSnapshot]:
    return sorted(store.rows.values(), key=lambda row: row.started_at_ms)


def test_a_session_begins_with_the_first_moving_reading() -> None:
    store = FoldStore()

    store.apply(message([reading(1, 0, 0.0), reading(2, 1, 0.0), *run_of(3, 3, 2)]))

    (session,) = sessions_of(store)
    assert session.started_at_ms == START_MS + 2000
    assert session.totals.readings == 3
    assert session.session_id == session_id_of(TreadmillKey(TREADMILL), DEVICE, 1, 3)
    assert len(store.points) == 5


def test_energy_is_the_earlier_readings_rate_over_the_time_between() -> None:
    store = FoldStore()

    store.apply(ClaimEvent(TREADMILL, claim("a", 0)), message(run_of(1, 61, 0, 1.2)))

    (session,) = sessions_of(store)
    rate = estimate(prepare(Wearer(mass_kg=80.0)), Moment(speed_m_per_s=1.2))
    assert session.totals.forward_gross_kcal == pytest.approx(rate.gross_kcal_per_min, rel=1e-12)
    assert session.totals.forward_metres == pytest.approx(72.0)


def test_a_duplicate_reading_adds_no_energy() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))
    before = sessions_of(store)

    store.apply(message(run_of(1, 30, 0)))

    assert sessions_of(store) == before


def test_a_resent_message_asks_for_stored_again() -> None:
    fold = TreadmillsFold()
    fold.apply(message(run_of(1, 3, 0)))
    fold.drain()
    fold.take_checkpoints()

    fold.apply(message(run_of(1, 3, 0)))
    fold.drain()

    (checkpoint,) = fold.take_checkpoints()
    assert checkpoint.repeat_stored


def test_a_checkpoint_before_its_output_is_refused() -> None:
    fold = TreadmillsFold()
    fold.apply(message(run_of(1, 3, 0)))

    with pytest.raises(RuntimeError, match="checkpoints before their output"):
        fold.take_checkpoints()


def test_an_unclaimed_session_ends_after_two_minutes_at_rest() -> None:
    store = FoldStore()
    pause_s = UNCLAIMED_IDLE_MS / 1000

    store.apply(message([*run_of(1, 10, 0), *run_of(11, 10, 9 + pause_s)]))
    assert len(store.rows) == 1

    store.apply(message(run_of(21, 10, 18 + 2 * pause_s + 0.001)))
    first, second = sessions_of(store)
    assert first.ended_at_ms == START_MS + round((18 + pause_s) * 1000)
    assert second.ended_at_ms is None


def test_standing_readings_do_not_keep_an_unclaimed_session_alive() -> None:
    store = FoldStore()

    store.apply(message([*run_of(1, 10, 0), *run_of(11, 130, 10, 0.0), *run_of(141, 5, 140)]))

    assert len(store.rows) == 2


def test_a_rest_of_ten_minutes_belongs_to_a_claimed_workout() -> None:
    store = FoldStore()
    pause_s = CLAIMED_IDLE_MS / 1000

    store.apply(
        ClaimEvent(TREADMILL, claim("a", 0)),
        message([*run_of(1, 10, 0), *run_of(11, 10, 9 + pause_s)]),
    )

    (session,) = sessions_of(store)
    assert session.claim_id == "a"
    assert session.totals.gaps == 1


def test_a_claim_ends_with_its_idle_session() -> None:
    store = FoldStore()
    pause_s = CLAIMED_IDLE_MS / 1000

    store.apply(
        ClaimEvent(TREADMILL, claim("a", 0)),
        message([*run_of(1, 10, 0), *run_of(11, 10, 9.001 + pause_s)]),
    )

    first, second = sessions_of(store)
    assert (first.claim_id, second.claim_id) == ("a", None)
    assert store.states[TREADMILL].expiries == {"a": START_MS + 9000 + CLAIMED_IDLE_MS}


def test_a_reading_belongs_to_the_claim_that_holds_at_its_measured_time() -> None:
    store = FoldStore()

    store.apply(
        ClaimEvent(TREADMILL, claim("a", 0)),
        ClaimEvent(TREADMILL, claim("b", 10)),
        ReleaseEvent(TREADMILL, "b", START_MS + 20_000),
        message(run_of(1, 30, 0)),
    )

    assert [(row.claim_id, row.totals.readings) for row in sessions_of(store)] == [
        ("a", 10),
        ("b", 10),
        (None, 10),
    ]
    # the time between two readings belongs to the earlier one
    assert [row.totals.forward_seconds for row in sessions_of(store)] == [10.0, 10.0, 9.0]


def test_a_late_claim_takes_what_was_measured_since() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))

    store.apply(ClaimEvent(TREADMILL, claim("a", 20)))
    store.apply(message(run_of(31, 10, 30)))
    store.settle()

    assert [(row.claim_id, row.totals.readings) for row in sessions_of(store)] == [
        (None, 20),
        ("a", 20),
    ]


def test_the_live_session_of_a_late_claim_keeps_its_id_when_folded_again() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))
    store.apply(ClaimEvent(TREADMILL, claim("a", 20)))
    store.apply(message(run_of(31, 10, 30)))
    live = store.states[TREADMILL].session
    assert live is not None
    live_id = live.session_id

    store.settle()

    assert store.rows[live_id].started_at_ms == START_MS + 20_000


def test_a_session_has_the_id_of_its_live_part_also_when_its_beginning_was_stored_first() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))
    store.apply(ClaimEvent(TREADMILL, claim("a", 20)))
    store.settle()
    (begun,) = (row for row in sessions_of(store) if row.claim_id == "a")

    store.apply(message(run_of(31, 10, 30)))
    live = store.states[TREADMILL].session
    assert live is not None
    assert live.session_id != begun.session_id
    store.settle()
    store.apply(message(run_of(41, 10, 40)))
    store.settle()
    store.apply(ReleaseEvent(TREADMILL, "a", START_MS + 45_000))
    store.settle()

    (row,) = (row for row in sessions_of(store) if row.claim_id == "a")
    assert row.session_id == live.session_id
    assert (row.started_at_ms, row.totals.readings) == (START_MS + 20_000, 25)


def test_a_rest_belongs_to_a_session_that_a_late_claim_has_made() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)), message(run_of(31, 10, 30, speed_m_per_s=0.0)))
    store.apply(ClaimEvent(TREADMILL, claim("a", 0)))
    store.settle()

    store.apply(message(run_of(41, 8, 40, speed_m_per_s=0.0)))
    store.settle()

    (row,) = sessions_of(store)
    assert (row.claim_id, row.totals.readings) == ("a", 48)
    assert row.totals.standing_seconds == 17.0


def test_the_last_step_before_a_late_claim_holds_until_the_rest_after_it() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))
    store.apply(ClaimEvent(TREADMILL, claim("a", 0)))
    store.settle()

    store.apply(message(run_of(31, 1, 32, speed_m_per_s=0.0)))
    store.settle()

    (row,) = sessions_of(store)
    assert row.totals.forward_seconds == 32.0


def test_the_last_step_before_a_late_claim_is_held_also_when_the_next_thing_is_a_new_session() -> (
    None
):
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))
    store.apply(ClaimEvent(TREADMILL, claim("a", 0)))
    store.settle()

    store.apply(message(run_of(31, 2, 3_600)))
    store.settle()
    store.apply(message(run_of(33, 2, 3_602)))

    assert not store.is_refold_due
    first, second = sorted(sessions_of(store), key=lambda row: row.started_at_ms)
    # the last step is held for five seconds
    assert (first.claim_id, first.totals.forward_seconds) == ("a", 34.0)
    assert (second.claim_id, second.totals.readings) == (None, 4)


def test_a_treadmill_that_stands_for_long_after_a_late_claim_asks_once_for_a_fold() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))
    store.apply(ClaimEvent(TREADMILL, claim("a", 0)))
    store.settle()

    store.apply(message(run_of(31, 2, 700, speed_m_per_s=0.0)))
    store.settle()
    store.apply(message(run_of(33, 2, 702, speed_m_per_s=0.0)))

    assert not store.is_refold_due
    (row,) = sessions_of(store)
    # the last step is held for five seconds
    assert row.totals.forward_seconds == 34.0


def test_a_finished_anonymous_session_can_be_assigned() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)), message(run_of(31, 5, 300)))

    store.apply(ClaimEvent(TREADMILL, claim("a", 0, released_at_s=60, mass_kg=100.0)))
    store.settle()

    first, second = sessions_of(store)
    assert (first.claim_id, second.claim_id) == ("a", None)
    rate = estimate(prepare(Wearer(mass_kg=100.0)), Moment(speed_m_per_s=1.2))
    held_min = (29 + 5) / 60
    assert first.totals.forward_gross_kcal == pytest.approx(rate.gross_kcal_per_min * held_min)


def test_a_claim_repeated_changes_nothing() -> None:
    store = FoldStore()
    store.apply(ClaimEvent(TREADMILL, claim("a", 0)), message(run_of(1, 30, 0)))
    revision = store.states[TREADMILL].revision

    store.apply(ClaimEvent(TREADMILL, claim("a", 0)))

    assert store.states[TREADMILL].revision == revision
    assert not store.is_refold_due


def test_readings_of_an_older_controller_are_folded_where_they_belong() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 1000)))

    store.apply(message(run_of(1, 20, 0), device_id="device-b"))
    store.settle()

    assert [row.totals.readings for row in sessions_of(store)] == [20, 30]


def test_late_readings_inside_the_open_session_are_counted_once() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 30, 0)))

    store.apply(message(run_of(1, 10, 10.5), device_id="device-b"))
    store.apply(message(run_of(31, 10, 30)))
    store.settle()

    (session,) = sessions_of(store)
    assert session.totals.readings == 50
    assert session.totals.forward_seconds == pytest.approx(39.0)


def test_a_repair_is_counted_once() -> None:
    store = FoldStore()
    store.apply(
        message([*run_of(1, 5, 0), *run_of(7, 5, 6)], skips=[Skip(6, "speed out of range")])
    )
    repair = RepairEvent(TREADMILL, DEVICE, 1, reading(6, 5))

    store.apply(repair, repair)
    store.settle()

    (session,) = sessions_of(store)
    assert session.totals.readings == 11
    assert store.states[TREADMILL].marks[DEVICE].skipped_count == 0


def test_a_foreign_boot_becomes_a_dead_letter_with_its_reason() -> None:
    fold = TreadmillsFold()
    fold.apply(message(run_of(1, 3, 0), boot_id=5))

    fold.apply(message(run_of(1, 3, 0), boot_id=4))

    output = fold.drain()
    (letter,) = output.dead_letters
    assert "boot id 4 is lower than 5" in letter.reason
    assert sum(len(item.readings) for item in output.items if isinstance(item, EnergySegment)) == 3


def test_a_message_ahead_changes_nothing_until_the_resend() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 5, 0)))

    store.apply(message(run_of(11, 5, 10), after=(1, 10)))
    assert sessions_of(store)[0].totals.readings == 5

    store.apply(message(run_of(6, 5, 5), after=(1, 5)), message(run_of(11, 5, 10), after=(1, 10)))
    assert sessions_of(store)[0].totals.readings == 15


def test_an_empty_belt_that_runs_begins_no_session() -> None:
    store = FoldStore()

    store.apply(
        message([reading(1, 0, 1.0, is_present=False), reading(2, 1, 1.0, is_present=False)])
    )

    assert store.rows == {}
    assert len(store.points) == 2


def test_a_fold_restarted_from_its_checkpoint_goes_on_where_it_was() -> None:
    whole = FoldStore()
    whole.apply(ClaimEvent(TREADMILL, claim("a", 0)), message(run_of(1, 60, 0)))
    parted = FoldStore()
    parted.apply(ClaimEvent(TREADMILL, claim("a", 0)), message(run_of(1, 25, 0)))

    parted.restart()
    parted.apply(message(run_of(26, 35, 25)))

    assert sessions_of(parted) == sessions_of(whole)


def test_treadmills_given_away_leave_nothing_behind() -> None:
    fold = TreadmillsFold()
    fold.apply(message(run_of(1, 3, 0)))

    fold.forget([TREADMILL])

    assert fold.drain().items == []
    assert fold.take_checkpoints() == []


def test_only_a_changed_past_asks_for_a_fold_over_the_store() -> None:
    fold = TreadmillsFold()
    fold.apply(ClaimEvent(TREADMILL, claim("a", 0)))
    fold.apply(message(run_of(1, 30, 0)))
    fold.apply(ReleaseEvent(TREADMILL, "a", START_MS + 40_000))
    in_time = fold.drain().items
    fold.apply(ClaimEvent(TREADMILL, claim("b", 5)))
    late = fold.drain().items

    assert not any(isinstance(item, Refold) for item in in_time)
    assert any(isinstance(item, Refold) for item in late)
