"""Routes of the gyms that a member is of: listed, joined by a code, left."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from backstride_gateway.api.access import WithAccountId, WithCaller, address_of, signed_in
from backstride_gateway.api.account_models import Code, Identifier
from backstride_gateway.api.models import Strict, UtcTime, utc
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError
from backstride_gateway.api.services import Services, WithServices
from backstride_gateway.domain.members import GymMembership

_PROBLEM: Final[dict[str, Any]] = {"model": Problem}

router = APIRouter(
    prefix="/v1/account/gyms",
    tags=["accounts"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: _PROBLEM, 403: _PROBLEM, 409: _PROBLEM},
)


class JoinGymBody(Strict):
    """The code of another gym, or an invitation to it."""

    code: Code


class MembershipView(BaseModel):
    """A gym that the caller is a member of."""

    gym_id: str
    gym_name: str
    member_number: str = Field(description="Keyed in at the consoles of this gym")
    joined_at: UtcTime
    is_first: bool = Field(description="Its staff help with a forgotten password")


class MembershipList(BaseModel):
    """All gyms that the caller is a member of, the first one first."""

    gyms: list[MembershipView]


def _training(account_id: WithAccountId, caller: WithCaller) -> str:  # noqa: ARG001  no tokens
    if caller.member_id is None:
        raise NotAllowedError("for members")
    return caller.member_id


OwnMemberId = Annotated[str, Depends(_training)]


@router.get("")
def list_memberships(member_id: OwnMemberId, services: WithServices) -> MembershipList:
    """Return the gyms that the caller is a member of."""
    member = services.membership.get(member_id)
    return MembershipList(gyms=[_view(services, one, member.gym_id) for one in member.memberships])


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses={
        200: {"model": MembershipView, "description": "The caller is of this gym already"},
        429: _PROBLEM,
    },
)
def join_gym(
    member_id: OwnMemberId,
    body: JoinGymBody,
    request: Request,
    response: Response,
    services: WithServices,
) -> MembershipView:
    """Become a member of another gym too: its treadmills can be claimed, the past stays one's own.

    Its operators see what is done there, and the name only with `is_name_shown`.
    """
    membership, is_new = services.joining.join_gym(member_id, body.code, address_of(request))
    if not is_new:
        response.status_code = HTTPStatus.OK
    return _view(services, membership, services.membership.get(member_id).gym_id)


@router.delete("/{gym_id}", status_code=HTTPStatus.NO_CONTENT, responses={404: _PROBLEM})
def leave_gym(member_id: OwnMemberId, gym_id: Identifier, services: WithServices) -> None:
    """Leave a gym, and what is held there: its operators see nothing of the caller any more.

    The last one stays.
    """
    services.joining.leave_gym(member_id, gym_id)
    # after it: from then on nothing of this gym can be claimed
    services.claiming.release_all(member_id, gym_id)


def _view(services: Services, membership: GymMembership, first_gym_id: str) -> MembershipView:
    return MembershipView(
        gym_id=membership.gym_id,
        gym_name=services.gyms.get(membership.gym_id).name,
        member_number=membership.member_number,
        joined_at=utc(membership.joined_at_ms),
        is_first=membership.gym_id == first_gym_id,
    )
