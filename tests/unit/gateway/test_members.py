from backstride_gateway.domain.members import Profile, profile_problems, wearer_of
from backstride_gateway.membership import DEMO_PROFILES
from backstride_shared.energy import validate_wearer


def test_a_claim_freezes_body_data_age_and_practice() -> None:
    profile = Profile(
        display_name="Ada", mass_kg=62.0, height_cm=165.0, birth_year=1996, sex="female"
    )
    wearer = wearer_of(profile, 2026, 42.0)
    assert (wearer.mass_kg, wearer.height_cm, wearer.age_years) == (62.0, 165.0, 30.0)
    assert wearer.sex == "female"
    assert wearer.backward_minutes == 42.0


def test_what_is_unknown_stays_unknown() -> None:
    wearer = wearer_of(Profile(display_name="Somebody"), 2026, 0.0)
    assert (wearer.mass_kg, wearer.height_cm, wearer.age_years, wearer.sex) == (None,) * 4


def test_an_age_that_nobody_has_is_told_by_the_year_of_birth() -> None:
    (problem,) = profile_problems(Profile(display_name="x", birth_year=2025), 2026)
    assert problem.startswith("the age from birth_year must be")


def test_every_problem_is_told_at_once() -> None:
    profile = Profile(
        display_name="x",
        mass_kg=1.0,
        height_cm=300.0,
        resting_heart_rate_bpm=100.0,
        max_heart_rate_bpm=90.0,
    )
    assert len(profile_problems(profile, 2026)) == 3


def test_the_members_of_the_demonstration_are_people() -> None:
    for profile in DEMO_PROFILES.values():
        validate_wearer(wearer_of(profile, 2026, 0.0))
    assert len({profile.mass_kg for profile in DEMO_PROFILES.values()}) == len(DEMO_PROFILES)
