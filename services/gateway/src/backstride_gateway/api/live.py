"""The route of the live stream: who may follow what, and how it is told them."""

import math
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from backstride_gateway.api.access import WithCaller, address_of, check_treadmill_seen, signed_in
from backstride_gateway.api.event_stream import EventStream
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.seen_treadmills import all_seen, change_seen, event_of
from backstride_gateway.api.services import WithServices
from backstride_gateway.live_listener import Listener, LiveMessage, TreadmillChanged, WholePicture
from backstride_shared.identity import parse_treadmill_key

router = APIRouter(
    prefix="/v1",
    tags=["treadmills"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}},
)

RETRY_MS: Final = 1_000
MOST_OF_A_STREAM_MS: Final = 300_000
"""A stream then ends and its reader comes again: who was signed out meanwhile learns no more."""


class DroppedUpdates(BaseModel):
    """Sent to a listener that was too slow; the whole picture follows."""

    count: int


async def _listener(
    request: Request,
    services: WithServices,
    caller: WithCaller,
    treadmill: Annotated[
        str | None,
        Query(description="gym_id/treadmill_id; left out: all treadmills", max_length=127),
    ] = None,
) -> AsyncIterator[Listener]:
    # in a dependency: it is left also when the answer fails
    key = None if treadmill is None else parse_treadmill_key(treadmill)
    if key is not None:
        check_treadmill_seen(caller, key)
    # nobody has an account in a demonstration
    listener = services.live.listen(key, caller.account_id or address_of(request))
    try:
        yield listener
    finally:
        services.live.leave(listener)


@router.get(
    "/live",
    response_class=EventStream,
    status_code=HTTPStatus.OK,
    responses={
        200: {
            "description": "Server-sent events: `picture` (a TreadmillList: all that is seen, at "
            "the beginning and after a loss), `treadmill` (one Treadmill, whole, whenever it "
            "changes) and `dropped` (the stream was too slow for `count` updates; a picture "
            "follows). A stream that reconnects begins with a picture.",
        },
        429: {"model": Problem, "description": "Too many requests, or streams of one account"},
        503: {"model": Problem, "description": "Too many streams of all together"},
    },
)
async def live(
    listener: Annotated[Listener, Depends(_listener)],
    services: WithServices,
    caller: WithCaller,
) -> EventStream:
    """Follow all treadmills, or one, as they change."""

    def written(message: LiveMessage) -> bytes:
        if isinstance(message, TreadmillChanged):
            return change_seen(caller, message)
        if isinstance(message, WholePicture):
            text = all_seen(caller, message.treadmills).model_dump_json()
            return event_of("picture", text, message.event_id)
        text = DroppedUpdates(count=message.count).model_dump_json()
        return event_of("dropped", text, message.event_id)

    return EventStream(
        listener,
        written,
        services.clock,
        retry_ms=RETRY_MS,
        # nobody signs out of a demonstration
        ends_at_ms=math.inf if services.is_demo else services.clock() + MOST_OF_A_STREAM_MS,
    )
