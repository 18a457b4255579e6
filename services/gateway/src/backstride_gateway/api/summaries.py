"""The route of summaries, which is asked most: of each member, for every look at their page."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from backstride_gateway.api.access import SeenPast, signed_in
from backstride_gateway.api.members import OfPurpose, Zone
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.services import services_of
from backstride_gateway.api.summary_models import MemberSummary
from backstride_gateway.api.texts import Day
from backstride_gateway.domain.periods import Period

router = APIRouter(
    prefix="/v1/members",
    tags=["members"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}, 404: {"model": Problem}},
)


@router.get("/{member_id}/summary", response_model=MemberSummary)
async def summarise(
    past: SeenPast,
    request: Request,
    *,
    period: Period = "day",
    time_zone: Zone = None,
    first_on: Annotated[
        Day | None,
        Query(alias="from", description="First day; by default 30 days to 5 years ago, by period"),
    ] = None,
    last_on: Annotated[
        Day | None, Query(alias="to", description="Last day, included; by default today")
    ] = None,
    purpose: OfPurpose = None,
) -> Response:
    """Return minutes, metres and energy by period, forward and backward apart.

    Periods are days, ISO weeks, months and years of the time zone, or all time. A session counts,
    whole, in the period in which it began; a running one with what it has so far. `previous` has
    the sums of as many periods just before. To operators, only what was done in their gym.
    """
    member_id = past.member.member_id
    zone = ZoneInfo(time_zone or past.member.profile.time_zone)
    found = await past.history.summary(member_id, period, zone, first_on, last_on, purpose)
    answer = await services_of(request).summary_answers.of(member_id, found, purpose)
    return Response(answer.body, headers={"ETag": answer.etag}, media_type="application/json")
