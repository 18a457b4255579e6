"""Members, their profile, claims and advice as the API says and takes them."""

from functools import cache
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictFloat, StrictInt

from backstride_gateway.api.models import Strict, UtcTime, utc, utc_or_none
from backstride_gateway.api.texts import Key, Name
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.fitness import EffectiveVo2max
from backstride_gateway.domain.members import Member, Profile
from backstride_shared.claims import Purpose
from backstride_shared.energy import (
    advised_max_speed_m_per_s,
    practice_sentence,
    practice_tier,
)
from backstride_shared.energy.wearer import PLAUSIBLE
from backstride_shared.identity import ID_PATTERN, TreadmillKey, gym_id_of, treadmill_id_of

_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})
"""Files beside those of the zones: no place has them, and each machine means another by them."""


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_ZONES


def _known_time_zone(name: str) -> str:
    if name not in _time_zones():
        message = "must be an IANA time zone such as Europe/Berlin"
        raise ValueError(message)
    return name


TimeZoneName = Annotated[
    str,
    AfterValidator(_known_time_zone),
    Field(max_length=64, description="IANA time zone", examples=["Europe/Berlin"]),
]


def _range(name: str) -> tuple[float, float, str]:
    low, high, unit = PLAUSIBLE[name]
    return low, high, f"{low:g} to {high:g} {unit}; null: unknown"


_MASS = _range("mass_kg")
_HEIGHT = _range("height_cm")
_RESTING = _range("resting_heart_rate_bpm")
_HIGHEST = _range("max_heart_rate_bpm")
_VO2MAX = _range("vo2max_ml_per_kg_per_min")
_AGE = _range("age_years")


class ProfileBody(Strict):
    """What a member tells about themselves; everything about the body may be unknown."""

    display_name: Name
    mass_kg: StrictFloat | None = Field(None, ge=_MASS[0], le=_MASS[1], description=_MASS[2])
    height_cm: StrictFloat | None = Field(
        None, ge=_HEIGHT[0], le=_HEIGHT[1], description=_HEIGHT[2]
    )
    birth_year: StrictInt | None = Field(
        None, ge=1880, le=2200, description=f"Of an age of {_AGE[0]:g} to {_AGE[1]:g} years"
    )
    sex: Literal["male", "female"] | None = Field(
        None, description="For the resting rate (Mifflin-St Jeor); null: the mean of both"
    )
    facing: Literal["console", "away"] = Field(
        "console", description="Which way the member stands on the belt"
    )
    resting_heart_rate_bpm: StrictFloat | None = Field(
        None, ge=_RESTING[0], le=_RESTING[1], description=_RESTING[2]
    )
    max_heart_rate_bpm: StrictFloat | None = Field(
        None, ge=_HIGHEST[0], le=_HIGHEST[1], description=_HIGHEST[2]
    )
    vo2max_ml_per_kg_per_min: StrictFloat | None = Field(
        None, ge=_VO2MAX[0], le=_VO2MAX[1], description=f"Measured; {_VO2MAX[2]}"
    )
    has_beta_blocker: StrictBool = Field(
        default=False, description="Heart rate then tells nothing about effort"
    )
    energy_model: Literal["backstride-1", "acsm"] = Field(
        "backstride-1", description="acsm: the figures of older consoles, forward only"
    )
    time_zone: TimeZoneName = "UTC"
    is_name_shown: StrictBool = Field(
        default=False, description="Consent: the operators of the gym see the name"
    )
    is_calibration_allowed: StrictBool = Field(
        default=True, description="Consent: VO2max is calibrated from one's own steady walks"
    )
    is_heart_rate_used: StrictBool = Field(
        default=True, description="Consent: the heart rate takes part in the calories"
    )
    is_counted_in_statistics: StrictBool = Field(
        default=False,
        description="Consent: what is done counts in the sums of the gym, without a name",
    )
    units: Literal["metric", "imperial"] = Field("metric", description="For display")

    def profile(self) -> Profile:
        """Return the profile."""
        return Profile(**{name: getattr(self, name) for name in ProfileBody.model_fields})


class NewMemberBody(ProfileBody):
    """A new member of a gym."""

    gym_id: Annotated[str, Field(pattern=f"^{ID_PATTERN}$", examples=["demo"])]
    member_number: Annotated[
        str,
        Field(min_length=1, max_length=32, pattern="^[A-Za-z0-9-]+$", description="For consoles"),
    ]


class MemberView(ProfileBody):
    """A member and their profile."""

    member_id: str
    gym_id: str
    member_number: str
    is_demo: bool = Field(description="Simulated, of the demonstration")
    created_at: UtcTime

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        """Return a member as the API tells it."""
        profile = member.profile
        # not checked again: what is stored was accepted by the rules of its day
        return cls.model_construct(
            member_id=member.member_id,
            gym_id=member.gym_id,
            member_number=member.member_number,
            is_demo=member.is_demo,
            created_at=utc(member.created_at_ms),
            **{name: getattr(profile, name) for name in ProfileBody.model_fields},
        )


class Practice(BaseModel):
    """How much backward gait a member has on record, and the advice that goes with it.

    Advice, never control: nothing here moves a belt.
    """

    lifetime_backward_minutes: float
    tier: int
    advised_max_speed_m_per_s: float = Field(description="Backward")
    sentence: str

    @classmethod
    def of(cls, backward_minutes: float) -> "Practice":
        """Return the advice for a lifetime of backward minutes."""
        return cls(
            lifetime_backward_minutes=backward_minutes,
            tier=practice_tier(backward_minutes).number,
            advised_max_speed_m_per_s=advised_max_speed_m_per_s(backward_minutes, None),
            sentence=practice_sentence(backward_minutes),
        )


class Fitness(BaseModel):
    """The VO2max that counts where a heart rate comes with the readings."""

    vo2max_ml_per_kg_per_min: float | None = Field(
        description="null: the heart rate is left alone; `reason` tells why"
    )
    source: Literal["measured", "calibrated", "estimated"] | None = Field(
        description="calibrated: from steady forward walks of the last 90 days"
    )
    reason: str = Field(examples=["the mean of 3 steady forward bouts"])

    @classmethod
    def of(cls, found: EffectiveVo2max) -> "Fitness":
        """Return the VO2max as the API tells it."""
        return cls(
            vo2max_ml_per_kg_per_min=found.vo2max_ml_per_kg_per_min,
            source=found.source,
            reason=found.reason,
        )


class MemberDetail(MemberView):
    """A member with their practice and fitness."""

    practice: Practice
    effective_vo2max: Fitness | None = Field(description="null: not shown to operators")

    @classmethod
    def of_member(
        cls, member: Member, backward_minutes: float, vo2max: EffectiveVo2max | None
    ) -> "MemberDetail":
        """Return a member with the practice on record and the VO2max that counts."""
        return cls.model_construct(
            **dict(MemberView.of(member)),
            practice=Practice.of(backward_minutes),
            effective_vo2max=None if vo2max is None else Fitness.of(vo2max),
        )


class MemberList(BaseModel):
    """One page of members, in the order of their ids."""

    members: list[MemberView]
    next_cursor: str | None = Field(description="Ask with it for more; null: there are no more")


class ClaimBody(Strict):
    """Who claims a treadmill, and what for."""

    member_id: Key
    purpose: Purpose | None = None
    precautions_version: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(
        default=None, description="The precautions that the member accepts with it"
    )


class ReleaseBody(Strict):
    """Whose claim ends; without a member: whoever holds the treadmill."""

    member_id: Key | None = None


class ClaimAnswer(BaseModel):
    """A claim: durable, and on its way into the treadmill's log."""

    claim_id: str
    member_id: str
    gym_id: str
    treadmill_id: str
    claimed_at: UtcTime
    released_at: UtcTime | None
    purpose: str | None
    precautions_due: bool = Field(
        description="The member has not accepted the current precautions; it hinders nothing"
    )

    @classmethod
    def of(cls, claim: StoredClaim, *, precautions_due: bool) -> "ClaimAnswer":
        """Return a claim as the API tells it."""
        key = TreadmillKey(claim.treadmill)
        return cls(
            claim_id=claim.claim_id,
            member_id=claim.member_id,
            gym_id=gym_id_of(key),
            treadmill_id=treadmill_id_of(key),
            claimed_at=utc(claim.claimed_at_ms),
            released_at=utc_or_none(claim.released_at_ms),
            purpose=claim.purpose,
            precautions_due=precautions_due,
        )
