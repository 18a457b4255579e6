"""Routes of the members: profiles and sessions."""

from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from backstride_gateway.api.access import (
    ChangeableMember,
    SeenMember,
    SeenPast,
    WithCaller,
    signed_in,
)
from backstride_gateway.api.conditions import (
    IfMatch,
    etag_of,
    expected_versions,
)
from backstride_gateway.api.cursors import decode_cursor, decode_session_cursor, encode_cursor
from backstride_gateway.api.member_models import (
    MemberDetail,
    MemberList,
    MemberView,
    NewMemberBody,
    ProfileBody,
    TimeZoneName,
)
from backstride_gateway.api.models import Session, SessionList
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError
from backstride_gateway.api.services import WithServices
from backstride_gateway.api.texts import Day
from backstride_gateway.domain.members import version_of
from backstride_gateway.domain.periods import local_midnight_ms, midnight_after_ms
from backstride_gateway.domain.permissions import is_staff_of, sees_body, shown_member
from backstride_gateway.domain.sessions import SessionFilter
from backstride_gateway.gym_registry import UnknownGymError
from backstride_gateway.history import MAX_PAGE
from backstride_shared.claims import Purpose
from backstride_shared.identity import parse_treadmill_key

router = APIRouter(
    prefix="/v1/members",
    tags=["members"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}},
)

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most entries of the page")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before")
]


OfPurpose = Annotated[Purpose | None, Query(description="Only sessions with this purpose")]
Zone = Annotated[TimeZoneName | None, Query(description="IANA time zone; by default the member's")]


@router.get("")
def list_members(
    services: WithServices, caller: WithCaller, limit: Limit = MAX_PAGE, cursor: Cursor = None
) -> MemberList:
    """Return the members that the caller may see, a page at a time.

    To members themselves, to operators those of their gym, to an admin all. Operators see no body
    data, and names only of those who agreed to it.
    """
    after = None if cursor is None else decode_cursor(cursor, 1)[0]
    if caller.role == "member":
        own = [] if caller.member_id is None else [services.membership.get(caller.member_id)]
        found = [member for member in own if member.member_id > (after or "")]
    else:
        gym_id = None if caller.role == "admin" else caller.gym_id
        found = services.membership.all(after, limit + 1, gym_id)
    page = found[:limit]
    return MemberList(
        members=[MemberView.of(shown_member(caller, member)) for member in page],
        next_cursor=encode_cursor(page[-1].member_id) if len(found) > limit else None,
    )


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses={403: {"model": Problem}, 404: {"model": Problem}, 409: {"model": Problem}},
)
def create_member(body: NewMemberBody, services: WithServices, caller: WithCaller) -> MemberView:
    """Create a member of a gym, who may be given an account later by an invitation."""
    if caller.role == "member":
        raise NotAllowedError("for the staff of a gym")
    if not is_staff_of(caller, body.gym_id):
        raise UnknownGymError(body.gym_id)
    if not services.is_demo:
        services.gyms.get(body.gym_id)
    profile = ProfileBody(**body.model_dump(include=set(ProfileBody.model_fields))).profile()
    member = services.membership.create(body.gym_id, body.member_number, profile)
    return MemberView.of(shown_member(caller, member))


@router.get("/{member_id}", responses={404: {"model": Problem}})
def get_member(past: SeenPast, response: Response, caller: WithCaller) -> MemberDetail:
    """Return a member's profile, practice and the VO2max that counts.

    The ETag is the profile's: who changes it sends that as If-Match.
    """
    member, history = past.member, past.history
    is_seen = sees_body(caller, member)
    detail = MemberDetail.of_member(
        shown_member(caller, member),
        history.lifetime_backward_minutes(member.member_id),
        history.effective_vo2max(member) if is_seen else None,
    )
    if is_seen:
        response.headers["ETag"] = etag_of(version_of(member.profile), detail)
    return detail


@router.put(
    "/{member_id}",
    responses={
        403: {"model": Problem},
        404: {"model": Problem},
        412: {"model": Problem},
        428: {"model": Problem},
    },
)
def change_member(
    member: ChangeableMember,
    body: ProfileBody,
    response: Response,
    services: WithServices,
    if_match: IfMatch = None,
) -> MemberView:
    """Replace a member's profile, whole; what is left out becomes unknown.

    Sessions keep the body data that were frozen when their treadmill was claimed. Another mass
    begins today in the history of masses.
    """
    changed = services.membership.change(
        member.member_id, body.profile(), expected_versions(if_match)
    )
    response.headers["ETag"] = etag_of(version_of(changed.profile))
    return MemberView.of(changed)


def _wanted_sessions(
    member: SeenMember,
    from_: Annotated[
        Day | None, Query(alias="from", description="First day on which they began")
    ] = None,
    to: Annotated[Day | None, Query(description="Last day, included")] = None,
    time_zone: Zone = None,
    purpose: OfPurpose = None,
    treadmill: Annotated[
        str | None, Query(description="gym_id/treadmill_id; left out: all", max_length=127)
    ] = None,
    has_backward: Annotated[
        bool | None, Query(description="With or without backward gait; left out: both")
    ] = None,
) -> SessionFilter:
    zone = ZoneInfo(time_zone or member.profile.time_zone)
    return SessionFilter(
        from_ms=None if from_ is None else local_midnight_ms(from_, zone),
        until_ms=None if to is None else midnight_after_ms(to, zone),
        purpose=purpose,
        treadmill=None if treadmill is None else parse_treadmill_key(treadmill),
        has_backward=has_backward,
    )


@router.get("/{member_id}/sessions", responses={404: {"model": Problem}})
def list_sessions(
    past: SeenPast,
    services: WithServices,
    wanted: Annotated[SessionFilter, Depends(_wanted_sessions)],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> SessionList:
    """Return a member's sessions, newest first, a page at a time.

    To operators, those on treadmills of their gym.
    """
    before = None if cursor is None else decode_session_cursor(cursor)
    page = past.history.page(past.member.member_id, before, limit, wanted)
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
