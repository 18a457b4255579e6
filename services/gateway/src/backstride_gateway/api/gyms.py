"""Routes of the gyms: their treadmills, and the codes that their staff give out."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path

from backstride_gateway.api.access import (
    RunGym,
    SeenGym,
    WithCaller,
    has_accounts,
    signed_in,
)
from backstride_gateway.api.account_models import (
    GymList,
    GymView,
    InvitationBody,
    JoinCodeView,
    NewGymBody,
    OneTimeCodeView,
    RegisteredTreadmillList,
    RegisteredTreadmillView,
    ResetCodeBody,
    TreadmillBody,
)
from backstride_gateway.api.member_models import MemberView
from backstride_gateway.api.models import utc
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError
from backstride_gateway.api.services import Services, WithServices
from backstride_gateway.domain.accounts import ROLES, Role
from backstride_gateway.domain.gyms import RegisteredTreadmill
from backstride_gateway.domain.permissions import Caller, is_of_gym, is_staff_of, shown_member
from backstride_shared.identity import treadmill_key

_PROBLEM: Final[dict[str, Any]] = {"model": Problem}
MemberNumber = Annotated[
    str, Path(min_length=1, max_length=32, pattern="^[A-Za-z0-9-]+$", examples=["271828"])
]

router = APIRouter(
    prefix="/v1/gyms",
    tags=["gyms"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[Depends(has_accounts), signed_in],
    responses={401: _PROBLEM, 403: _PROBLEM, 409: _PROBLEM},
)


def _roles_run_by(caller: Caller) -> tuple[Role, ...]:
    return ROLES if caller.role == "admin" else ("member",)


def _view(
    services: Services, treadmill: RegisteredTreadmill, codes: dict[str, str]
) -> RegisteredTreadmillView:
    live = services.live.treadmill(treadmill.treadmill)
    reading = None if live is None else live.reading
    return RegisteredTreadmillView.of(
        treadmill,
        codes.get(treadmill.treadmill),
        None if reading is None else reading.measured_at_ms,
    )


@router.get("")
def list_gyms(services: WithServices, caller: WithCaller) -> GymList:
    """Return the gyms that the caller may see: all to an admin, otherwise one's own."""
    return GymList(
        gyms=[GymView.of(gym) for gym in services.gyms.all() if is_of_gym(caller, gym.gym_id)]
    )


@router.post("", status_code=HTTPStatus.CREATED)
def add_gym(body: NewGymBody, services: WithServices, caller: WithCaller) -> GymView:
    """Add a gym; for administrators. Its operators come by invitations."""
    if caller.role != "admin":
        raise NotAllowedError("for administrators")
    return GymView.of(services.gyms.add(body.gym_id, body.name))


@router.get("/{gym_id}/treadmills", responses={404: _PROBLEM})
def list_registered_treadmills(
    gym_id: SeenGym, services: WithServices, caller: WithCaller
) -> RegisteredTreadmillList:
    """Return the treadmills that staff added, and when each was last heard.

    Only staff see the codes: they prove that somebody stood at the treadmill.
    """
    codes = services.gyms.codes(gym_id) if is_staff_of(caller, gym_id) else {}
    return RegisteredTreadmillList(
        treadmills=[_view(services, one, codes) for one in services.gyms.treadmills(gym_id)]
    )


@router.post("/{gym_id}/treadmills", status_code=HTTPStatus.CREATED, responses={404: _PROBLEM})
def register_treadmill(
    gym_id: RunGym, body: TreadmillBody, services: WithServices
) -> RegisteredTreadmillView:
    """Add a treadmill; members may claim it from now on."""
    added = services.gyms.register(treadmill_key(gym_id, body.treadmill_id), body.name)
    return _view(services, added, services.gyms.codes(gym_id))


@router.delete(
    "/{gym_id}/treadmills/{treadmill_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses={404: _PROBLEM},
)
def unregister_treadmill(gym_id: RunGym, treadmill_id: str, services: WithServices) -> None:
    """Take a treadmill off the list: no claims any more, its code leads nowhere, its past stays."""
    services.gyms.unregister(treadmill_key(gym_id, treadmill_id))


@router.get("/{gym_id}/members/{member_number}", responses={404: _PROBLEM})
def get_member_by_number(
    gym_id: RunGym, member_number: MemberNumber, services: WithServices, caller: WithCaller
) -> MemberView:
    """Return who has this number at the consoles of the gym, as its staff may see them."""
    return MemberView.of(shown_member(caller, services.membership.by_number(gym_id, member_number)))


@router.post("/{gym_id}/invitations", status_code=HTTPStatus.CREATED, responses={404: _PROBLEM})
def invite(
    gym_id: RunGym, body: InvitationBody, services: WithServices, caller: WithCaller
) -> OneTimeCodeView:
    """Make a code by which one person joins within a week; operators invite members only."""
    if body.role not in _roles_run_by(caller):
        raise NotAllowedError("operators invite members")
    code, expires_at_ms = services.joining.invite(gym_id, body.role, body.member_id)
    return OneTimeCodeView(code=code, expires_at=utc(expires_at_ms))


@router.post("/{gym_id}/reset-codes", status_code=HTTPStatus.CREATED, responses={404: _PROBLEM})
def make_reset_code(
    gym_id: RunGym, body: ResetCodeBody, services: WithServices, caller: WithCaller
) -> OneTimeCodeView:
    """Make a code by which somebody sets a new password within a day; operators for members."""
    code, expires_at_ms = services.joining.reset_code(
        gym_id, body.sign_in_name, _roles_run_by(caller)
    )
    return OneTimeCodeView(code=code, expires_at=utc(expires_at_ms))


@router.put("/{gym_id}/join-code", responses={404: _PROBLEM})
def renew_join_code(gym_id: RunGym, services: WithServices) -> JoinCodeView:
    """Make a code by which any number of members join; the one before works no more."""
    return JoinCodeView(code=services.gyms.new_join_code(gym_id))


@router.delete("/{gym_id}/join-code", status_code=HTTPStatus.NO_CONTENT, responses={404: _PROBLEM})
def end_join_code(gym_id: RunGym, services: WithServices) -> None:
    """Let nobody join by a code any more."""
    services.gyms.end_join_code(gym_id)
