"""Members: their profile, what of it is plausible, and the body data that a claim freezes."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final, Literal

from backstride_shared.energy import ImplausibleWearerError, Wearer, validate_wearer

MAX_LIFETIME_BACKWARD_MINUTES: Final = 10_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a member tells about themselves; everything about the body may be unknown."""

    display_name: str
    mass_kg: float | None = None
    height_cm: float | None = None
    birth_year: int | None = None
    sex: Literal["male", "female"] | None = None
    facing: Literal["console", "away"] = "console"
    resting_heart_rate_bpm: float | None = None
    max_heart_rate_bpm: float | None = None
    vo2max_ml_per_kg_per_min: float | None = None
    has_beta_blocker: bool = False
    energy_model: Literal["backstride-1", "acsm"] = "backstride-1"
    time_zone: str = "UTC"
    # consent: the staff of the gym see the name
    is_name_shown: bool = False
    # consent: fitness is calibrated from the member's own steady walks
    is_calibration_allowed: bool = True
    # consent: the heart rate takes part in the calories
    is_heart_rate_used: bool = True
    # consent: counted, without a name, in the statistics of the gym
    is_counted_in_statistics: bool = False
    # for display; everything inside is SI
    units: Literal["metric", "imperial"] = "metric"


@dataclass(frozen=True, slots=True)
class GymMembership:
    """That somebody is a member of a gym; `member_number` is what they key in at its consoles."""

    gym_id: str
    member_number: str
    joined_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member: of the first of their gyms, and of others where they joined more.

    `joined_at_ms` is when they joined the first one; None: when they were created.
    """

    member_id: str
    gym_id: str
    member_number: str
    is_demo: bool
    created_at_ms: int
    profile: Profile
    joined_at_ms: int | None = None
    other_gyms: tuple[GymMembership, ...] = ()

    @property
    def memberships(self) -> tuple[GymMembership, ...]:
        """All gyms of the member, the first one first."""
        joined_at_ms = self.created_at_ms if self.joined_at_ms is None else self.joined_at_ms
        first = GymMembership(self.gym_id, self.member_number, joined_at_ms)
        return (first, *self.other_gyms)

    @property
    def gym_ids(self) -> frozenset[str]:
        """The ids of all gyms of the member."""
        return frozenset(membership.gym_id for membership in self.memberships)

    def seen_from(self, gym_id: str | None) -> "Member":
        """Return the member as one of their gyms knows them: its number, and no other gym."""
        for membership in self.memberships:
            if membership.gym_id == gym_id:
                return replace(
                    self,
                    gym_id=membership.gym_id,
                    member_number=membership.member_number,
                    created_at_ms=membership.joined_at_ms,
                    other_gyms=(),
                )
        return self


def version_of(profile: Profile) -> str:
    """Return a name of exactly this profile, for whoever changes what they have read."""
    return hashlib.sha256(repr(profile).encode()).hexdigest()[:32]


def wearer_of(profile: Profile, year: int, backward_minutes: float) -> Wearer:
    """Return the body data as a claim freezes them, in `year`, after `backward_minutes`.

    Without consent to the use of the heart rate, the claim knows nothing of the heart.
    """
    if not profile.is_heart_rate_used:
        profile = replace(
            profile,
            resting_heart_rate_bpm=None,
            max_heart_rate_bpm=None,
            vo2max_ml_per_kg_per_min=None,
        )
    return Wearer(
        mass_kg=profile.mass_kg,
        height_cm=profile.height_cm,
        age_years=None if profile.birth_year is None else float(year - profile.birth_year),
        sex=profile.sex,
        facing=profile.facing,
        backward_minutes=min(backward_minutes, MAX_LIFETIME_BACKWARD_MINUTES),
        resting_heart_rate_bpm=profile.resting_heart_rate_bpm,
        max_heart_rate_bpm=profile.max_heart_rate_bpm,
        vo2max_ml_per_kg_per_min=profile.vo2max_ml_per_kg_per_min,
        vo2max_source=None if profile.vo2max_ml_per_kg_per_min is None else "measured",
        has_beta_blocker=profile.has_beta_blocker,
        model=profile.energy_model,
    )


def profile_problems(profile: Profile, year: int) -> tuple[str, ...]:
    """Return one sentence for each value that no person has in `year`; empty when all is well."""
    try:
        # whatever is used of it, all that is told must be plausible
        validate_wearer(wearer_of(replace(profile, is_heart_rate_used=True), year, 0.0))
    except ImplausibleWearerError as error:
        return tuple(
            problem.replace("age_years", "the age from birth_year") for problem in error.problems
        )
    return ()
