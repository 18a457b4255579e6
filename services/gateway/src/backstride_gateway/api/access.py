"""Who asks, and what they may: dependencies of the routes, decided before anything is done.

A browser comes with a cookie and repeats a token of its page for whatever changes something; a
program comes with `Authorization: Bearer`. What is foreign is answered like what is absent.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from backstride_gateway.api.problems import UnknownTreadmillError
from backstride_gateway.api.refusals import (
    CsrfError,
    DemonstrationError,
    NotAllowedError,
    NotSignedInError,
)
from backstride_gateway.api.services import Services, WithServices, services_of
from backstride_gateway.domain.accounts import csrf_token_of, is_same_secret
from backstride_gateway.domain.addresses import network_of
from backstride_gateway.domain.members import Member
from backstride_gateway.domain.permissions import (
    DEMO_VISITOR,
    Caller,
    changes_profile,
    is_of_gym,
    is_own,
    is_staff_of,
    seen_gym_of,
    sees_member,
    sees_session,
)
from backstride_gateway.domain.sessions import SessionRecord
from backstride_gateway.gym_registry import UnknownGymError
from backstride_gateway.history import History, UnknownSessionError
from backstride_gateway.membership import UnknownMemberError
from backstride_gateway.signing_in import SESSION_MS
from backstride_shared.identity import TreadmillKey, gym_id_of, treadmill_key

SESSION_COOKIE: Final = "backstride_session"
CSRF_COOKIE: Final = "backstride_csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MS_PER_S: Final = 1000

ACCESS_TOKEN: Final = HTTPBearer(description="An access token, of a program")
"""How a program says who it is."""


class _SignedIn(APIKeyCookie):
    """Finds who asks, by the cookie of a browser or the token of a program.

    One dependency, where a scheme for each and a function over them would be three: FastAPI takes
    longer to walk to one than this takes to look. It describes itself as the cookie; that a token
    does as well, `described_app` adds.
    """

    async def __call__(self, request: Request) -> None:  # type: ignore[override]  # nothing to hand on
        services = services_of(request)
        if services.is_demo:
            request.state.caller = DEMO_VISITOR
            return
        is_change = request.method not in _SAFE_METHODS
        signing_in = services.signing_in
        scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
        session_token = request.cookies.get(SESSION_COOKIE)
        if token and scheme.lower() == "bearer":
            caller = await signing_in.caller_by_token(token)
        elif session_token is not None:
            caller = await signing_in.caller_by_session(session_token)
            if caller is not None and is_change:
                _check_csrf(request, session_token)
        else:
            caller = None
        if caller is None:
            raise NotSignedInError
        if is_change and not caller.can_write:
            raise NotAllowedError("this token only reads")
        request.state.caller = caller


def _check_csrf(request: Request, session_token: str) -> None:
    sent = request.headers.get(CSRF_HEADER, "")
    if not is_same_secret(sent, csrf_token_of(session_token)):
        raise CsrfError


signed_in = Security(
    _SignedIn(name=SESSION_COOKIE, scheme_name=APIKeyCookie.__name__, description="Of a browser")
)
"""First of the dependencies of whatever needs somebody: nothing there is answered to strangers."""


async def _caller(request: Request) -> Caller:
    return caller_of_request(request)


def caller_of_request(request: Request) -> Caller:
    """Return who asks, as `signed_in` found out.

    FastAPI walks through everything that a dependency depends on, each time that it is named, and
    that costs more than what is done there: so who asks is found once, and then looked up here.
    """
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        # a route without `signed_in`; a test looks for them
        raise NotSignedInError
    return caller


WithCaller = Annotated[Caller, Depends(_caller)]


async def _person(caller: WithCaller) -> str:
    if caller.account_id is None:
        raise DemonstrationError
    if caller.is_program:
        raise NotAllowedError("a token cannot manage its account")
    return caller.account_id


WithAccountId = Annotated[str, Depends(_person)]
"""The account of a person who is signed in with a browser, not by a token."""


async def has_accounts(services: WithServices) -> None:
    """Return where there are accounts."""
    if services.is_demo:
        raise DemonstrationError


async def _seen_member(member_id: str, request: Request) -> Member:
    caller = caller_of_request(request)
    # a way to a thread and back is worth avoiding where nothing is read
    if caller.member is not None and caller.member.member_id == member_id:
        return caller.member
    # a thread of asyncio: a way to one of FastAPI's own takes twice the time
    member = await asyncio.to_thread(services_of(request).membership.get, member_id)
    if not sees_member(caller, member):
        raise UnknownMemberError(member_id)
    return member


SeenMember = Annotated[Member, Depends(_seen_member)]


@dataclass(frozen=True, slots=True)
class Past:
    """A member whom the caller may see, with what they may see of their past."""

    member: Member
    history: History


async def _seen_past(member_id: str, request: Request) -> Past:
    member = await _seen_member(member_id, request)
    seen_gym = seen_gym_of(caller_of_request(request), member)
    return Past(member, services_of(request).history.within(seen_gym))


SeenPast = Annotated[Past, Depends(_seen_past)]
"""The member of the route and their past: to operators, only what was done in their gym."""


async def _own_member(member: SeenMember, caller: WithCaller) -> Member:
    if not changes_profile(caller, member):
        raise NotAllowedError("a profile is changed by its member")
    return member


ChangeableMember = Annotated[Member, Depends(_own_member)]


def _seen_session(session_id: str, services: WithServices, caller: WithCaller) -> SessionRecord:
    session = services.history.session(session_id)
    if not sees_session(caller, session):
        raise UnknownSessionError(session_id)
    if session.member_id is not None and not is_own(caller, session.member_id):
        # whoever left the gym is gone for its staff
        try:
            member = services.membership.get(session.member_id)
        except UnknownMemberError:
            raise UnknownSessionError(session_id) from None
        if not sees_member(caller, member):
            raise UnknownSessionError(session_id)
    return session


SeenSession = Annotated[SessionRecord, Depends(_seen_session)]


async def _seen_treadmill(gym_id: str, treadmill_id: str, caller: WithCaller) -> TreadmillKey:
    key = treadmill_key(gym_id, treadmill_id)
    check_treadmill_seen(caller, key)
    return key


SeenTreadmill = Annotated[TreadmillKey, Depends(_seen_treadmill)]


def check_treadmill_seen(caller: Caller, key: TreadmillKey) -> None:
    """Return when the caller may know of a treadmill.

    Raises:
        UnknownTreadmillError: otherwise, as if it were not there.

    """
    if not is_of_gym(caller, gym_id_of(key)):
        raise UnknownTreadmillError(key)


def _claimable_treadmill(key: SeenTreadmill, services: WithServices) -> TreadmillKey:
    # in a demonstration nobody registers treadmills
    if not services.is_demo and not services.gyms.is_registered(key):
        raise UnknownTreadmillError(key)
    return key


ClaimableTreadmill = Annotated[TreadmillKey, Depends(_claimable_treadmill)]


def check_claimed_for(caller: Caller, member_id: str, services: Services) -> None:
    """Return when the caller may claim and release for a member.

    Raises:
        UnknownMemberError: otherwise, as if there were no such member.

    """
    if caller.role != "admin":
        member = services.membership.get(member_id)
        if not sees_member(caller, member):
            raise UnknownMemberError(member_id)


def _seen_gym(gym_id: str, services: WithServices, caller: WithCaller) -> str:
    if not is_of_gym(caller, gym_id):
        raise UnknownGymError(gym_id)
    return services.gyms.get(gym_id).gym_id


SeenGym = Annotated[str, Depends(_seen_gym)]


async def _run_gym(gym_id: SeenGym, caller: WithCaller) -> str:
    if not is_staff_of(caller, gym_id):
        raise NotAllowedError("for the staff of the gym")
    return gym_id


RunGym = Annotated[str, Depends(_run_gym)]
"""The id of a gym that the caller runs."""


async def _staff(caller: WithCaller) -> Caller:
    if caller.role == "member":
        raise NotAllowedError("for the staff of a gym")
    return caller


staff_only = Depends(_staff)
"""After `signed_in`: refuses members."""


def address_of(request: Request) -> str:
    """Return where a request comes from, or says a front that is trusted; of IPv6 the network."""
    return "" if request.client is None else network_of(request.client.host)


def give_cookies(request: Request, response: Response, session_token: str) -> None:
    """Hand a browser its session, and what its pages must repeat to change anything."""
    is_secure = request.url.scheme == "https"
    for name, value, is_for_pages in (
        (SESSION_COOKIE, session_token, False),
        (CSRF_COOKIE, csrf_token_of(session_token), True),
    ):
        response.set_cookie(
            name,
            value,
            max_age=SESSION_MS // _MS_PER_S,
            path="/",
            secure=is_secure,
            httponly=not is_for_pages,
            samesite="lax",
        )


def take_cookies(response: Response) -> None:
    """Let a browser forget its session."""
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    response.delete_cookie(CSRF_COOKIE, path="/", samesite="lax")
