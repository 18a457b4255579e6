"""Every flag and every addition to the uncertainty: there, and absent beside its threshold."""

from math import sqrt

import pytest

from backstride_shared.energy import (
    FLAGS,
    Coefficients,
    Wearer,
    flag_codes,
    flag_sentences,
    prepare,
)
from tests.unit.shared.energy.readings import AWAY, NOBODY, Reading, ask, run, steady

BODY = {"mass_kg": 75.0, "height_cm": 178.0, "sex": "male"}
ACSM = prepare(Wearer(model="acsm"))


def _body(**values: object) -> Coefficients:
    return prepare(Wearer(**{**BODY, "age_years": 40.0, **values}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "raised", "absent"),
    [
        ("X_BACK_SLOW", (AWAY, 0.889, {}), (AWAY, 0.89, {})),
        ("X_BACK_SLOW", (AWAY, 0.889, {}), (NOBODY, 0.889, {})),
        ("X_BACK_FAST", (AWAY, 3.501, {}), (AWAY, 3.5, {})),
        ("X_BACK_FAST", (AWAY, 3.501, {}), (NOBODY, 3.501, {})),
        ("X_BACK_DOWN", (AWAY, 1.0, {"grade_percent": -0.1}), (AWAY, 1.0, {})),
        (
            "X_BACK_DOWN",
            (NOBODY, 1.0, {"is_reverse": True, "grade_percent": 0.1}),
            (NOBODY, 1.0, {"grade_percent": -0.1}),
        ),
        (
            "X_BACK_STEEP",
            (AWAY, 1.0, {"grade_percent": 12.6}),
            (AWAY, 1.0, {"grade_percent": 12.5}),
        ),
        (
            "X_BACK_STEEP",
            (AWAY, 2.0, {"grade_percent": 25.1}),
            (AWAY, 2.0, {"grade_percent": 25.0}),
        ),
        ("X_WALK_FAST", (NOBODY, 1.97, {}), (NOBODY, 1.96, {})),
        ("X_WALK_FAST", (NOBODY, 1.97, {}), (NOBODY, 1.97, {"gait": "run"})),
        ("X_GAIT", (NOBODY, 1.91, {}), (NOBODY, 1.90, {})),
        ("X_GAIT", (NOBODY, 2.19, {}), (NOBODY, 2.20, {})),
        ("X_GAIT", (AWAY, 1.46, {}), (AWAY, 1.45, {})),
        ("X_GAIT", (AWAY, 1.80, {}), (AWAY, 1.81, {})),
        ("X_GAIT", (AWAY, 1.80, {}), (AWAY, 1.80, {"gait": "walk"})),
        (
            "X_GRADE",
            (NOBODY, 1.0, {"grade_percent": -40.1}),
            (NOBODY, 1.0, {"grade_percent": -40.0}),
        ),
        (
            "X_GRADE",
            (NOBODY, 1.0, {"grade_percent": 45.1}),
            (NOBODY, 1.0, {"grade_percent": 45.0}),
        ),
        (
            "X_GRADE",
            (NOBODY, 3.0, {"grade_percent": -45.1}),
            (NOBODY, 3.0, {"grade_percent": -45.0}),
        ),
        ("X_GRADE", (AWAY, 1.0, {"grade_percent": -40.1}), (AWAY, 1.0, {"grade_percent": -40.0})),
        ("X_GRADE", (AWAY, 3.0, {"grade_percent": 45.1}), (AWAY, 3.0, {"grade_percent": 45.0})),
        ("X_BODY", (_body(age_years=60.1), 1.0, {}), (_body(age_years=60.0), 1.0, {})),
        ("X_BODY", (_body(age_years=17.9), 1.0, {}), (_body(age_years=18.0), 1.0, {})),
        ("X_BODY", (_body(mass_kg=111.0), 1.0, {}), (_body(mass_kg=110.8), 1.0, {})),
        ("X_HANDS", (AWAY, 1.0, {"hands": None}), (AWAY, 1.0, {"hands": "free"})),
        ("X_HANDS", (NOBODY, 1.0, {"hands": "rest"}), (NOBODY, 1.0, {"hands": None})),
        ("X_HANDS", (NOBODY, 1.0, {"hands": "grip"}), (NOBODY, 1.0, {"hands": "free"})),
        ("X_RAMP", (NOBODY, 1.0, {"steady_s": 119.9}), (NOBODY, 1.0, {"steady_s": 120.0})),
        ("X_RAMP", (NOBODY, 1.0, {"steady_s": 119.9}), (NOBODY, 0.0, {"steady_s": 119.9})),
    ],
)
def test_a_flag_is_raised_and_is_absent_just_beside_its_threshold(
    code: str,
    raised: tuple[Coefficients, float, dict[str, object]],
    absent: tuple[Coefficients, float, dict[str, object]],
) -> None:
    there = ask(raised[0], raised[1], **raised[2])
    beside = ask(absent[0], absent[1], **absent[2])

    assert code in flag_codes(there.flags)
    assert code not in flag_codes(beside.flags)


def test_backward_in_an_acsm_session_is_counted_by_our_model_and_says_so() -> None:
    _, (backward, forward) = run(
        ACSM, [Reading(0, is_reverse=True), Reading(1000, is_reverse=False)]
    )
    _, (ours,) = run(NOBODY, [Reading(0, is_reverse=True)])

    assert "X_MODEL" in flag_codes(backward[3])
    assert backward[0] == ours[0]
    assert "X_MODEL" not in flag_codes(forward[3])


def test_the_stream_raises_the_ramp_for_two_minutes_after_a_change_of_speed() -> None:
    readings = [
        *steady(130, Reading(0, 1.2)),
        *steady(130, Reading(0, 1.4), from_ms=131_000),
    ]

    _, points = run(NOBODY, readings)

    ramp = [
        reading.measured_at_ms
        for reading, point in zip(readings, points, strict=True)
        if "X_RAMP" in flag_codes(point[3])
    ]
    assert ramp == [*range(0, 120_000, 1000), *range(131_000, 251_000, 1000)]


def test_every_flag_has_its_own_bit_and_one_sentence() -> None:
    every = (1 << len(FLAGS)) - 1

    assert [flag.bit for flag in FLAGS] == [1 << index for index in range(len(FLAGS))]
    assert flag_codes(every) == [flag.code for flag in FLAGS]
    assert all(
        sentence.endswith(".") and "\n" not in sentence for sentence in flag_sentences(every)
    )
    assert len({*flag_sentences(every)}) == len(FLAGS)


@pytest.mark.parametrize(
    ("coefficients", "speed", "values", "parts"),
    [
        (NOBODY, 0.0, {}, [12]),
        (NOBODY, 1.0, {}, [10]),
        (NOBODY, 3.0, {}, [9]),
        (AWAY, 1.0, {}, [18]),
        (AWAY, 3.0, {}, [17]),
        (NOBODY, 1.0, {"grade_percent": 1.0}, [10, 8]),
        (AWAY, 1.0, {"grade_percent": 1.0}, [18, 8]),
        (NOBODY, 1.0, {"grade_percent": -1.0}, [10, 15]),
        (AWAY, 1.0, {"grade_percent": -1.0}, [18, 30]),
        (NOBODY, 2.05, {}, [9.5, 12]),
        (AWAY, 1.63, {}, [17.5, 12]),
        (AWAY, 0.88, {}, [18, 17]),
        (AWAY, 3.6, {}, [17, 25]),
        (NOBODY, 0.29, {}, [10, 10]),
        (NOBODY, 0.30, {}, [10]),
        (NOBODY, 4.6, {}, [9, 10]),
        (NOBODY, 4.5, {}, [9]),
        (NOBODY, 1.0, {"hands": "rest"}, [10, 10]),
        (AWAY, 1.0, {"hands": "grip"}, [18, 10]),
        (AWAY, 1.0, {"hands": None}, [18, 10]),
        (NOBODY, 1.0, {"hands": None}, [10]),
        (_body(age_years=61.0), 1.0, {}, [10, 10]),
        (prepare(Wearer(backward_minutes=59.0)), 1.0, {"is_reverse": True}, [18, 8]),
        (prepare(Wearer(backward_minutes=60.0)), 1.0, {"is_reverse": True}, [18]),
        (prepare(Wearer(backward_minutes=59.0)), 1.0, {}, [10]),
    ],
)
def test_the_uncertainty_is_its_parts_in_quadrature(
    coefficients: Coefficients, speed: float, values: dict[str, object], parts: list[float]
) -> None:
    expected = sqrt(sum(part**2 for part in parts))

    assert ask(coefficients, speed, **values).uncertainty_percent == pytest.approx(expected)
