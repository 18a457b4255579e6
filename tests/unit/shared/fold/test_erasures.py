"""Erasures: nothing of what a claim held is left, and nothing fills it again."""

import msgspec

from backstride_shared.energy import Wearer
from backstride_shared.fold import CLAIMED_IDLE_MS
from backstride_shared.fold.erasures import ERASED_KEPT_MS
from backstride_shared.fold.timeline import KEPT_MS
from backstride_shared.frames import ClaimEvent, EnergySegment, Erased, RepairEvent, Skip
from tests.factories.events import (
    START_MS,
    TREADMILL,
    claim,
    correction,
    erasure,
    message,
    reading,
    run_of,
)
from tests.factories.fold_store import FoldStore

ADA = claim("of-ada", 0, mass_kg=60.0)
BOB = claim("of-bob", 100, mass_kg=80.0)


def walked() -> FoldStore:
    store = FoldStore()
    store.apply(ClaimEvent(TREADMILL, ADA), message(run_of(1, 60, 0)))
    return store


def owners(store: FoldStore) -> set[str | None]:
    return {row.claim_id for row in store.rows.values()}


def test_an_erased_session_leaves_neither_rows_nor_points() -> None:
    store = walked()

    store.apply(erasure(1, "of-ada", 0, 60))

    assert store.rows == {}
    assert store.points == {}
    assert store.states[TREADMILL].session is None


def test_the_state_keeps_no_body_of_an_erased_claim() -> None:
    store = walked()
    store.apply(correction(ADA, 1, mass_kg=90.0, hands="grip"), erasure(1, "of-ada", 0, 60))

    (left,) = store.states[TREADMILL].claims

    assert left.wearer == Wearer()
    assert (left.hands, left.correction, left.released_at_ms) == (None, None, START_MS)


def test_an_erased_session_is_not_told_of_once_more_when_the_next_reading_comes() -> None:
    store = walked()
    store.fold.apply(erasure(1, "of-ada", 0, 60))
    store.fold.apply(message(run_of(61, 5, 70)))

    items = store.fold.drain().items

    told = [one.session.claim_id for one in items if isinstance(one, EnergySegment) and one.session]
    assert told == [None]


def test_what_waited_to_be_told_of_an_erased_session_is_told_no_more() -> None:
    store = FoldStore()
    store.apply(ClaimEvent(TREADMILL, ADA))
    store.fold.apply(message(run_of(1, 60, 0)))
    store.fold.apply(erasure(1, "of-ada", 0, 60))

    (item,) = store.fold.drain().items

    assert isinstance(item, Erased)


def test_late_readings_of_an_erased_interval_are_taken_and_go_nowhere() -> None:
    """Their treadmill hears that they are stored, and lets go of them."""
    store = walked()
    store.apply(erasure(1, "of-ada", 0, 60))

    store.apply(message(run_of(1, 50, 5), device_id="device-b"))
    store.settle()

    state = store.states[TREADMILL]
    assert store.points == {}
    assert owners(store) == set()
    assert state.marks["device-b"].seq == 50
    assert (state.readings_count, state.erased_count + store.erased_points) == (110, 110)


def test_a_treadmill_that_was_offline_brings_nothing_back() -> None:
    """Nobody knew how far the walk went when it was erased; motion carries the interval on."""
    store = FoldStore()
    store.apply(ClaimEvent(TREADMILL, ADA))
    long_s = CLAIMED_IDLE_MS / 1000 + 300
    store.apply(erasure(1, "of-ada", 0, long_s + 1000))

    store.apply(message(run_of(1, 100, 0, step_s=long_s / 100)))

    assert store.points == {}


def test_what_comes_after_a_rest_too_long_is_not_erased() -> None:
    store = walked()
    idle_s = CLAIMED_IDLE_MS / 1000
    store.apply(erasure(1, "of-ada", 0, 10_000, active_s=59))

    store.apply(message(run_of(61, 10, 60 + idle_s)))

    assert len(store.points) == 10
    assert owners(store) == {None}


def test_a_repair_of_an_erased_interval_brings_nothing_back() -> None:
    store = FoldStore()
    store.apply(ClaimEvent(TREADMILL, ADA))
    store.apply(message([reading(1, 0), reading(3, 2)], skips=[Skip(2, "too fast")]))
    store.apply(erasure(1, "of-ada", 0, 60))

    store.apply(RepairEvent(TREADMILL, "device-a", 1, reading(2, 1)))

    assert store.points == {}


def test_an_erased_claim_does_not_come_back_with_its_event() -> None:
    store = walked()
    store.apply(erasure(1, "of-ada", 0, 60))
    revision = store.states[TREADMILL].revision

    store.restart()
    store.apply(
        ClaimEvent(TREADMILL, ADA), correction(ADA, 9, mass_kg=90.0), erasure(1, "of-ada", 0, 60)
    )
    store.apply(message(run_of(61, 10, 61)))

    assert owners(store) == {None}
    assert store.states[TREADMILL].revision == (revision[0], revision[1] + 10)


def test_an_erasure_before_its_claim_erases_it_all_the_same() -> None:
    store = FoldStore()

    store.apply(erasure(1, "of-ada", 0, 60), ClaimEvent(TREADMILL, ADA), message(run_of(1, 60, 0)))

    assert store.points == {}


def test_the_claim_before_an_erased_one_does_not_go_on() -> None:
    store = walked()
    store.apply(ClaimEvent(TREADMILL, BOB), message(run_of(61, 20, 100)))

    store.apply(erasure(1, "of-bob", 100, 120), message(run_of(81, 20, 130)))
    store.settle()

    by_owner = {row.claim_id: row.totals.readings for row in store.rows.values()}
    assert by_owner == {"of-ada": 60, None: 20}


def test_erased_while_it_runs_the_rest_is_nobodys() -> None:
    store = walked()

    store.apply(erasure(1, "of-ada", 0, 59.5), message(run_of(61, 20, 60)))

    assert owners(store) == {None}
    assert min(seen[0] for seen in store.points) == START_MS + 60_000


def test_a_walk_of_nobody_is_erased_too() -> None:
    store = FoldStore()
    store.apply(message(run_of(1, 60, 0)))

    store.apply(erasure(1, None, 0, 60), message(run_of(61, 10, 60)))
    store.settle()

    assert [row.totals.readings for row in store.rows.values()] == [10]


def test_an_erased_interval_stays_as_long_as_anything_may_fill_it() -> None:
    store = walked()
    store.apply(erasure(1, "of-ada", 0, 60))

    store.apply(message(run_of(61, 1, KEPT_MS / 1000 + 3600)))
    state = store.states[TREADMILL]
    assert state.claims == []
    assert [one.erasure_id for one in state.erased] == ["erasure-1"]
    store.apply(ClaimEvent(TREADMILL, ADA))
    assert store.states[TREADMILL].claims == []

    store.apply(message(run_of(62, 1, ERASED_KEPT_MS / 1000 + 3600)))
    assert store.states[TREADMILL].erased == []


def test_a_state_without_erasures_is_as_long_as_before() -> None:
    """An older program reads no more than it knows; a newer one an older state."""
    store = walked()
    state = store.states[TREADMILL]
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(state))

    older = msgspec.convert(fields[:-2], type(state))

    assert older == state
