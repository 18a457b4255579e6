"""The values that the specification lists, and what was published and measured."""

from math import log

import pytest

from backstride_shared.energy import Coefficients, Wearer, flag_codes, prepare
from tests.unit.shared.energy.readings import AWAY, NOBODY, ask

WALKS = [
    (0.355, 2.20),
    (0.447, 2.31),
    (0.693, 2.58),
    (0.983, 2.94),
    (1.207, 3.32),
    (1.431, 3.86),
    (1.654, 4.63),
    (1.878, 5.71),
    (2.101, 7.20),
    (2.347, 9.44),
]
RUNS = [
    (1.833, 6.89),
    (2.034, 7.51),
    (2.280, 8.28),
    (2.526, 9.05),
    (2.749, 9.74),
    (2.995, 10.51),
    (3.129, 10.92),
    (3.353, 11.62),
    (3.576, 12.32),
    (3.845, 13.15),
    (4.023, 13.71),
    (4.470, 15.10),
]
WITHIN = 0.005
M_PER_S_PER_MPH = 0.44704


@pytest.mark.parametrize(("speed", "mets"), WALKS)
def test_a_forward_walk_on_the_level_costs_what_is_specified(speed: float, mets: float) -> None:
    answer = ask(NOBODY, speed, gait="walk")

    assert answer.mets == pytest.approx(mets, rel=WITHIN)
    assert flag_codes(answer.flags) == (["X_WALK_FAST"] if speed > 2 else [])


@pytest.mark.parametrize(("speed", "mets"), RUNS)
def test_a_forward_run_on_the_level_costs_what_is_specified(speed: float, mets: float) -> None:
    assert ask(NOBODY, speed, gait="run").mets == pytest.approx(mets, rel=WITHIN)


@pytest.mark.parametrize(
    ("speed", "grade", "mets", "flags"),
    [(1.431, 3.0, 4.73, []), (1.431, 10.5, 7.78, []), (2.235, 3.0, 9.68, ["X_WALK_FAST"])],
)
def test_a_forward_walk_uphill_costs_what_is_specified(
    speed: float, grade: float, mets: float, flags: list[str]
) -> None:
    answer = ask(NOBODY, speed, grade_percent=grade, gait="walk")

    assert answer.mets == pytest.approx(mets, rel=WITHIN)
    assert flag_codes(answer.flags) == flags


@pytest.mark.parametrize(
    ("speed", "grade", "vo2"), [(1.5646, 0.0, 20.76), (1.5646, 5.0, 28.33), (1.1176, 10.0, 26.16)]
)
def test_a_backward_walk_costs_what_is_specified(speed: float, grade: float, vo2: float) -> None:
    answer = ask(AWAY, speed, grade_percent=grade, gait="walk")

    assert answer.is_backward
    assert answer.vo2_ml_per_kg_per_min == pytest.approx(vo2, rel=WITHIN)


@pytest.mark.parametrize(
    ("speed", "grade", "gait", "ratio"),
    [
        (1.1167, 5.0, "walk", 1.236),
        (1.1167, 7.5, "walk", 1.237),
        (1.1167, 10.0, "walk", 1.237),
        (3.0, 0.0, "run", 1.284),
    ],
)
def test_backward_over_forward_is_the_specified_ratio(
    speed: float, grade: float, gait: str, ratio: float
) -> None:
    backward = ask(AWAY, speed, grade_percent=grade, gait=gait).gross_kcal_per_min
    forward = ask(NOBODY, speed, grade_percent=grade, gait=gait).gross_kcal_per_min

    assert backward / forward == pytest.approx(ratio, rel=WITHIN)


def test_a_raised_deck_under_a_reversed_belt_is_backward_downhill() -> None:
    raised = ask(NOBODY, 1.0, is_reverse=True, grade_percent=5.0, gait="walk")
    level = ask(NOBODY, 1.0, is_reverse=True, gait="walk")
    uphill = ask(AWAY, 1.0, grade_percent=5.0, gait="walk")

    assert raised.power_w_per_kg == pytest.approx(3.635, rel=WITHIN)
    assert raised.effective_grade_percent == -5.0
    assert "X_BACK_DOWN" in flag_codes(raised.flags)
    assert level.power_w_per_kg == pytest.approx(4.394, rel=WITHIN)
    assert uphill.power_w_per_kg == pytest.approx(6.081, rel=WITHIN)


def test_facing_away_on_a_reversed_belt_is_ordinary_forward_gait() -> None:
    answer = ask(AWAY, 1.0, is_reverse=True)
    forward = ask(NOBODY, 1.0)

    assert not answer.is_backward
    assert answer == forward


@pytest.mark.parametrize("is_reverse", [False, True])
def test_standing_costs_the_same_in_either_direction(is_reverse: bool) -> None:  # noqa: FBT001
    wearer = prepare(Wearer(mass_kg=75.0, height_cm=178.0, age_years=30.0, sex="male"))

    answer = ask(wearer, 0.0, is_reverse=is_reverse)

    assert answer.power_w_per_kg == pytest.approx(1.442, rel=WITHIN)
    assert answer.uncertainty_percent == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("wearer", "forward", "backward", "flags"),
    [
        (Wearer(mass_kg=75, height_cm=178, age_years=30, sex="male"), 4.70, 6.06, []),
        (Wearer(mass_kg=62, height_cm=165, age_years=30, sex="female"), 4.01, 5.22, []),
        (Wearer(mass_kg=95, height_cm=180, age_years=55, sex="male"), 5.57, 7.28, []),
        (Wearer(mass_kg=55, height_cm=158, age_years=68, sex="female"), 3.52, 4.64, ["X_BODY"]),
    ],
)
def test_a_body_spends_what_is_specified(
    wearer: Wearer, forward: float, backward: float, flags: list[str]
) -> None:
    coefficients = prepare(wearer)
    ahead = ask(coefficients, 1.34)
    back = ask(coefficients, 1.34, is_reverse=True)

    assert ahead.gross_kcal_per_min == pytest.approx(forward, rel=WITHIN)
    assert back.gross_kcal_per_min == pytest.approx(backward, rel=WITHIN)
    assert flag_codes(back.flags) == flags


@pytest.mark.parametrize(("speed", "gait", "kcal"), [(1.41, "walk", 87.94), (2.82, "run", 137.28)])
def test_acsm_gives_the_energy_of_a_mile(speed: float, gait: str, kcal: float) -> None:
    answer = ask(prepare(Wearer(mass_kg=80.0, model="acsm")), speed, gait=gait)
    minutes = 1600.0 / speed / 60.0
    litres = answer.vo2_ml_per_kg_per_min * 80.0 / 1000.0 * minutes

    assert litres * 4.86 == pytest.approx(kcal, rel=WITHIN)
    assert answer.model_version == "acsm"


@pytest.mark.parametrize(
    ("mph", "grade", "gait", "mets"),
    [
        (7.0, 0.0, "run", 11.7),
        (2.0, 0.0, "walk", 2.53),
        (3.0, 0.0, "walk", 3.30),
        (3.0, 5.0, "walk", 5.36),
        (3.5, 0.0, "walk", 3.68),
        (3.5, 5.0, "walk", 6.09),
        (2.5, 10.0, "walk", 6.36),
        (5.0, 0.0, "run", 8.66),
        (6.0, 5.0, "run", 12.26),
        (10.0, 0.0, "run", 16.31),
    ],
)
def test_acsm_gives_the_figures_of_its_equations(
    mph: float, grade: float, gait: str, mets: float
) -> None:
    answer = ask(
        prepare(Wearer(model="acsm")), mph * M_PER_S_PER_MPH, grade_percent=grade, gait=gait
    )

    assert answer.mets == pytest.approx(mets, rel=WITHIN)


# --- What was published: the model must be within two of its own SD ------------------------------
COMPENDIUM_WALKS = [2.1, 2.3, 2.8, 3.0, 3.5, 3.8, 4.8, 5.8, 6.8]
COMPENDIUM_RUNS = [6.5, 7.8, 8.5, 9.0, 9.3, 10.5, 11.0, 11.8, 12.0, 12.5, 13.0, 14.8]


def _agrees(model: float, published: float, uncertainty_percent: float) -> bool:
    return abs(log(model / published)) <= 2.0 * uncertainty_percent / 100.0


@pytest.mark.parametrize(
    ("coefficients", "speed", "grade", "gait", "published"),
    [
        *(
            (NOBODY, speed, 0.0, "walk", mets)
            for (speed, _), mets in zip(WALKS, COMPENDIUM_WALKS, strict=False)
        ),
        *(
            (NOBODY, speed, 0.0, "run", mets)
            for (speed, _), mets in zip(RUNS, COMPENDIUM_RUNS, strict=True)
        ),
        (AWAY, 3.5 * M_PER_S_PER_MPH, 0.0, "walk", 6.0),
        (AWAY, 3.5 * M_PER_S_PER_MPH, 5.0, "walk", 7.8),
        (AWAY, 2.5 * M_PER_S_PER_MPH, 10.0, "walk", 7.8),
    ],
)
def test_the_compendium_of_2024_is_within_two_sd(
    coefficients: Coefficients, speed: float, grade: float, gait: str, published: float
) -> None:
    answer = ask(coefficients, speed, grade_percent=grade, gait=gait)

    assert _agrees(answer.mets, published, answer.uncertainty_percent)


@pytest.mark.parametrize(
    ("study", "speed", "grade", "gait", "ratio"),
    [
        ("Hooper 2004", 1.1167, 5.0, "walk", 1.17),
        ("Hooper 2004", 1.1167, 10.0, "walk", 1.20),
        ("Wright and Weyand 2001", 3.0, 0.0, "run", 1.35),
        ("Rasica 2020", 1.1167, 0.0, "walk", 1.35),
        ("Rasica 2020", 1.1167, 5.0, "walk", 1.35),
        ("Rasica 2020", 1.1167, 10.0, "walk", 1.35),
    ],
)
def test_measured_ratios_are_within_two_sd(
    study: str, speed: float, grade: float, gait: str, ratio: float
) -> None:
    backward = ask(AWAY, speed, grade_percent=grade, gait=gait)
    forward = ask(NOBODY, speed, grade_percent=grade, gait=gait)

    assert _agrees(backward.mets / forward.mets, ratio, backward.uncertainty_percent), study


def test_backward_walk_and_run_cost_the_same_where_hreljac_measured_it() -> None:
    def difference(speed: float) -> float:
        walk = ask(AWAY, speed, gait="walk").power_w_per_kg
        return walk - ask(AWAY, speed, gait="run").power_w_per_kg

    assert difference(1.85 - 0.09) < 0.0 < difference(1.85 + 0.09)
    assert abs(difference(1.85)) < 0.05


def test_it_never_says_that_backward_burns_twice_as_much() -> None:
    ratios = {
        speed: ask(NOBODY, speed / 100, is_reverse=True).gross_kcal_per_min
        / ask(NOBODY, speed / 100).gross_kcal_per_min
        for speed in range(10, 451)
    }

    assert min(ratios.values()) > 1.0
    # The most is where backward one may already run and forward one still walks.
    assert max(ratios.values()) < 1.7
    assert 163 < max(ratios, key=ratios.__getitem__) < 190
