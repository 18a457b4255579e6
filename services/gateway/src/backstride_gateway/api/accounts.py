"""Routes of the ways in: first start, joining, signing in and out, passwords, tokens."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from backstride_gateway.api.access import (
    SESSION_COOKIE,
    WithAccountId,
    WithCaller,
    address_of,
    give_cookies,
    has_accounts,
    signed_in,
    take_cookies,
)
from backstride_gateway.api.account_models import (
    AccountView,
    Entrance,
    JoinBody,
    NewTokenBody,
    NewTokenView,
    PasswordBody,
    ResetBody,
    SetUpBody,
    SignedInView,
    SignInBody,
    TokenList,
    TokenView,
)
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotSignedInError
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.accounts import csrf_token_of
from backstride_gateway.domain.members import Profile
from backstride_gateway.joining import Credentials, FirstGym
from backstride_gateway.signing_in import SignedIn

_PROBLEM: Final[dict[str, Any]] = {"model": Problem}
_THROTTLED: Final[dict[int | str, dict[str, Any]]] = {409: _PROBLEM, 429: _PROBLEM}

entrance = APIRouter(prefix="/v1", tags=["accounts"], max_body_size=MAX_BODY_BYTES)
"""What strangers may ask."""

router = APIRouter(
    prefix="/v1/account",
    tags=["accounts"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: _PROBLEM, 403: _PROBLEM, 409: _PROBLEM},
)


def _welcome(request: Request, response: Response, found: SignedIn) -> SignedInView:
    give_cookies(request, response, found.session_token)
    return SignedInView(
        **dict(AccountView.of(found.account)), csrf_token=csrf_token_of(found.session_token)
    )


@entrance.get("/entrance")
def get_entrance(services: WithServices) -> Entrance:
    """Return whether this is a demonstration, and whether the owner was here."""
    return Entrance(
        is_demo=services.is_demo, is_set_up=services.is_demo or services.joining.is_set_up()
    )


@entrance.post(
    "/set-up",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(has_accounts)],
    responses={403: _PROBLEM, **_THROTTLED},
)
def set_up(
    body: SetUpBody, request: Request, response: Response, services: WithServices
) -> SignedInView:
    """Make the first gym and its administrator, by the code that the gateway printed.

    The code works until an administrator exists.
    """
    account = services.joining.set_up(
        body.set_up_code,
        FirstGym(
            gym_id=body.gym_id,
            name=body.gym_name,
            treadmills=[(one.treadmill_id, one.name) for one in body.treadmills],
        ),
        Credentials(sign_in_name=body.sign_in_name, password=body.password),
        address_of(request),
    )
    return _welcome(request, response, services.signing_in.begin_session(account))


@entrance.post(
    "/join",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(has_accounts)],
    responses={403: _PROBLEM, **_THROTTLED},
)
def join(
    body: JoinBody, request: Request, response: Response, services: WithServices
) -> SignedInView:
    """Make an account by an invitation, or as a member by the code of the gym."""
    account = services.joining.join(
        body.code,
        Credentials(sign_in_name=body.sign_in_name, password=body.password),
        Profile(
            display_name=body.display_name,
            time_zone=body.time_zone,
            is_name_shown=body.is_name_shown,
        ),
        address_of(request),
    )
    return _welcome(request, response, services.signing_in.begin_session(account))


@entrance.post(
    "/session",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(has_accounts)],
    responses={401: _PROBLEM, **_THROTTLED},
)
def sign_in(
    body: SignInBody, request: Request, response: Response, services: WithServices
) -> SignedInView:
    """Sign in: the answer brings the cookie of a session of 30 days."""
    found = services.signing_in.sign_in(body.sign_in_name, body.password, address_of(request))
    return _welcome(request, response, found)


@entrance.post(
    "/password-reset",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(has_accounts)],
    responses={403: _PROBLEM, **_THROTTLED},
)
def reset_password(
    body: ResetBody, request: Request, response: Response, services: WithServices
) -> SignedInView:
    """Set a new password by a code from the staff; all other sessions and tokens end."""
    account = services.joining.reset(body.code, body.password, address_of(request))
    return _welcome(request, response, services.signing_in.begin_session(account))


@router.get("")
def get_account(services: WithServices, caller: WithCaller) -> AccountView:
    """Return the account that asks; also for tokens."""
    account = None if caller.account_id is None else services.signing_in.account(caller.account_id)
    if account is None:
        raise NotSignedInError
    return AccountView.of(account)


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT)
def sign_out(
    account_id: WithAccountId,  # noqa: ARG001  who is not signed in by a browser cannot sign out
    request: Request,
    response: Response,
    services: WithServices,
) -> None:
    """End this session."""
    session_token = request.cookies.get(SESSION_COOKIE)
    if session_token is not None:
        services.signing_in.sign_out(session_token)
    take_cookies(response)


@router.delete("/sessions", status_code=HTTPStatus.NO_CONTENT)
def sign_out_everywhere(
    account_id: WithAccountId, response: Response, services: WithServices
) -> None:
    """End all sessions of the account; tokens stay until they are revoked."""
    services.signing_in.sign_out_everywhere(account_id)
    take_cookies(response)


@router.put("/password", responses={429: _PROBLEM})
def change_password(
    account_id: WithAccountId,
    body: PasswordBody,
    request: Request,
    response: Response,
    services: WithServices,
) -> SignedInView:
    """Set another password: all sessions end, and a new one begins with this answer."""
    found = services.signing_in.change_password(
        account_id, body.old_password, body.new_password, address_of(request)
    )
    return _welcome(request, response, found)


@router.get("/tokens")
def list_tokens(account_id: WithAccountId, services: WithServices) -> TokenList:
    """Return the account's tokens, without their secrets."""
    return TokenList(tokens=[TokenView.of(one) for one in services.signing_in.tokens(account_id)])


@router.post("/tokens", status_code=HTTPStatus.CREATED)
def make_token(
    account_id: WithAccountId, body: NewTokenBody, services: WithServices
) -> NewTokenView:
    """Make a token for a program; it is shown only now."""
    token, secret = services.signing_in.make_token(account_id, body.name, can_write=body.can_write)
    return NewTokenView(**dict(TokenView.of(token)), token=secret)


@router.delete("/tokens/{token_id}", status_code=HTTPStatus.NO_CONTENT, responses={404: _PROBLEM})
def revoke_token(account_id: WithAccountId, token_id: str, services: WithServices) -> None:
    """End a token."""
    services.signing_in.revoke_token(account_id, token_id)
