"""Corrections at the recorder: folded again from the readings, or refused in words."""

import pytest

from backstride_recorder.refolding import TOO_LATE
from backstride_shared.fold.timeline import KEPT_MS
from backstride_shared.frames import ClaimEvent, SessionSnapshot
from tests.component.recorder.desk import NOW_MS, Desk
from tests.factories.events import START_MS, TREADMILL, claim, correction, message, run_of

ADA = claim("of-ada", 0, released_at_s=100, mass_kg=60.0)
BOB = claim("of-bob", 200, released_at_s=300, mass_kg=80.0)
LATER_S = KEPT_MS / 1000 + 3600


@pytest.fixture
def desk() -> Desk:
    """Ada walked, then somebody, then Bob."""
    desk = Desk()
    walks = (
        ClaimEvent(TREADMILL, ADA),
        ClaimEvent(TREADMILL, BOB),
        message(run_of(1, 60, 0)),
        message(run_of(61, 30, 120)),
        message(run_of(91, 60, 210)),
    )
    desk.log.append(*desk.records.of(*walks))
    desk.settle()
    return desk


def of_claim(desk: Desk, claim_id: str | None) -> SessionSnapshot:
    (found,) = (
        row.session for row in desk.sessions.rows.values() if row.session.claim_id == claim_id
    )
    return found


def test_a_corrected_session_keeps_its_id_and_says_when_it_was_recomputed(desk: Desk) -> None:
    before = of_claim(desk, "of-ada")

    desk.log.append(*desk.records.of(correction(ADA, 1, mass_kg=90.0)))
    desk.settle()

    after = of_claim(desk, "of-ada")
    assert after.session_id == before.session_id
    assert after.totals.forward_gross_kcal > 1.3 * before.totals.forward_gross_kcal
    assert desk.sessions.rows[after.session_id].recomputed_at_ms == NOW_MS
    assert desk.sessions.outcomes == {"correction-1": NOW_MS}
    assert desk.sessions.waiting_refolds() == []


def test_a_session_of_a_month_ago_is_corrected_and_its_neighbours_stay(desk: Desk) -> None:
    """The state knows nobody of that time any more; a fold of Bob's walk would make it nobody's."""
    desk.log.append(*desk.records.of(message(run_of(151, 10, LATER_S))))
    desk.settle()
    bobs = of_claim(desk, "of-bob")
    before = of_claim(desk, "of-ada")
    state = desk.sessions.state(TREADMILL)
    assert state is not None
    assert state.claims == []

    desk.log.append(*desk.records.of(correction(ADA, round(LATER_S * 1000), mass_kg=90.0)))
    desk.settle()

    after = of_claim(desk, "of-ada")
    assert after.totals.forward_gross_kcal > 1.3 * before.totals.forward_gross_kcal
    assert of_claim(desk, "of-bob") == bobs


def test_without_its_readings_a_session_stays_as_it_is_and_the_member_is_told(desk: Desk) -> None:
    before = of_claim(desk, "of-ada")
    desk.series.delete(TREADMILL, 0, START_MS + 30_000)

    desk.log.append(*desk.records.of(correction(ADA, 1, mass_kg=90.0)))
    desk.settle()

    assert of_claim(desk, "of-ada") == before
    assert desk.sessions.outcomes == {"correction-1": TOO_LATE}


def test_a_late_batch_after_a_correction_is_folded_with_it(desk: Desk) -> None:
    desk.log.append(*desk.records.of(correction(ADA, 1, mass_kg=90.0)))
    desk.settle()
    corrected = of_claim(desk, "of-ada")

    late = message(run_of(1, 20, 62), device_id="device-b")
    desk.log.append(*desk.records.of(late))
    desk.settle()

    after = of_claim(desk, "of-ada")
    rate = corrected.totals.forward_gross_kcal / corrected.totals.forward_seconds
    assert after.totals.readings == 80
    assert after.totals.forward_gross_kcal / after.totals.forward_seconds == pytest.approx(
        rate, rel=1e-9
    )


def test_a_running_session_is_corrected_from_its_beginning(desk: Desk) -> None:
    dora = claim("of-dora", 400, mass_kg=50.0)
    desk.log.append(*desk.records.of(ClaimEvent(TREADMILL, dora), message(run_of(151, 30, 401))))
    desk.settle()
    before = of_claim(desk, "of-dora")

    desk.log.append(*desk.records.of(correction(dora, 1, mass_kg=100.0)))
    desk.log.append(*desk.records.of(message(run_of(181, 30, 431))))
    desk.settle()

    after = of_claim(desk, "of-dora")
    assert after.session_id == before.session_id
    assert after.totals.readings == 60
    rate = before.totals.forward_gross_kcal / before.totals.forward_seconds
    assert after.totals.forward_gross_kcal / after.totals.forward_seconds > 1.5 * rate


def test_a_record_read_again_does_not_undo_what_became_of_it(desk: Desk) -> None:
    records = desk.records.of(correction(ADA, 1, mass_kg=90.0))
    desk.log.append(*records)
    desk.settle()

    desk.log.append(*records)
    desk.recorder.step()

    assert desk.sessions.outcomes == {"correction-1": NOW_MS}


def test_a_correction_does_not_wait_for_a_running_session_that_is_folded_all_the_time(
    desk: Desk,
) -> None:
    desk.log.append(*desk.records.of(message(run_of(151, 30, 401))))
    desk.settle()
    desk.log.append(*desk.records.of(message(run_of(1, 5, 395), device_id="device-b")))
    desk.log.append(*desk.records.of(correction(ADA, 1, mass_kg=90.0)))

    desk.recorder.step()

    assert desk.sessions.outcomes == {"correction-1": NOW_MS}
