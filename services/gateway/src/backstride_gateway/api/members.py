"""Routes of the members: profiles, sessions, summaries."""

from datetime import date
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from backstride_gateway.api.cursors import decode_cursor, decode_session_cursor, encode_cursor
from backstride_gateway.api.member_models import (
    MemberDetail,
    MemberList,
    MemberView,
    NewMemberBody,
    ProfileBody,
    TimeZoneName,
)
from backstride_gateway.api.models import MemberSummary, Session, SessionList
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.periods import Period
from backstride_gateway.history import MAX_PAGE

router = APIRouter(prefix="/v1/members", tags=["members"], max_body_size=MAX_BODY_BYTES)

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most entries of the page")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before")
]


@router.get("")
def list_members(
    services: WithServices, limit: Limit = MAX_PAGE, cursor: Cursor = None
) -> MemberList:
    """Return all members, a page at a time."""
    after = None if cursor is None else decode_cursor(cursor, 1)[0]
    found = services.membership.all(after, limit + 1)
    page = found[:limit]
    return MemberList(
        members=[MemberView.of(member) for member in page],
        next_cursor=encode_cursor(page[-1].member_id) if len(found) > limit else None,
    )


@router.post("", status_code=HTTPStatus.CREATED, responses={409: {"model": Problem}})
def create_member(body: NewMemberBody, services: WithServices) -> MemberView:
    """Create a member of a gym.

    There are no accounts yet: whoever reaches this machine's loopback address may do it.
    """
    profile = ProfileBody(**body.model_dump(include=set(ProfileBody.model_fields))).profile()
    return MemberView.of(services.membership.create(body.gym_id, body.member_number, profile))


@router.get("/{member_id}", responses={404: {"model": Problem}})
def get_member(member_id: str, services: WithServices) -> MemberDetail:
    """Return a member's profile, practice and the VO2max that counts."""
    member = services.membership.get(member_id)
    return MemberDetail.of_member(
        member,
        services.history.lifetime_backward_minutes(member_id),
        services.history.effective_vo2max(member),
    )


@router.put("/{member_id}", responses={404: {"model": Problem}})
def change_member(member_id: str, body: ProfileBody, services: WithServices) -> MemberView:
    """Replace a member's profile, whole; what is left out becomes unknown.

    Sessions keep the body data that were frozen when their treadmill was claimed.
    """
    return MemberView.of(services.membership.change(member_id, body.profile()))


@router.get("/{member_id}/sessions", responses={404: {"model": Problem}})
def list_sessions(
    member_id: str, services: WithServices, limit: Limit = 20, cursor: Cursor = None
) -> SessionList:
    """Return a member's sessions, newest first, a page at a time."""
    before = None if cursor is None else decode_session_cursor(cursor)
    page = services.history.page(member_id, before, limit)
    now_ms = services.clock()
    following = page.next_cursor
    return SessionList(
        sessions=[Session.of(session, now_ms) for session in page.sessions],
        next_cursor=(
            None
            if following is None
            else encode_cursor(str(following.started_at_ms), following.session_id)
        ),
    )


@router.get("/{member_id}/summary", responses={404: {"model": Problem}})
def summarise(
    member_id: str,
    services: WithServices,
    period: Period = "day",
    time_zone: Annotated[
        TimeZoneName | None, Query(description="IANA time zone; by default the member's")
    ] = None,
    from_: Annotated[
        date | None, Query(alias="from", description="First day; by default a month or a year ago")
    ] = None,
    to: Annotated[date | None, Query(description="Last day, included; by default today")] = None,
) -> MemberSummary:
    """Return minutes, metres and energy by day, ISO week or month, forward and backward apart.

    A session counts, whole, in the period of the time zone in which it began; a running one with
    what it has so far.
    """
    zone = None if time_zone is None else ZoneInfo(time_zone)
    found = services.history.summary(member_id, period, zone, from_, to)
    return MemberSummary.of_summary(member_id, found)
