"""Routes of a member's body mass over time, and of the precautions."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictFloat

from backstride_gateway.api.access import ChangeableMember, signed_in
from backstride_gateway.api.models import Strict, UtcTime, utc
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.services import WithServices
from backstride_gateway.api.texts import Day
from backstride_gateway.domain.masses import MassEntry
from backstride_gateway.domain.precautions import VERSION
from backstride_shared.energy.wearer import PLAUSIBLE

_PROBLEM: Final[dict[str, Any]] = {"model": Problem}
_LOW, _HIGH, _UNIT = PLAUSIBLE["mass_kg"]

router = APIRouter(
    prefix="/v1/members",
    tags=["members"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: _PROBLEM, 403: _PROBLEM, 404: _PROBLEM},
)

MassKg = Annotated[
    StrictFloat, Field(ge=_LOW, le=_HIGH, description=f"{_LOW:g} to {_HIGH:g} {_UNIT}")
]


class MassBody(Strict):
    """A body mass, from a day on."""

    mass_kg: MassKg
    valid_from_on: Annotated[Day, Field(ge=date(1900, 1, 1))] | None = Field(
        default=None, description="On the member's calendar, today at the latest; null: today"
    )


class MassView(BaseModel):
    """A body mass from a local day on, until the next one."""

    valid_from_on: date
    mass_kg: float | None = Field(description="null: unknown from then on")


class MassList(BaseModel):
    """All masses of a member by day; a claim counts with the one valid on its day."""

    masses: list[MassView]

    @classmethod
    def of(cls, entries: list[MassEntry]) -> "MassList":
        """Return a history as the API tells it."""
        return cls(
            masses=[
                MassView(valid_from_on=entry.valid_from_on, mass_kg=entry.mass_kg)
                for entry in entries
            ]
        )


class PrecautionView(BaseModel):
    """One precaution: a code that stays, a sentence for people."""

    code: str
    sentence: str


class AcceptedView(BaseModel):
    """A version that was accepted."""

    version: str
    accepted_at: UtcTime


class Precautions(BaseModel):
    """What a member should know before going backward: by practice, age and heart rate."""

    version: str = Field(description="Of the text that is to be accepted")
    is_due: bool = Field(description="This version was not accepted yet")
    precautions: list[PrecautionView]
    programme: list[str] = Field(description="A slow start, one sentence for each week")
    accepted: list[AcceptedView] = Field(description="All that was accepted, the latest first")


class AcceptBody(Strict):
    """Which precautions are accepted."""

    version: Annotated[str, Field(min_length=1, max_length=16)]


@router.get("/{member_id}/masses")
def list_masses(member: ChangeableMember, services: WithServices) -> MassList:
    """Return a member's body mass over time."""
    return MassList.of(services.member_body.masses(member))


@router.post("/{member_id}/masses", status_code=HTTPStatus.CREATED)
def note_mass(member: ChangeableMember, body: MassBody, services: WithServices) -> MassList:
    """Note a body mass from a day on, in place of one of the same day.

    Claims made from then on count with it; what is past keeps what its claim has frozen, and is
    set right by a correction of the session.
    """
    return MassList.of(services.member_body.note_mass(member, body.mass_kg, body.valid_from_on))


@router.delete("/{member_id}/masses/{valid_from_on}")
def forget_mass(member: ChangeableMember, valid_from_on: Day, services: WithServices) -> MassList:
    """Take an entry out of the history; the one before holds on."""
    return MassList.of(services.member_body.forget_mass(member, valid_from_on))


@router.get("/{member_id}/precautions")
def get_precautions(member: ChangeableMember, services: WithServices) -> Precautions:
    """Return the precautions that fit the member now; advice, never control."""
    found, programme = services.member_body.precautions(member)
    accepted = services.member_body.accepted(member.member_id)
    return Precautions(
        version=VERSION,
        is_due=services.member_body.is_due(member.member_id),
        precautions=[PrecautionView(code=one.code, sentence=one.sentence) for one in found],
        programme=programme,
        accepted=[
            AcceptedView(version=one.version, accepted_at=utc(one.accepted_at_ms))
            for one in accepted
        ],
    )


@router.post("/{member_id}/precautions", responses={409: _PROBLEM})
def accept_precautions(
    member: ChangeableMember, body: AcceptBody, services: WithServices
) -> Precautions:
    """Accept the precautions; version and time are kept."""
    services.member_body.accept(member.member_id, body.version)
    return get_precautions(member, services)
