"""Routes by which a member leaves with everything, and what is left to read afterwards."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request

from backstride_gateway.api.access import ChangeableMember, WithCaller, address_of, signed_in
from backstride_gateway.api.erasure_models import Erasure, ErasureBody, ErasureStarted
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError, NotConfirmedError
from backstride_gateway.api.services import WithServices

router = APIRouter(
    prefix="/v1/members",
    tags=["members"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)
receipts = APIRouter(prefix="/v1/erasures", tags=["members"])
"""Open to whoever has the code: the account is gone by then."""


@router.post(
    "/{member_id}/erasure",
    status_code=HTTPStatus.ACCEPTED,
    responses={409: {"model": Problem}, 429: {"model": Problem}},
)
def erase_member(
    member: ChangeableMember,
    body: ErasureBody,
    request: Request,
    services: WithServices,
    caller: WithCaller,
) -> ErasureStarted:
    """Erase a member: sessions, readings, claims, profile, account, all that is theirs.

    It wants the password of whoever asks once more, in a demonstration `"confirm": "erase"`. It is
    done within a minute while all servers are up, and goes on by itself when they are not. Asked
    for again before it is done, it is the same erasure.
    """
    if caller.account_id is None:
        if body.confirm is None:
            raise NotConfirmedError('say "confirm": "erase"')
    else:
        if caller.is_program:
            raise NotAllowedError("a token cannot erase its member")
        if body.password is None:
            raise NotConfirmedError("give the password once more")
        services.signing_in.confirm(caller.account_id, body.password, address_of(request))
    return ErasureStarted.of(services.erasing.erase_member(member.member_id))


@receipts.get("/{erasure_id}", responses={404: {"model": Problem}})
def get_erasure(
    erasure_id: str,
    code: Annotated[str, Query(max_length=64, description="`receipt_code` of the request")],
    services: WithServices,
) -> Erasure:
    """Return how far an erasure is, and in the end the receipt: what was removed from where."""
    return Erasure.of(services.erasing.progress(erasure_id, code))
