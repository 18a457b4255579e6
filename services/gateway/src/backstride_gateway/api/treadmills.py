"""Routes of the treadmills: live views, the live stream, claim and release."""

from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from backstride_gateway.api.member_models import ClaimAnswer, ClaimBody, ReleaseBody
from backstride_gateway.api.models import Treadmill, TreadmillList
from backstride_gateway.api.problems import Problem, UnknownTreadmillError
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.services import WithServices
from backstride_gateway.live_feed import Listener, LiveMessage, TreadmillChanged, WholePicture
from backstride_shared.identity import TreadmillKey, parse_treadmill_key, treadmill_key

router = APIRouter(prefix="/v1", tags=["treadmills"], max_body_size=MAX_BODY_BYTES)

RETRY_MS = 1_000


class DroppedUpdates(BaseModel):
    """Sent to a listener that was too slow; the whole picture follows."""

    count: int


def _treadmill_key(gym_id: str, treadmill_id: str) -> TreadmillKey:
    return treadmill_key(gym_id, treadmill_id)


@router.get("/treadmills")
async def list_treadmills(services: WithServices) -> TreadmillList:
    """Return all treadmills of which anything was ever heard, as they are now."""
    return TreadmillList(treadmills=[Treadmill.of(view) for view in services.live.treadmills()])


@router.get("/treadmills/{gym_id}/{treadmill_id}", responses={404: {"model": Problem}})
async def get_treadmill(
    key: Annotated[TreadmillKey, Depends(_treadmill_key)], services: WithServices
) -> Treadmill:
    """Return one treadmill as it is now."""
    view = services.live.treadmill(key)
    if view is None:
        raise UnknownTreadmillError(key)
    return Treadmill.of(view)


@router.post(
    "/treadmills/{gym_id}/{treadmill_id}/claim",
    status_code=HTTPStatus.CREATED,
    responses={
        200: {"model": ClaimAnswer, "description": "The member holds the treadmill already"},
        404: {"model": Problem},
    },
)
def claim_treadmill(
    key: Annotated[TreadmillKey, Depends(_treadmill_key)],
    body: ClaimBody,
    response: Response,
    services: WithServices,
) -> ClaimAnswer:
    """Claim a treadmill for a member: from now on its calories are theirs.

    Body data are frozen with the claim. Whoever held the treadmill before is released; a repeated
    claim by the same member changes nothing. The claim ends by release, by another claim, or after
    ten minutes without motion.
    """
    outcome = services.claiming.claim(key, body.member_id, body.purpose)
    if not outcome.is_new:
        response.status_code = HTTPStatus.OK
    return ClaimAnswer.of(outcome.claim)


@router.post("/treadmills/{gym_id}/{treadmill_id}/release", responses={409: {"model": Problem}})
def release_treadmill(
    key: Annotated[TreadmillKey, Depends(_treadmill_key)],
    services: WithServices,
    body: ReleaseBody | None = None,
) -> ClaimAnswer:
    """End the claim that holds now; with a member named, only theirs."""
    claim = services.claiming.release(key, None if body is None else body.member_id)
    return ClaimAnswer.of(claim)


async def _listener(
    services: WithServices,
    treadmill: Annotated[
        str | None,
        Query(description="gym_id/treadmill_id; left out: all treadmills", max_length=127),
    ] = None,
) -> AsyncIterator[Listener]:
    # in a dependency: what is refused here is an HTTP status, not a broken stream
    key = None if treadmill is None else parse_treadmill_key(treadmill)
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
) -> AsyncIterator[ServerSentEvent]:
    """Follow all treadmills, or one, as they change."""
    is_first = True
    async for message in listener.messages():
        for event in _events(message):
            if is_first:
                event.retry = RETRY_MS
                is_first = False
            yield event


def _events(message: LiveMessage) -> Iterator[ServerSentEvent]:
    data: BaseModel
    if isinstance(message, WholePicture):
        name = "picture"
        data = TreadmillList(treadmills=[Treadmill.of(view) for view in message.treadmills])
    elif isinstance(message, TreadmillChanged):
        name, data = "treadmill", Treadmill.of(message.treadmill)
    else:
        name, data = "dropped", DroppedUpdates(count=message.count)
    yield ServerSentEvent(data=data, event=name, id=message.event_id)
