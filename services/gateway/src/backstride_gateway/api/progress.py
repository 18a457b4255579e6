"""Routes of what members are proud of, and of what they want: records, streaks, goals."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from backstride_gateway.api.access import ChangeableMember, SeenPast, signed_in
from backstride_gateway.api.member_models import TimeZoneName
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.progress_models import GoalsBody, RecordList, Streaks, WeekGoals
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.services import WithServices

router = APIRouter(
    prefix="/v1/members/{member_id}",
    tags=["members"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}, 404: {"model": Problem}},
)


@router.get("/records")
async def list_records(past: SeenPast) -> RecordList:
    """Return the best of all sessions, running ones included; who was first holds a record."""
    return RecordList.of(await past.history.records(past.member.member_id))


@router.get("/streak")
async def get_streak(
    past: SeenPast,
    time_zone: Annotated[
        TimeZoneName | None, Query(description="IANA time zone; by default the member's")
    ] = None,
) -> Streaks:
    """Return on how many days and weeks in a row there was a session."""
    zone = ZoneInfo(time_zone or past.member.profile.time_zone)
    return Streaks.of(await past.history.streaks(past.member.member_id, zone))


@router.get("/goals", responses={403: {"model": Problem}})
def get_goals(member: ChangeableMember, services: WithServices) -> WeekGoals:
    """Return the weekly goals, and how far the running week is."""
    return WeekGoals.of(services.aiming.week(member.member_id))


@router.put("/goals", responses={403: {"model": Problem}})
def change_goals(member: ChangeableMember, body: GoalsBody, services: WithServices) -> WeekGoals:
    """Replace the weekly goals, whole."""
    return WeekGoals.of(services.aiming.change(member.member_id, body.goals()))
