"""What must hold for every speed, grade and body, not only for the listed values."""

from itertools import pairwise
from math import exp

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_shared.energy import (
    BackwardNotSupportedError,
    Coefficients,
    ImplausibleReadingError,
    Moment,
    Wearer,
    estimate,
    prepare,
    rates,
)
from tests.unit.shared.energy.readings import ADULT, AWAY, NOBODY, Reading, ask

speeds = st.floats(0.0, 8.0)
grades = st.floats(-45.0, 45.0)
hands = st.sampled_from(["free", "rest", "grip", None])
gaits = st.sampled_from(["walk", "run", None])
wearers = st.builds(
    Wearer,
    mass_kg=st.none() | st.floats(20.0, 350.0),
    height_cm=st.none() | st.floats(100.0, 250.0),
    age_years=st.none() | st.floats(5.0, 115.0),
    sex=st.sampled_from(["male", "female", None]),
    facing=st.sampled_from(["console", "away"]),
    backward_minutes=st.none() | st.floats(0.0, 1e5),
)
readings = st.builds(
    Reading,
    measured_at_ms=st.integers(0, 10**13),
    speed_m_per_s=speeds,
    is_reverse=st.booleans(),
    grade_percent=grades,
    hands=hands,
)


@pytest.mark.parametrize("coefficients", [NOBODY, AWAY], ids=["forward", "backward"])
@pytest.mark.parametrize("grade", [-3.0, 0.0, 5.0, 10.0])
def test_power_rises_strictly_with_speed(coefficients: Coefficients, grade: float) -> None:
    powers = [
        ask(coefficients, speed / 400.0, grade_percent=grade).power_w_per_kg
        for speed in range(1801)
    ]

    assert all(slower < faster for slower, faster in pairwise(powers))


@pytest.mark.parametrize("coefficients", [NOBODY, AWAY], ids=["forward", "backward"])
@pytest.mark.parametrize("grade", [-45.0, -33.0, -5.0, 0.0, 0.5, 12.5, 25.0, 45.0])
@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.89, 1.45, 1.81, 1.9, 1.96, 2.0, 2.2, 3.5, 4.5])
def test_power_is_continuous_across_every_threshold_of_speed(
    coefficients: Coefficients, grade: float, threshold: float
) -> None:
    below = ask(coefficients, threshold - 1e-9, grade_percent=grade).power_w_per_kg
    above = ask(coefficients, threshold + 1e-9, grade_percent=grade).power_w_per_kg

    assert above == pytest.approx(below, abs=1e-6)


@given(speed=st.floats(0.0, 7.9), grade=grades, is_reverse=st.booleans())
def test_power_is_continuous_everywhere_in_speed_and_grade(
    speed: float,
    grade: float,
    is_reverse: bool,  # noqa: FBT001 - drawn by name
) -> None:
    step = 1e-7

    def power(at_speed: float, at_grade: float) -> float:
        return ask(NOBODY, at_speed, grade_percent=at_grade, is_reverse=is_reverse).power_w_per_kg

    here = power(speed, grade)
    # The steepest part of the blend rises by less than 500 W/kg per m/s or per percent.
    assert abs(power(speed + step, grade) - here) < 500.0 * step
    assert abs(power(speed, grade - step) - here) < 500.0 * step


@given(wearer=wearers, reading=readings, gait=gaits)
def test_energy_is_never_negative_and_gross_never_below_net(
    wearer: Wearer, reading: Reading, gait: str | None
) -> None:
    answer = ask(
        prepare(wearer),
        reading.speed_m_per_s,
        is_reverse=reading.is_reverse,
        grade_percent=reading.grade_percent,
        hands=reading.hands,
        gait=gait,
    )

    assert 0.0 <= answer.net_kcal_per_min <= answer.gross_kcal_per_min
    assert answer.power_w_per_kg >= 1.10
    assert 9.0 <= answer.uncertainty_percent < 60.0


@given(wearer=wearers, reading=readings)
def test_turning_belt_and_user_round_changes_nothing(wearer: Wearer, reading: Reading) -> None:
    other = "console" if wearer.facing == "away" else "away"
    turned = msgspec.structs.replace(wearer, facing=other)

    def answer(of: Wearer, *, is_reverse: bool, grade: float) -> object:
        return ask(
            prepare(of),
            reading.speed_m_per_s,
            is_reverse=is_reverse,
            grade_percent=grade,
            hands=reading.hands,
        )

    assert answer(wearer, is_reverse=False, grade=reading.grade_percent) == answer(
        turned, is_reverse=True, grade=-reading.grade_percent
    )


@given(wearer=wearers, batch=st.lists(readings, max_size=20))
def test_the_batch_form_equals_the_scalar_form(wearer: Wearer, batch: list[Reading]) -> None:
    coefficients = prepare(wearer)
    answers = [
        ask(
            coefficients,
            reading.speed_m_per_s,
            is_reverse=reading.is_reverse,
            grade_percent=reading.grade_percent,
            hands=reading.hands,
        )
        for reading in batch
    ]

    for rate, answer in zip(rates(coefficients, batch), answers, strict=True):
        gross, net, uncertainty, flags = rate
        assert gross == pytest.approx(answer.gross_kcal_per_min, abs=1e-9)
        assert net == pytest.approx(answer.net_kcal_per_min, abs=1e-9)
        assert uncertainty == pytest.approx(answer.uncertainty_percent, abs=1e-9)
        assert flags == answer.flags


# --- Parts of the equations that no listed value reaches, worked out by hand ----------------------
def test_running_uphill_adds_the_polynomial_of_minetti() -> None:
    # i = 0.1: 0.001554 - 0.00304 - 0.0433 + 0.463 + 1.95 J/kg/m
    slope = 2.368214

    forward = ask(NOBODY, 3.0, grade_percent=10.0, gait="run").power_w_per_kg
    backward = ask(AWAY, 3.0, grade_percent=10.0, gait="run").power_w_per_kg

    assert forward == pytest.approx(1.44 + 3.0 * (3.80 + slope))
    assert backward == pytest.approx(1.44 + 3.0 * 1.32 * (3.80 + slope))


def test_running_backward_downhill_gives_back_no_more_than_forward() -> None:
    # i = -0.1: -0.001554 - 0.00304 + 0.0433 + 0.463 - 1.95 J/kg/m
    slope = -1.448294

    assert ask(AWAY, 3.0, grade_percent=-10.0, gait="run").power_w_per_kg == pytest.approx(
        1.44 + 3.0 * (1.32 * 3.80 + slope)
    )


@pytest.mark.parametrize(
    ("hold", "factor"), [("free", 1.0), ("rest", 0.95), ("grip", 0.82), (None, 1.0)]
)
def test_the_handrail_lowers_what_gait_adds_to_standing(hold: str | None, factor: float) -> None:
    free = ask(NOBODY, 1.2).power_w_per_kg - 1.44

    assert ask(NOBODY, 1.2, hands=hold).power_w_per_kg == pytest.approx(1.44 + factor * free)


def test_practice_lowers_the_cost_of_backward_gait_only() -> None:
    novice = prepare(Wearer(backward_minutes=0.0))
    practised = prepare(Wearer(backward_minutes=80.0))
    level = ask(NOBODY, 1.2, is_reverse=True).power_w_per_kg - 1.44

    assert ask(novice, 1.2, is_reverse=True).power_w_per_kg == pytest.approx(1.44 + 1.08 * level)
    assert ask(practised, 1.2, is_reverse=True).power_w_per_kg == pytest.approx(
        1.44 + (0.92 + 0.16 * exp(-1.0)) * level
    )
    assert ask(novice, 1.2).power_w_per_kg == ask(practised, 1.2).power_w_per_kg


def test_stature_changes_walking_but_not_running() -> None:
    short = prepare(Wearer(height_cm=160.0))
    walk = ask(NOBODY, 1.2).power_w_per_kg - 1.44

    assert ask(short, 1.2).power_w_per_kg == pytest.approx(1.44 + (1.75 / 1.60) ** 0.95 * walk)
    assert ask(short, 3.0).power_w_per_kg == ask(NOBODY, 3.0).power_w_per_kg
    assert prepare(Wearer(height_cm=110.0)).stature == 1.15
    assert prepare(Wearer(height_cm=240.0)).stature == 0.88


def test_an_unknown_sex_rests_at_the_mean_of_both() -> None:
    unknown, male, female = (
        prepare(msgspec.structs.replace(ADULT, sex=sex)).resting_kcal_per_min
        for sex in (None, "male", "female")
    )

    assert unknown == pytest.approx((male + female) / 2.0)
    assert male == pytest.approx(1667.5 / 1440.0)
    assert female == pytest.approx(1501.5 / 1440.0)


def test_nobody_signed_in_weighs_75_kg_and_stands_at_the_measured_power() -> None:
    answer = ask(NOBODY, 0.0)

    assert answer.gross_kcal_per_min == pytest.approx(0.01434 * 1.44 * 75.0, rel=1e-4)
    assert answer.net_kcal_per_min == pytest.approx(0.01434 * (1.44 - 1.44 / 1.3) * 75.0, rel=1e-3)


def test_standing_stays_within_what_is_plausible() -> None:
    child = Wearer(mass_kg=20.0, height_cm=115.0, age_years=6.0, sex="male")
    heavy = Wearer(mass_kg=200.0, height_cm=165.0, age_years=70.0, sex="female")

    assert ask(prepare(child), 0.0).power_w_per_kg == 1.75
    assert ask(prepare(heavy), 0.0).power_w_per_kg == 1.10
    # The child rests at more than it is said to stand at: net is nothing, not less.
    assert ask(prepare(child), 0.0).net_kcal_per_min == 0.0


def test_walking_is_linear_in_speed_below_a_tenth() -> None:
    at_a_tenth = 1.94 * 0.1**0.43 + 0.24 * 0.1**4

    assert ask(NOBODY, 0.05).power_w_per_kg == pytest.approx(1.44 + at_a_tenth / 2.0)
    assert ask(NOBODY, 0.104).power_w_per_kg == pytest.approx(
        1.44 + 1.94 * 0.104**0.43 + 0.24 * 0.104**4
    )


def test_a_slope_adds_no_more_to_walking_above_the_fastest_walk() -> None:
    def slope(speed: float) -> float:
        uphill = ask(NOBODY, speed, grade_percent=5.0, gait="walk").power_w_per_kg
        return uphill - ask(NOBODY, speed, gait="walk").power_w_per_kg

    assert slope(3.0) == pytest.approx(slope(2.2))
    assert slope(2.2) == pytest.approx(1.1 * slope(2.0))


def test_running_grades_beyond_forty_five_percent_cost_what_forty_five_cost() -> None:
    assert ask(NOBODY, 2.5, grade_percent=60.0, gait="run").power_w_per_kg == pytest.approx(
        1.44
        + 2.5 * (3.80 + 155.4 * 0.45**5 - 30.4 * 0.45**4 - 43.3 * 0.45**3)
        + 2.5 * (46.3 * 0.45**2 + 19.5 * 0.45)
    )


def test_the_backward_ratio_of_walking_grows_up_to_two_metres_per_second() -> None:
    def ratio(speed: float) -> float:
        backward = ask(AWAY, speed, gait="walk").power_w_per_kg - 1.44
        return backward / (ask(NOBODY, speed, gait="walk").power_w_per_kg - 1.44)

    assert ratio(1.0) == pytest.approx(1.355)
    assert ratio(2.0) == pytest.approx(1.88)
    assert ratio(2.5) == pytest.approx(1.88)


def test_the_run_fraction_is_smooth_where_the_gait_is_unknown_and_whole_where_it_is_known() -> None:
    assert ask(NOBODY, 1.90).run_fraction == 0.0
    assert ask(NOBODY, 1.975).run_fraction == pytest.approx(0.15625)
    assert ask(NOBODY, 2.05).run_fraction == pytest.approx(0.5)
    assert ask(NOBODY, 2.20).run_fraction == 1.0
    assert ask(NOBODY, 1.63, is_reverse=True).run_fraction == pytest.approx(0.5)
    assert ask(NOBODY, 2.05, gait="walk").run_fraction == 0.0
    assert ask(NOBODY, 2.05, gait="run").run_fraction == 1.0


@pytest.mark.parametrize(("speed", "gait"), [(1.0, None), (1.7, None), (2.5, "walk"), (3.0, "run")])
@pytest.mark.parametrize("grade", [-4.0, 0.0, 4.0])
def test_what_the_same_would_cost_forward_is_what_it_costs_forward(
    speed: float, gait: str | None, grade: float
) -> None:
    backward = ask(NOBODY, speed, is_reverse=True, grade_percent=-grade, hands="rest", gait=gait)
    # The forward gait is chosen by the forward blend, whatever the backward one was.
    forward = ask(NOBODY, speed, grade_percent=grade, hands="rest")

    assert backward.forward_gross_kcal_per_min == pytest.approx(forward.gross_kcal_per_min)


@pytest.mark.parametrize(
    "wearer", [Wearer(model="acsm"), Wearer(model="acsm", facing="away")], ids=["console", "away"]
)
def test_acsm_refuses_backward_gait_in_words(wearer: Wearer) -> None:
    is_reverse = wearer.facing == "console"

    with pytest.raises(BackwardNotSupportedError, match="knows no backward gait"):
        ask(prepare(wearer), 1.0, is_reverse=is_reverse)
    assert not ask(prepare(wearer), 1.0, is_reverse=not is_reverse).is_backward


def test_acsm_does_not_fall_below_rest_downhill() -> None:
    assert ask(prepare(Wearer(model="acsm")), 1.0, grade_percent=-40.0).mets == pytest.approx(1.0)


@pytest.mark.parametrize(
    "moment",
    [
        Moment(speed_m_per_s=float("nan")),
        Moment(speed_m_per_s=-0.1),
        Moment(speed_m_per_s=float("inf")),
        Moment(speed_m_per_s=1.0, grade_percent=float("nan")),
    ],
)
def test_what_is_not_a_reading_is_refused(moment: Moment) -> None:
    with pytest.raises(ImplausibleReadingError, match="must be a number"):
        estimate(NOBODY, moment)
