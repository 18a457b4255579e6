"""Routes of the treadmills: what they do now, claim and release."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from backstride_gateway.api.access import (
    ClaimableTreadmill,
    SeenTreadmill,
    WithCaller,
    check_claimed_for,
    signed_in,
)
from backstride_gateway.api.claim_answers import claim_answer
from backstride_gateway.api.member_models import ClaimAnswer, ClaimBody, ReleaseBody
from backstride_gateway.api.models import Treadmill, TreadmillList
from backstride_gateway.api.problems import Problem, UnknownTreadmillError
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError
from backstride_gateway.api.seen_treadmills import all_seen, one_seen
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.permissions import changes_profile, is_staff_of
from backstride_shared.identity import gym_id_of

router = APIRouter(
    prefix="/v1",
    tags=["treadmills"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}},
)


@router.get("/treadmills")
async def list_treadmills(services: WithServices, caller: WithCaller) -> TreadmillList:
    """Return all treadmills of which anything was ever heard, as they are now.

    Members see those of their gym; of one that another holds, not who that is or what they do.
    """
    return all_seen(caller, services.live.treadmills())


@router.get("/treadmills/{gym_id}/{treadmill_id}", responses={404: {"model": Problem}})
async def get_treadmill(
    key: SeenTreadmill, services: WithServices, caller: WithCaller
) -> Treadmill:
    """Return one treadmill as it is now."""
    view = services.live.treadmill(key)
    if view is None:
        raise UnknownTreadmillError(key)
    return one_seen(caller, view)


@router.post(
    "/treadmills/{gym_id}/{treadmill_id}/claim",
    status_code=HTTPStatus.CREATED,
    responses={
        200: {"model": ClaimAnswer, "description": "The member holds the treadmill already"},
        403: {"model": Problem},
        404: {"model": Problem},
        409: {"model": Problem},
    },
)
def claim_treadmill(
    key: ClaimableTreadmill,
    body: ClaimBody,
    response: Response,
    services: WithServices,
    caller: WithCaller,
) -> ClaimAnswer:
    """Claim a treadmill for a member: from now on its calories are theirs.

    Body data are frozen with the claim. Whoever held the treadmill before is released; a repeated
    claim by the same member changes nothing. The claim ends by release, by another claim, or after
    ten minutes without motion.
    """
    check_claimed_for(caller, body.member_id, services)
    if body.precautions_version is not None:
        if not changes_profile(caller, services.membership.get(body.member_id)):
            raise NotAllowedError("precautions are accepted by whom they concern")
        services.member_body.accept(body.member_id, body.precautions_version)
    outcome = services.claiming.claim(key, body.member_id, body.purpose)
    if not outcome.is_new:
        response.status_code = HTTPStatus.OK
    return claim_answer(services, outcome.claim)


@router.post(
    "/treadmills/{gym_id}/{treadmill_id}/release",
    responses={404: {"model": Problem}, 409: {"model": Problem}},
)
def release_treadmill(
    key: SeenTreadmill,
    services: WithServices,
    caller: WithCaller,
    body: ReleaseBody | None = None,
) -> ClaimAnswer:
    """End the claim that holds now; with a member named, and by members, only theirs."""
    member_id = None if body is None else body.member_id
    if not is_staff_of(caller, gym_id_of(key)):
        # whoever it is that a member names, only their own claim can end
        member_id = caller.member_id or ""
    claim = services.claiming.release(key, member_id)
    return claim_answer(services, claim)
