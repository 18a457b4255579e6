"""Routes of the treadmills: live views, the live stream, claim and release."""

from collections.abc import AsyncIterator, Iterable, Iterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from backstride_gateway.api.access import (
    ClaimableTreadmill,
    SeenTreadmill,
    WithCaller,
    check_claimed_for,
    check_treadmill_seen,
    signed_in,
)
from backstride_gateway.api.claim_answers import claim_answer
from backstride_gateway.api.member_models import ClaimAnswer, ClaimBody, ReleaseBody
from backstride_gateway.api.models import Treadmill, TreadmillList
from backstride_gateway.api.problems import Problem, UnknownTreadmillError
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.live_view import LiveTreadmill
from backstride_gateway.domain.permissions import (
    Caller,
    changes_profile,
    is_of_gym,
    is_staff_of,
    sees_claim,
    sees_effort,
)
from backstride_gateway.live_feed import Listener, LiveMessage, TreadmillChanged, WholePicture
from backstride_shared.identity import TreadmillKey, gym_id_of, parse_treadmill_key

router = APIRouter(
    prefix="/v1",
    tags=["treadmills"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}},
)

RETRY_MS = 1_000
MOST_OF_A_STREAM_MS = 300_000
"""A stream then ends and its reader comes again: who was signed out meanwhile learns no more."""


class DroppedUpdates(BaseModel):
    """Sent to a listener that was too slow; the whole picture follows."""

    count: int


def _seen(caller: Caller, views: Iterable[LiveTreadmill]) -> TreadmillList:
    """Return what the caller may see of these treadmills."""
    return TreadmillList(
        treadmills=[
            _one_seen(caller, view)
            for view in views
            if is_of_gym(caller, gym_id_of(TreadmillKey(view.treadmill)))
        ]
    )


def _one_seen(caller: Caller, view: LiveTreadmill) -> Treadmill:
    return _with_left_out(view, _left_out(caller, view))


def _left_out(caller: Caller, view: LiveTreadmill) -> tuple[bool, bool]:
    """Return whether claimant, and whether effort, are not for the caller to see."""
    return not sees_claim(caller, view), not sees_effort(caller, view)


def _with_left_out(view: LiveTreadmill, left_out: tuple[bool, bool]) -> Treadmill:
    claimant, effort = left_out
    return Treadmill.of(view).without(claimant=claimant, effort=effort)


def text_seen(caller: Caller, change: TreadmillChanged) -> str:
    """Return a change as the caller may see it, written once for all who may see the same."""
    left_out = _left_out(caller, change.treadmill)
    text = change.texts.get(left_out)
    if text is None:
        text = _with_left_out(change.treadmill, left_out).model_dump_json()
        change.texts[left_out] = text
    return text


@router.get("/treadmills")
async def list_treadmills(services: WithServices, caller: WithCaller) -> TreadmillList:
    """Return all treadmills of which anything was ever heard, as they are now.

    Members see those of their gym; of one that another holds, not who that is or what they do.
    """
    return _seen(caller, services.live.treadmills())


@router.get("/treadmills/{gym_id}/{treadmill_id}", responses={404: {"model": Problem}})
async def get_treadmill(
    key: SeenTreadmill, services: WithServices, caller: WithCaller
) -> Treadmill:
    """Return one treadmill as it is now."""
    view = services.live.treadmill(key)
    if view is None:
        raise UnknownTreadmillError(key)
    return _one_seen(caller, view)


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


async def _listener(
    services: WithServices,
    caller: WithCaller,
    treadmill: Annotated[
        str | None,
        Query(description="gym_id/treadmill_id; left out: all treadmills", max_length=127),
    ] = None,
) -> AsyncIterator[Listener]:
    # in a dependency: what is refused here is an HTTP status, not a broken stream
    key = None if treadmill is None else parse_treadmill_key(treadmill)
    if key is not None:
        check_treadmill_seen(caller, key)
    listener = services.live.listen(key)
    try:
        yield listener
    finally:
        services.live.leave(listener)


@router.get(
    "/live",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Server-sent events: `picture` (a TreadmillList: all that is seen, at "
            "the beginning and after a loss), `treadmill` (one Treadmill, whole, whenever it "
            "changes) and `dropped` (the stream was too slow for `count` updates; a picture "
            "follows). A stream that reconnects begins with a picture.",
        },
        503: {"model": Problem},
    },
)
async def live(
    listener: Annotated[Listener, Depends(_listener)],
    services: WithServices,
    caller: WithCaller,
) -> AsyncIterator[ServerSentEvent]:
    """Follow all treadmills, or one, as they change."""
    is_first = True
    ends_at_ms = services.clock() + MOST_OF_A_STREAM_MS
    async for message in listener.messages():
        if not services.is_demo and services.clock() >= ends_at_ms:
            return
        for event in _events(message, caller):
            if is_first:
                event.retry = RETRY_MS
                is_first = False
            yield event


def _events(message: LiveMessage, caller: Caller) -> Iterator[ServerSentEvent]:
    if isinstance(message, WholePicture):
        name, text = "picture", _seen(caller, message.treadmills).model_dump_json()
    elif isinstance(message, TreadmillChanged):
        if not is_of_gym(caller, gym_id_of(TreadmillKey(message.treadmill.treadmill))):
            return
        name, text = "treadmill", text_seen(caller, message)
    else:
        name, text = "dropped", DroppedUpdates(count=message.count).model_dump_json()
    yield ServerSentEvent(raw_data=text, event=name, id=message.event_id)
