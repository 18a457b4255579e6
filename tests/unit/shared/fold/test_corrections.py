"""Corrections of a claim: what they change onward, and what must be folded again."""

import pytest

from backstride_shared.energy import Moment, Wearer, estimate, prepare
from backstride_shared.fold.timeline import KEPT_MS
from backstride_shared.frames import ClaimEvent, Corrected, CorrectionEvent, ReleaseEvent
from tests.factories.events import START_MS, TREADMILL, claim, correction, message, run_of
from tests.factories.fold_store import FoldStore

ADA = claim("of-ada", 0, mass_kg=60.0)


def gross_kcal_of(store: FoldStore, claim_id: str | None = "of-ada") -> float:
    return sum(
        row.totals.forward_gross_kcal for row in store.rows.values() if row.claim_id == claim_id
    )


def a_minute_with(wearer: Wearer, hands: str | None = None) -> float:
    moment = Moment(speed_m_per_s=1.2, hands=hands)
    return estimate(prepare(wearer), moment).gross_kcal_per_min


def walked() -> FoldStore:
    store = FoldStore()
    store.apply(ClaimEvent(TREADMILL, ADA), message(run_of(1, 61, 0)))
    return store


def readings_by_owner(store: FoldStore) -> dict[str | None, int]:
    return {row.claim_id: row.totals.readings for row in store.rows.values()}


def test_another_body_mass_counts_for_the_whole_session() -> None:
    store = walked()

    store.apply(correction(ADA, 1, mass_kg=90.0))
    store.apply(message(run_of(62, 60, 61)))
    store.settle()

    assert gross_kcal_of(store) == pytest.approx(2 * a_minute_with(Wearer(mass_kg=90.0)), rel=1e-9)


def test_what_comes_after_a_correction_is_folded_with_it_at_once() -> None:
    store = walked()

    store.apply(correction(ADA, 1, mass_kg=90.0), message(run_of(62, 1, 61)))

    point = store.points[START_MS + 61_000, 62]
    assert point.gross_kcal_per_min == a_minute_with(Wearer(mass_kg=90.0))


def test_hands_as_corrected_hold_whatever_the_readings_say() -> None:
    store = walked()

    store.apply(correction(ADA, 1, hands="grip"))
    store.settle()

    expected = a_minute_with(Wearer(mass_kg=60.0), "grip")
    assert gross_kcal_of(store) == pytest.approx(expected, rel=1e-9)
    assert {point.hands for point in store.points.values()} == {None}


def test_not_me_gives_the_rest_to_nobody_though_the_claim_was_released_later() -> None:
    store = walked()
    store.apply(ReleaseEvent(TREADMILL, "of-ada", START_MS + 50_000))

    store.apply(correction(ADA, 1, trimmed_at_s=20))
    store.settle()

    assert readings_by_owner(store) == {"of-ada": 20, None: 41}


def test_an_end_that_was_trimmed_too_far_comes_back() -> None:
    store = walked()
    store.apply(correction(ADA, 1, trimmed_at_s=20))
    store.settle()

    store.apply(correction(ADA, 2, trimmed_at_s=40))
    store.settle()

    assert readings_by_owner(store) == {"of-ada": 40, None: 21}


def test_the_latest_correction_counts_in_whatever_order_they_come() -> None:
    store = walked()

    store.apply(correction(ADA, 2, mass_kg=90.0), correction(ADA, 1, mass_kg=120.0))
    store.settle()

    assert gross_kcal_of(store) == pytest.approx(a_minute_with(Wearer(mass_kg=90.0)), rel=1e-9)


def test_a_repeated_correction_changes_nothing() -> None:
    store = walked()
    store.apply(correction(ADA, 1, mass_kg=90.0))
    store.settle()
    revision = store.states[TREADMILL].revision

    store.restart()
    store.apply(correction(ADA, 1, mass_kg=90.0), ClaimEvent(TREADMILL, ADA))

    assert store.states[TREADMILL].revision == revision
    assert not store.is_refold_due


def test_a_correction_before_its_claim_is_the_claim() -> None:
    store = FoldStore()

    store.apply(correction(ADA, 1, mass_kg=90.0), ClaimEvent(TREADMILL, ADA))
    store.apply(message(run_of(1, 61, 0)))

    assert gross_kcal_of(store) == pytest.approx(a_minute_with(Wearer(mass_kg=90.0)), rel=1e-9)


def test_a_claim_that_the_state_let_go_of_comes_back_until_it_was_folded_again() -> None:
    store = walked()
    later_s = KEPT_MS / 1000 + 3600
    store.apply(message(run_of(62, 10, later_s)))
    assert store.states[TREADMILL].claims == []
    ended = claim("of-ada", 0, released_at_s=61, mass_kg=60.0)

    store.fold.apply(correction(ended, round(later_s * 1000), mass_kg=90.0))
    (item,) = store.fold.drain().items
    store.apply(message(run_of(72, 10, later_s + 10)))

    assert isinstance(item, Corrected)
    assert (item.from_ms, item.to_ms) == (START_MS, START_MS + 61_000)
    assert [one.claim_id for one in store.states[TREADMILL].claims] == ["of-ada"]
    (of_today,) = (row for row in store.rows.values() if row.claim_id is None)
    assert not of_today.is_dirty
    assert of_today.totals.readings == 20


def test_a_claim_of_long_ago_without_an_end_is_not_taken() -> None:
    """It would take all that nobody claimed since."""
    store = walked()
    store.apply(message(run_of(62, 10, KEPT_MS / 1000 + 3600)))

    store.apply(correction(ADA, 1, mass_kg=90.0))

    assert store.states[TREADMILL].claims == []


def test_a_correction_without_a_version_is_none() -> None:
    store = walked()

    store.apply(CorrectionEvent(TREADMILL, claim("of-ada", 0, mass_kg=90.0)))

    assert not store.is_refold_due
