"""The heart rate: its worked example, its gates, and the calibration of VO2max."""

import msgspec
import pytest

from backstride_shared.energy import (
    EnergyTotals,
    Wearer,
    advance,
    calibrate,
    merge_all,
    prepare,
)
from tests.unit.shared.energy.readings import ADULT, RUNNER, Reading, ask, run, steady

RUNNER_MODEL = prepare(RUNNER)
BACKWARD = Reading(0, 1.2, is_reverse=True, heart_rate_bpm=128.0, hands="free")
FORWARD = Reading(0, 2.5, heart_rate_bpm=150.0)


def _with(**values: object) -> Wearer:
    return msgspec.structs.replace(RUNNER, **values)


def _is_used(wearer: Wearer, bpm: float = 128.0, **values: object) -> bool:
    return ask(prepare(wearer), 1.2, heart_rate_bpm=bpm, **values).is_heart_rate_used


def test_the_worked_example_is_reproduced() -> None:
    speed_alone = ask(RUNNER_MODEL, 1.2, is_reverse=True)
    fused = ask(RUNNER_MODEL, 1.2, is_reverse=True, heart_rate_bpm=128.0)

    assert speed_alone.vo2_ml_per_kg_per_min == pytest.approx(14.22, rel=0.001)
    assert speed_alone.uncertainty_percent == pytest.approx(18.0)
    assert fused.vo2_ml_per_kg_per_min == pytest.approx(16.08, rel=0.001)
    assert fused.uncertainty_percent == pytest.approx(14.6, rel=0.002)
    assert fused.gross_kcal_per_min == pytest.approx(6.03, rel=0.001)


def test_the_gates_on_the_person_and_the_signal() -> None:
    assert _is_used(RUNNER)
    assert _is_used(_with(age_years=18.0))
    assert not _is_used(_with(age_years=17.9))
    assert _is_used(_with(age_years=65.0))
    assert not _is_used(_with(age_years=65.1))
    assert not _is_used(_with(has_beta_blocker=True))
    assert not _is_used(_with(resting_heart_rate_bpm=None))
    assert not _is_used(_with(age_years=None))
    assert not _is_used(_with(model="acsm"))
    # 35 % of the reserve of 60 to 180 is 102.
    assert _is_used(RUNNER, 102.0)
    assert not _is_used(RUNNER, 101.9)
    assert not _is_used(RUNNER, 251.0)
    assert not _is_used(RUNNER, float("nan"))


@pytest.mark.parametrize(("steady_s", "is_used"), [(179.9, False), (180.0, True), (None, True)])
def test_one_moment_counts_its_heart_rate_once_steady(
    steady_s: float | None,
    is_used: bool,  # noqa: FBT001
) -> None:
    assert _is_used(RUNNER, steady_s=steady_s) is is_used


def test_standing_takes_no_heart_rate() -> None:
    answer = ask(RUNNER_MODEL, 0.0, heart_rate_bpm=128.0)

    assert not answer.is_heart_rate_used


@pytest.mark.parametrize("bpm", [102.0, 180.0, 230.0])
def test_the_heart_rate_moves_the_answer_by_a_quarter_at_most(bpm: float) -> None:
    for speed in (0.2, 1.0, 2.0, 4.0):
        alone = ask(RUNNER_MODEL, speed).vo2_ml_per_kg_per_min
        fused = ask(RUNNER_MODEL, speed, heart_rate_bpm=bpm).vo2_ml_per_kg_per_min

        assert 0.75 - 1e-12 <= fused / alone <= 1.25 + 1e-12
    assert ask(RUNNER_MODEL, 0.2, heart_rate_bpm=230.0).vo2_ml_per_kg_per_min == pytest.approx(
        1.25 * ask(RUNNER_MODEL, 0.2).vo2_ml_per_kg_per_min
    )


def test_a_low_heart_rate_takes_away_a_quarter_at_most() -> None:
    # Backward downhill and fast is the least certain, so the heart rate weighs most.
    least_certain = {"is_reverse": True, "grade_percent": 1.0}
    alone = ask(RUNNER_MODEL, 3.6, **least_certain).vo2_ml_per_kg_per_min
    fused = ask(RUNNER_MODEL, 3.6, heart_rate_bpm=102.0, **least_certain).vo2_ml_per_kg_per_min

    assert fused == pytest.approx(0.75 * alone)


def test_a_calibrated_vo2max_weighs_more_and_backward_less_than_forward() -> None:
    calibrated = prepare(_with(vo2max_source="calibrated"))

    def sd(model: object, **values: object) -> float:
        return ask(model, 1.2, heart_rate_bpm=128.0, **values).uncertainty_percent  # type: ignore[arg-type]

    # 1 / sqrt(1/0.10^2 + 1/0.25^2) and so on
    assert sd(RUNNER_MODEL) == pytest.approx(9.285, rel=1e-3)
    assert sd(calibrated) == pytest.approx(8.321, rel=1e-3)
    assert sd(calibrated, is_reverse=True) == pytest.approx(13.379, rel=1e-3)


def test_without_a_vo2max_it_is_estimated_from_the_heart_rates() -> None:
    estimated = ask(
        prepare(_with(vo2max_ml_per_kg_per_min=None, vo2max_source=None)),
        1.2,
        heart_rate_bpm=128.0,
    )
    given = ask(
        prepare(_with(vo2max_ml_per_kg_per_min=15.3 * 180.0 / 60.0)), 1.2, heart_rate_bpm=128.0
    )

    assert estimated.vo2_ml_per_kg_per_min == pytest.approx(given.vo2_ml_per_kg_per_min)


def test_a_measured_maximum_replaces_the_one_by_age() -> None:
    # With a maximum of 200 the 35 % are 109.
    assert not _is_used(_with(max_heart_rate_bpm=200.0), 108.0)
    assert _is_used(RUNNER, 108.0)


def test_the_stream_uses_the_heart_rate_after_three_steady_minutes() -> None:
    state, points = run(RUNNER_MODEL, steady(200, BACKWARD))
    alone = ask(RUNNER_MODEL, 1.2, is_reverse=True)
    fused = ask(RUNNER_MODEL, 1.2, is_reverse=True, heart_rate_bpm=128.0)

    assert [point[0] for point in points[:180]] == [alone.gross_kcal_per_min] * 180
    assert points[180][0] == pytest.approx(fused.gross_kcal_per_min)
    assert points[180][2] == pytest.approx(fused.uncertainty_percent)
    assert state.totals.fused_seconds == pytest.approx(20.0)
    assert state.totals.backward_gross_kcal == pytest.approx(
        (180 * alone.gross_kcal_per_min + 20 * fused.gross_kcal_per_min) / 60.0
    )


def test_the_stream_returns_to_speed_alone_when_the_heart_rate_goes_away() -> None:
    lost = msgspec.structs.replace(BACKWARD, heart_rate_bpm=None)

    _, points = run(RUNNER_MODEL, [*steady(190, BACKWARD), *steady(5, lost, from_ms=191_000)])

    assert points[190][0] > points[0][0]
    assert points[191][:3] == points[0][:3]


@pytest.mark.parametrize(
    "change",
    [
        {"speed_m_per_s": 1.27},
        {"grade_percent": 0.6},
        {"is_reverse": False},
        {"speed_m_per_s": 0.0},
        {"is_present": False},
    ],
)
def test_a_change_of_speed_grade_direction_or_presence_waits_for_three_minutes(
    change: dict[str, object],
) -> None:
    changed = msgspec.structs.replace(BACKWARD, measured_at_ms=201_000, **change)

    state, _ = run(RUNNER_MODEL, [*steady(200, BACKWARD), changed])
    after = advance(state, RUNNER_MODEL, steady(185, BACKWARD, from_ms=202_000))

    assert {point[2] for point in after[:180]} == {18.0}
    assert after[182][2] < 18.0


def test_what_is_nearly_the_same_speed_and_grade_is_steady() -> None:
    wavering = [
        msgspec.structs.replace(
            reading, speed_m_per_s=1.2 + 0.04 * (index % 2), grade_percent=0.4 * (index % 3 == 0)
        )
        for index, reading in enumerate(steady(200, BACKWARD))
    ]

    state, points = run(RUNNER_MODEL, wavering)

    assert state.totals.fused_seconds == pytest.approx(20.0)
    assert points[-1][2] < 18.0


@pytest.mark.parametrize(
    ("speed", "change", "is_steady"),
    [
        (1.2, {"speed_m_per_s": 1.259}, True),
        (1.2, {"speed_m_per_s": 1.261}, False),
        (0.5, {"speed_m_per_s": 0.549}, True),
        (0.5, {"speed_m_per_s": 0.551}, False),
        (1.2, {"grade_percent": 0.5}, True),
        (1.2, {"grade_percent": 0.51}, False),
    ],
)
def test_the_same_speed_and_grade_are_within_their_tolerance(
    speed: float,
    change: dict[str, float],
    is_steady: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    before = msgspec.structs.replace(BACKWARD, speed_m_per_s=speed)
    after = msgspec.structs.replace(before, **change)

    state, _ = run(RUNNER_MODEL, [*steady(100, before), *steady(100, after, from_ms=101_000)])

    assert (state.totals.fused_seconds > 0.0) is is_steady


def test_a_slow_drift_is_a_change_although_each_step_is_small() -> None:
    drifting = [
        msgspec.structs.replace(reading, speed_m_per_s=1.2 + 0.001 * index)
        for index, reading in enumerate(steady(400, BACKWARD))
    ]

    state, _ = run(RUNNER_MODEL, drifting)

    assert state.totals.fused_seconds == 0.0


def test_after_a_gap_nothing_is_steady() -> None:
    state, _ = run(RUNNER_MODEL, [*steady(200, BACKWARD), *steady(179, BACKWARD, from_ms=206_000)])

    assert state.totals.gaps == 1
    # Twenty seconds before the gap, and five of hold into it.
    assert state.totals.fused_seconds == pytest.approx(25.0)


def test_the_dividend_stays_a_ratio_of_directions_when_the_heart_rate_is_used() -> None:
    alone = ask(RUNNER_MODEL, 1.2, is_reverse=True)
    state, _ = run(RUNNER_MODEL, steady(400, BACKWARD))

    assert state.totals.fused_seconds > 200.0
    assert state.totals.reverse_dividend == pytest.approx(
        alone.gross_kcal_per_min / alone.forward_gross_kcal_per_min
    )


def _two_bouts() -> EnergyTotals:
    faster = msgspec.structs.replace(FORWARD, speed_m_per_s=2.8)
    bouts = [*steady(200, FORWARD), *steady(200, faster, from_ms=201_000)]
    return run(RUNNER_MODEL, bouts)[0].totals


def test_two_steady_forward_bouts_calibrate_the_vo2max() -> None:
    totals = _two_bouts()
    outcome = calibrate(RUNNER, totals)

    # 150 bpm is 75 % of the reserve of 60 to 180; rest is Mifflin's 80.75 W of 75 kg.
    rest, share = 3.0879, (75.0 - 1.5) / 1.03 / 100.0
    implied = [
        rest + (ask(RUNNER_MODEL, speed).vo2_ml_per_kg_per_min - rest) / share
        for speed in (2.5, 2.8)
    ]
    assert outcome.bouts == 2
    assert outcome.vo2max_ml_per_kg_per_min == pytest.approx(sum(implied) / 2, rel=1e-4)


def test_one_bout_does_not_calibrate() -> None:
    totals = run(RUNNER_MODEL, steady(400, FORWARD))[0].totals

    outcome = calibrate(RUNNER, totals)

    assert totals.calibration_bouts == 1
    assert outcome.vo2max_ml_per_kg_per_min is None
    assert outcome.reason == "1 of 2 steady forward bouts so far"


def test_bouts_of_several_sessions_count_together() -> None:
    one = run(RUNNER_MODEL, steady(400, FORWARD))[0].totals

    assert calibrate(RUNNER, merge_all([one, one])).vo2max_ml_per_kg_per_min is not None


@pytest.mark.parametrize(
    "readings",
    [
        steady(400, BACKWARD),
        steady(179, FORWARD),
        steady(400, msgspec.structs.replace(FORWARD, heart_rate_bpm=100.0)),
        steady(400, msgspec.structs.replace(FORWARD, heart_rate_bpm=None)),
        steady(400, FORWARD, every_ms=10_000),
    ],
    ids=["backward", "too short", "too easy", "no heart rate", "only gaps"],
)
def test_what_is_not_a_steady_forward_bout_does_not_calibrate(readings: list[Reading]) -> None:
    assert run(RUNNER_MODEL, readings)[0].totals.calibration_bouts == 0


@pytest.mark.parametrize(("from_s", "bouts"), [(170, 1), (171, 0)])
def test_a_bout_needs_ten_heart_rates_in_its_third_minute(from_s: int, bouts: int) -> None:
    readings = [
        msgspec.structs.replace(
            reading, heart_rate_bpm=150.0 if reading.measured_at_ms >= from_s * 1000 else None
        )
        for reading in steady(400, FORWARD)
    ]

    assert run(RUNNER_MODEL, readings)[0].totals.calibration_bouts == bouts


def test_only_the_third_minute_of_a_bout_calibrates() -> None:
    readings = [
        msgspec.structs.replace(
            reading, heart_rate_bpm=150.0 if 120_000 <= reading.measured_at_ms < 180_000 else 110.0
        )
        for reading in steady(400, FORWARD)
    ]

    bouts = run(RUNNER_MODEL, readings)[0].totals

    assert bouts.calibration_vo2max_sum == pytest.approx(
        run(RUNNER_MODEL, steady(400, FORWARD))[0].totals.calibration_vo2max_sum
    )


@pytest.mark.parametrize(
    ("vo2max", "is_accepted"), [(32.1, False), (32.2, True), (64.2, True), (64.3, False)]
)
def test_a_calibration_far_from_the_estimate_is_refused(
    vo2max: float,
    is_accepted: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    # The estimate is 15.3 times 180 over 60: 45.9, of which 0.7 and 1.4 are 32.13 and 64.26.
    totals = EnergyTotals(calibration_bouts=2, calibration_vo2max_sum=2 * vo2max)

    outcome = calibrate(RUNNER, totals)

    assert (outcome.vo2max_ml_per_kg_per_min == vo2max) is is_accepted
    assert ("too far from the estimate of 46 ml/kg/min" in outcome.reason) is not is_accepted


def test_nobody_without_a_resting_heart_rate_is_calibrated() -> None:
    outcome = calibrate(ADULT, _two_bouts())

    assert outcome.vo2max_ml_per_kg_per_min is None
    assert "resting heart rate" in outcome.reason
