"""Routes of the codes that stand on treadmills: what a code leads to, and the QR codes to print."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from backstride_gateway.api.access import (
    ClaimableTreadmill,
    WithCaller,
    address_of,
    check_claimed_for,
    signed_in,
)
from backstride_gateway.api.claim_answers import claim_answer
from backstride_gateway.api.member_models import ClaimAnswer
from backstride_gateway.api.models import Energy, Strict, UtcTime, utc
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError
from backstride_gateway.api.services import Services, WithServices
from backstride_gateway.api.texts import WITHOUT_NUL, Key
from backstride_gateway.domain.bands import band_of
from backstride_gateway.domain.permissions import Caller, is_of_gym, is_own, is_staff_of
from backstride_gateway.domain.taking_over import TakeOver
from backstride_gateway.gym_registry import NotRegisteredError, UnknownGymError
from backstride_gateway.treadmill_codes import UnknownTreadmillCodeError
from backstride_shared.identity import TreadmillKey, gym_id_of, treadmill_id_of, treadmill_key

_PROBLEM: Final[dict[str, Any]] = {"model": Problem}
DEMO_GYM_NAME: Final = "Demonstration"

router = APIRouter(
    prefix="/v1",
    tags=["treadmills"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: _PROBLEM},
)


class TakeOverOffer(BaseModel):
    """A session of nobody that may be taken over by whoever ran it."""

    session_id: str
    started_at: UtcTime
    last_moving_at: UtcTime
    expires_at: UtcTime = Field(description="15 minutes after the last moving reading")
    is_running: bool = Field(description="Then the claim goes on")
    duration_s: float
    distance_m: float
    energy: Energy = Field(description="For a body of which nothing is known")

    @classmethod
    def of(cls, found: TakeOver) -> "TakeOverOffer":
        """Return the offer as the API tells it."""
        totals = found.totals
        return cls(
            session_id=found.session_id,
            started_at=utc(found.from_ms),
            last_moving_at=utc(found.last_moving_at_ms),
            expires_at=utc(found.expires_at_ms),
            is_running=found.until_ms is None,
            duration_s=totals.forward_seconds + totals.backward_seconds,
            distance_m=totals.forward_metres + totals.backward_metres,
            energy=Energy.of(band_of(totals)),
        )


class TakeOverBody(Strict):
    """Who ran, and the code that stands on the treadmill."""

    member_id: Key
    code: Annotated[str, Field(min_length=1, max_length=32, pattern=WITHOUT_NUL)]


class TreadmillByCode(BaseModel):
    """The treadmill on which a code stands."""

    gym_id: str
    gym_name: str
    treadmill: str = Field(description="gym_id/treadmill_id")
    treadmill_id: str
    treadmill_name: str
    is_registered: bool = Field(description="It can be claimed")
    is_claimed: bool = Field(description="Somebody holds it now")
    is_mine: bool = Field(description="The caller holds it now")
    take_over: TakeOverOffer | None = Field(
        description="The latest session of nobody within 15 minutes; null: there is none"
    )


class TreadmillCodeView(BaseModel):
    """The code of a treadmill, and where its QR code leads."""

    code: str
    url: str


def _key_of(request: Request, services: Services, caller: Caller, code: str) -> TreadmillKey:
    """Return the treadmill of a code; trying codes is slowed down for whoever is signed in.

    Raises:
        UnknownTreadmillCodeError: when none of the caller's gyms has it.
        TooManyAttemptsError: when it comes too soon after wrong ones.

    """
    was_right = _scan(request, services, caller)
    key = services.treadmill_codes.treadmill(code)
    if not is_of_gym(caller, gym_id_of(key)):
        raise UnknownTreadmillCodeError
    was_right()
    return key


def _scan(request: Request, services: Services, caller: Caller) -> Callable[[], None]:
    """Begin to try a code; return what takes it back when the code is right."""
    if caller.account_id is None:
        # in a demonstration everybody may read the codes
        return lambda: None
    return services.attempts.scan(caller.account_id, address_of(request))


@router.get("/t/{code}", responses={404: _PROBLEM, 429: _PROBLEM})
def get_treadmill_by_code(
    code: str, request: Request, services: WithServices, caller: WithCaller
) -> TreadmillByCode:
    """Return the treadmill of a code, scanned or typed; case, hyphens and O for 0 do not matter."""
    key = _key_of(request, services, caller, code)
    gym_id = gym_id_of(key)
    view = services.live.treadmill(key)
    claim = None if view is None or view.claim is None else view.claim.claim
    names = dict(treadmills_of(services, gym_id))
    offer = services.taking_over.offer(key)
    return TreadmillByCode(
        gym_id=gym_id,
        gym_name=gym_name_of(services, gym_id),
        treadmill=key,
        treadmill_id=treadmill_id_of(key),
        treadmill_name=names.get(key, treadmill_id_of(key)),
        is_registered=key in names,
        is_claimed=claim is not None,
        is_mine=claim is not None and is_own(caller, claim.member_id),
        take_over=None if offer is None else TakeOverOffer.of(offer),
    )


@router.post(
    "/treadmills/{gym_id}/{treadmill_id}/take-over",
    status_code=HTTPStatus.CREATED,
    responses={
        200: {"model": ClaimAnswer, "description": "It was taken over before"},
        404: _PROBLEM,
        409: _PROBLEM,
        429: _PROBLEM,
    },
)
def take_over(
    key: ClaimableTreadmill,
    body: TakeOverBody,
    request: Request,
    response: Response,
    services: WithServices,
    caller: WithCaller,
) -> ClaimAnswer:
    """Make the latest session of nobody a member's, within 15 minutes of its last motion.

    It is computed again with the member's body. While it runs, the claim goes on. The code that
    stands on the treadmill shows that the member was there.
    """
    check_claimed_for(caller, body.member_id, services)
    was_right = _scan(request, services, caller)
    if services.treadmill_codes.treadmill(body.code) != key:
        raise UnknownTreadmillCodeError
    was_right()
    outcome = services.taking_over.take_over(key, body.member_id)
    if not outcome.is_new:
        response.status_code = HTTPStatus.OK
    return claim_answer(services, outcome.claim)


def _run_gym(gym_id: str, services: WithServices, caller: WithCaller) -> str:
    return check_runs_gym(services, caller, gym_id)


def check_runs_gym(services: Services, caller: Caller, gym_id: str) -> str:
    """Return the gym's id when the caller runs it; a demonstration's gym is nowhere registered.

    Raises:
        UnknownGymError: when there is no such gym for the caller.
        NotAllowedError: when the caller does not run it.

    """
    if not is_of_gym(caller, gym_id):
        raise UnknownGymError(gym_id)
    if not is_staff_of(caller, gym_id):
        raise NotAllowedError("for the staff of the gym")
    gym_name_of(services, gym_id)
    return gym_id


def _run_treadmill(
    gym_id: Annotated[str, Depends(_run_gym)], treadmill_id: str, services: WithServices
) -> TreadmillKey:
    key = treadmill_key(gym_id, treadmill_id)
    if key not in dict(treadmills_of(services, gym_id)):
        raise NotRegisteredError(key)
    return key


RunTreadmill = Annotated[TreadmillKey, Depends(_run_treadmill)]


@router.get(
    "/gyms/{gym_id}/treadmills/{treadmill_id}/qr.svg",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {}}, "description": "The QR code"},
        403: _PROBLEM,
        404: _PROBLEM,
    },
    tags=["gyms"],
)
def get_treadmill_qr(key: RunTreadmill, request: Request, services: WithServices) -> Response:
    """Return the QR code of a treadmill's page as SVG."""
    code = services.treadmill_codes.of([key])[key]
    svg = services.qr_svg(url_of_code(services, request, code))
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "private, no-cache"})


@router.put(
    "/gyms/{gym_id}/treadmills/{treadmill_id}/code",
    status_code=HTTPStatus.OK,
    responses={403: _PROBLEM, 404: _PROBLEM},
    tags=["gyms"],
)
def renew_treadmill_code(
    key: RunTreadmill, request: Request, services: WithServices
) -> TreadmillCodeView:
    """Give a treadmill another code; the printed one leads nowhere from now on."""
    code = services.treadmill_codes.renew(key)
    return TreadmillCodeView(code=code, url=url_of_code(services, request, code))


def gym_name_of(services: Services, gym_id: str) -> str:
    """Return the name of a gym.

    Raises:
        UnknownGymError: when there is none of that id.

    """
    return DEMO_GYM_NAME if services.is_demo else services.gyms.get(gym_id).name


def treadmills_of(services: Services, gym_id: str) -> list[tuple[TreadmillKey, str]]:
    """Return a gym's treadmills with their names; in a demonstration those that were heard."""
    if services.is_demo:
        heard = [TreadmillKey(view.treadmill) for view in services.live.treadmills()]
        return [(key, treadmill_id_of(key)) for key in heard if gym_id_of(key) == gym_id]
    return [(TreadmillKey(one.treadmill), one.name) for one in services.gyms.treadmills(gym_id)]


def url_of_code(services: Services, request: Request, code: str) -> str:
    """Return the address of a treadmill's page, as members reach it."""
    base = services.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/t/{code}"
