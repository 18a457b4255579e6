import pytest

from backstride_gateway.domain.fitness import effective_vo2max, totals_of, with_vo2max
from backstride_gateway.domain.members import Profile, wearer_of
from backstride_shared.energy import EnergyTotals, Wearer
from tests.factories.session_records import session_record

BIRTH_YEAR, YEAR = 1996, 2026
ESTIMATE = 15.3 * (208 - 0.7 * (YEAR - BIRTH_YEAR)) / 60


def wearer(*, resting_heart_rate_bpm: float | None = 60.0, vo2max: float | None = None) -> Wearer:
    profile = Profile(
        display_name="Ada",
        birth_year=BIRTH_YEAR,
        resting_heart_rate_bpm=resting_heart_rate_bpm,
        vo2max_ml_per_kg_per_min=vo2max,
    )
    return wearer_of(profile, YEAR, 0.0)


def bouts(count: int, vo2max: float) -> EnergyTotals:
    return EnergyTotals(calibration_bouts=count, calibration_vo2max_sum=count * vo2max)


def test_a_measured_vo2max_goes_before_a_calibrated_one() -> None:
    found = effective_vo2max(wearer(vo2max=51.0), bouts(5, 40.0))

    assert (found.vo2max_ml_per_kg_per_min, found.source) == (51.0, "measured")
    frozen = with_vo2max(wearer(vo2max=51.0), bouts(5, 40.0))
    assert (frozen.vo2max_ml_per_kg_per_min, frozen.vo2max_source) == (51.0, "measured")


def test_two_steady_walks_calibrate_and_one_does_not() -> None:
    one, two = (effective_vo2max(wearer(), bouts(count, 42.0)) for count in (1, 2))

    assert one.source == "estimated"
    assert one.vo2max_ml_per_kg_per_min == pytest.approx(ESTIMATE)
    assert "1 of 2 steady forward bouts" in one.reason
    assert (two.vo2max_ml_per_kg_per_min, two.source) == (42.0, "calibrated")
    assert two.reason == "the mean of 2 steady forward bouts"


def test_an_estimate_is_left_to_the_model() -> None:
    frozen = with_vo2max(wearer(), bouts(1, 42.0))

    assert (frozen.vo2max_ml_per_kg_per_min, frozen.vo2max_source) == (None, None)
    frozen = with_vo2max(wearer(), bouts(2, 42.0))
    assert (frozen.vo2max_ml_per_kg_per_min, frozen.vo2max_source) == (42.0, "calibrated")


def test_a_calibration_too_far_from_the_estimate_is_not_believed() -> None:
    found = effective_vo2max(wearer(), bouts(4, 90.0))

    assert found.source == "estimated"
    assert "too far from the estimate" in found.reason


def test_without_a_resting_heart_rate_there_is_none_and_the_reason_is_told() -> None:
    found = effective_vo2max(wearer(resting_heart_rate_bpm=None), bouts(4, 42.0))

    assert (found.vo2max_ml_per_kg_per_min, found.source) == (None, None)
    assert "a resting heart rate" in found.reason


def test_the_bouts_of_all_sessions_count_together() -> None:
    sessions = [session_record(name, 0) for name in "abc"]
    for session in sessions:
        session.totals.calibration_bouts = 1
        session.totals.calibration_vo2max_sum = 42.0

    assert effective_vo2max(wearer(), totals_of(sessions)).reason.startswith("the mean of 3")
