"""Body data: what is plausible, and that the model goes on without what is not."""

import msgspec
import pytest

from backstride_shared.energy import ImplausibleWearerError, Wearer, prepare, validate_wearer
from tests.unit.shared.energy.readings import ADULT, RUNNER


@pytest.mark.parametrize("wearer", [Wearer(), ADULT, RUNNER])
def test_a_person_is_accepted(wearer: Wearer) -> None:
    validate_wearer(wearer)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"mass_kg": 19.9}, "mass_kg must be 20 to 350 kg, not 19.9"),
        ({"mass_kg": float("nan")}, "mass_kg must be 20 to 350 kg, not nan"),
        ({"height_cm": 1.78}, "height_cm must be 100 to 250 cm, not 1.78"),
        ({"age_years": 0.0}, "age_years must be 5 to 115 years, not 0"),
        ({"backward_minutes": -1.0}, "backward_minutes must be 0 to 1e+07 minutes, not -1"),
        ({"vo2max_ml_per_kg_per_min": 101.0}, "vo2max_ml_per_kg_per_min must be 10 to 100"),
        (
            {"resting_heart_rate_bpm": 90.0, "max_heart_rate_bpm": 85.0},
            "max_heart_rate_bpm must be above resting_heart_rate_bpm",
        ),
    ],
)
def test_what_no_person_has_is_refused_in_words(changes: dict[str, float], problem: str) -> None:
    with pytest.raises(ImplausibleWearerError, match=problem.replace("+", r"\+")):
        validate_wearer(msgspec.structs.replace(ADULT, **changes))


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ImplausibleWearerError) as caught:
        validate_wearer(Wearer(mass_kg=1.0, height_cm=1.0, age_years=1.0))

    assert len(caught.value.problems) == 3


def test_the_model_goes_on_without_what_no_person_has() -> None:
    assert prepare(Wearer(mass_kg=0.0, height_cm=float("inf"), age_years=-3.0)) == prepare(None)
    broken = msgspec.structs.replace(RUNNER, max_heart_rate_bpm=50.0)
    assert prepare(broken).mass_kg == 75.0
    assert (
        prepare(
            msgspec.structs.replace(RUNNER, resting_heart_rate_bpm=90.0, max_heart_rate_bpm=85.0)
        ).heart_rate
        is None
    )


def test_a_claim_of_a_later_release_can_be_read_and_unknown_values_take_no_room() -> None:
    later = b'{"mass_kg": 75.0, "facing": "away", "shoe_size": 43}'

    assert msgspec.json.decode(later, type=Wearer) == Wearer(mass_kg=75.0, facing="away")
    assert msgspec.json.encode(Wearer(mass_kg=75.0)) == b'{"mass_kg":75.0}'
