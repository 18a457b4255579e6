"""Errors as problem+json (RFC 9457), each with a `type` that stays."""

from http import HTTPStatus
from typing import Final, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from backstride_gateway.acknowledging import UnknownAlertError
from backstride_gateway.activities import SessionRunningError
from backstride_gateway.api.refusals import (
    ConditionMissingError,
    CsrfError,
    DemonstrationError,
    NoDemonstrationError,
    NotAllowedError,
    NotConfirmedError,
    NotSignedInError,
)
from backstride_gateway.attempts import TooManyAttemptsError
from backstride_gateway.claiming import (
    ClaimedByAnotherError,
    ElsewhereThenError,
    NotClaimedError,
    PastClaimedError,
)
from backstride_gateway.console_access import (
    CardTakenError,
    TooManyCardsError,
    UnknownCardError,
)
from backstride_gateway.correcting import NobodysSessionError
from backstride_gateway.demo_ports import FaultUnavailableError
from backstride_gateway.domain.accounts import ImplausibleAccountError
from backstride_gateway.domain.changes import CorrectionError, TooManyCorrectionsError
from backstride_gateway.domain.console_access import ImplausiblePinError
from backstride_gateway.domain.masses import FutureMassError
from backstride_gateway.domain.periods import PeriodRangeError
from backstride_gateway.erasing import UnknownErasureError
from backstride_gateway.exporting import (
    ExportNotReadyError,
    ExportsOffError,
    UnknownExportError,
)
from backstride_gateway.gym_registry import NotRegisteredError, UnknownGymError
from backstride_gateway.gym_statistics import StatisticsRangeError
from backstride_gateway.history import TooManyPointsError, UnknownSessionError
from backstride_gateway.joining import (
    HasAccountError,
    NotOfGymError,
    OnlyGymError,
    UnknownAccountError,
)
from backstride_gateway.live_feed import TooManyListenersError, TooManyOfOneError
from backstride_gateway.member_body import PrecautionsOutdatedError, UnknownMassError
from backstride_gateway.membership import (
    ImplausibleProfileError,
    ProfileChangedError,
    UnknownMemberError,
)
from backstride_gateway.ports import (
    CodeRefusedError,
    GymExistsError,
    MemberNumberTakenError,
    SignInNameTakenError,
    StoreUnavailableError,
    TreadmillExistsError,
    UnstorableError,
)
from backstride_gateway.signing_in import (
    TooManyTokensError,
    UnknownTokenError,
    WrongPasswordError,
)
from backstride_gateway.taking_over import NothingToTakeOverError
from backstride_gateway.treadmill_codes import UnknownTreadmillCodeError
from backstride_shared.identity import InvalidIdentifierError
from backstride_shared.series.ports import SeriesUnavailableError

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "backstride.request_id"
"""Where the id of a request stands in its ASGI scope."""
TYPE_PREFIX: Final = "urn:backstride:problem:"


class FieldProblem(BaseModel):
    """One wrong value of a request."""

    field: str = Field(description="Where it stands, such as body.mass_kg or query.limit")
    message: str = Field(description="What is wrong with it")


class Problem(BaseModel):
    """An error (RFC 9457); programs go by `type`, people by `title` and `detail`."""

    type: str = Field(
        description="Stable name of the kind of error", examples=[f"{TYPE_PREFIX}member-unknown"]
    )
    title: str = Field(description="The kind of error in words")
    status: int = Field(description="The HTTP status")
    detail: str | None = Field(default=None, description="What happened this time")
    instance: str | None = Field(default=None, description="The path that was asked for")
    request_id: str | None = Field(
        default=None, description="Also in the header X-Request-Id and in the log"
    )
    errors: list[FieldProblem] = Field(
        default_factory=list, description="Wrong values, all of them"
    )


class UnknownTreadmillError(Exception):
    """Nothing was ever heard of a treadmill of this name."""


class InvalidCursorError(Exception):
    """A cursor that we did not give out."""


class _Kind(NamedTuple):
    name: str
    status: HTTPStatus
    title: str


_INVALID = _Kind("request-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid")
_INTERNAL = _Kind(
    "internal", HTTPStatus.INTERNAL_SERVER_ERROR, "An error of ours; it was written to the log"
)

KINDS: Final[dict[type[Exception], _Kind]] = {
    UnknownMemberError: _Kind("member-unknown", HTTPStatus.NOT_FOUND, "No member has this id"),
    UnknownSessionError: _Kind("session-unknown", HTTPStatus.NOT_FOUND, "No session has this id"),
    ConditionMissingError: _Kind(
        "condition-missing", HTTPStatus.PRECONDITION_REQUIRED, "Say which version you change"
    ),
    ProfileChangedError: _Kind(
        "profile-changed", HTTPStatus.PRECONDITION_FAILED, "The profile was changed meanwhile"
    ),
    FutureMassError: _Kind(
        "mass-of-the-future", HTTPStatus.UNPROCESSABLE_ENTITY, "The day is still to come"
    ),
    StatisticsRangeError: _Kind(
        "range-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "The range of days cannot be used"
    ),
    UnknownMassError: _Kind(
        "mass-unknown", HTTPStatus.NOT_FOUND, "No mass was noted from this day on"
    ),
    PrecautionsOutdatedError: _Kind(
        "precautions-outdated", HTTPStatus.CONFLICT, "These precautions are not the current ones"
    ),
    ImplausiblePinError: _Kind("pin-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "Not a PIN to take"),
    CardTakenError: _Kind("card-taken", HTTPStatus.CONFLICT, "A member has this card already"),
    TooManyCardsError: _Kind(
        "too-many-cards", HTTPStatus.CONFLICT, "The member has as many cards as one may have"
    ),
    UnknownCardError: _Kind("card-unknown", HTTPStatus.NOT_FOUND, "No card has this id"),
    MemberNumberTakenError: _Kind(
        "member-number-taken", HTTPStatus.CONFLICT, "Another member of the gym has this number"
    ),
    NotClaimedError: _Kind(
        "treadmill-not-claimed", HTTPStatus.CONFLICT, "Nobody holds this treadmill"
    ),
    PastClaimedError: _Kind(
        "treadmill-was-claimed", HTTPStatus.CONFLICT, "Somebody held this treadmill then"
    ),
    ElsewhereThenError: _Kind(
        "was-elsewhere", HTTPStatus.CONFLICT, "You were on a treadmill of your own then"
    ),
    NothingToTakeOverError: _Kind(
        "nothing-to-take-over",
        HTTPStatus.CONFLICT,
        "No session of nobody moved here within the last 15 minutes",
    ),
    ClaimedByAnotherError: _Kind(
        "treadmill-claimed-by-another", HTTPStatus.CONFLICT, "Another member holds this treadmill"
    ),
    PeriodRangeError: _Kind(
        "range-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "The range of days cannot be used"
    ),
    TooManyPointsError: _Kind(
        "too-many-points", HTTPStatus.UNPROCESSABLE_ENTITY, "The resolution is too fine"
    ),
    InvalidIdentifierError: _Kind(
        "identifier-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "Not the form of an identifier"
    ),
    TooManyListenersError: _Kind(
        "too-many-streams", HTTPStatus.SERVICE_UNAVAILABLE, "Too many live streams are open"
    ),
    TooManyOfOneError: _Kind(
        "too-many-streams-of-one",
        HTTPStatus.TOO_MANY_REQUESTS,
        "You have too many live streams open",
    ),
    NotConfirmedError: _Kind(
        "not-confirmed", HTTPStatus.UNPROCESSABLE_ENTITY, "It cannot be undone: confirm it"
    ),
    UnknownErasureError: _Kind(
        "erasure-unknown", HTTPStatus.NOT_FOUND, "No erasure has this id and code"
    ),
    NobodysSessionError: _Kind(
        "session-nobodys", HTTPStatus.CONFLICT, "Nobody claimed the treadmill in this session"
    ),
    CorrectionError: _Kind(
        "correction-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "The correction does not fit"
    ),
    TooManyCorrectionsError: _Kind(
        "too-many-corrections", HTTPStatus.CONFLICT, "The session was corrected too often"
    ),
    SessionRunningError: _Kind(
        "session-running", HTTPStatus.CONFLICT, "The session is not over yet"
    ),
    UnknownExportError: _Kind("export-unknown", HTTPStatus.NOT_FOUND, "No export has this id"),
    ExportNotReadyError: _Kind("export-not-ready", HTTPStatus.CONFLICT, "There is no file yet"),
    ExportsOffError: _Kind(
        "exports-off", HTTPStatus.SERVICE_UNAVAILABLE, "This gym has no place for exports"
    ),
    UnstorableError: _Kind(
        "value-not-storable", HTTPStatus.UNPROCESSABLE_ENTITY, "A value cannot be stored"
    ),
    StoreUnavailableError: _Kind(
        "store-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The store cannot be reached now"
    ),
    SeriesUnavailableError: _Kind(
        "series-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The series cannot be read now"
    ),
    UnknownTreadmillError: _Kind(
        "treadmill-unknown", HTTPStatus.NOT_FOUND, "Nothing was ever heard of this treadmill"
    ),
    InvalidCursorError: _Kind(
        "cursor-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "The cursor is none that was given out"
    ),
    NotSignedInError: _Kind("not-signed-in", HTTPStatus.UNAUTHORIZED, "Sign in first"),
    WrongPasswordError: _Kind(
        "password-wrong", HTTPStatus.UNAUTHORIZED, "Name and password do not belong together"
    ),
    CsrfError: _Kind(
        "csrf-token-wrong", HTTPStatus.FORBIDDEN, "X-CSRF-Token is not the one of this session"
    ),
    NotAllowedError: _Kind("not-allowed", HTTPStatus.FORBIDDEN, "You may not do this"),
    DemonstrationError: _Kind("demonstration", HTTPStatus.CONFLICT, "There are no accounts here"),
    NoDemonstrationError: _Kind(
        "no-demonstration", HTTPStatus.NOT_FOUND, "Only a demonstration can do this"
    ),
    FaultUnavailableError: _Kind(
        "fault-unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The supervisor cannot be asked now"
    ),
    CodeRefusedError: _Kind(
        "code-refused", HTTPStatus.FORBIDDEN, "The code is unknown, used or out of date"
    ),
    TooManyAttemptsError: _Kind(
        "too-many-attempts", HTTPStatus.TOO_MANY_REQUESTS, "Too many attempts failed"
    ),
    TooManyTokensError: _Kind(
        "too-many-tokens", HTTPStatus.CONFLICT, "The account has as many tokens as it may have"
    ),
    ImplausibleAccountError: _Kind(
        "account-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "Not a name or password to take"
    ),
    SignInNameTakenError: _Kind(
        "sign-in-name-taken", HTTPStatus.CONFLICT, "Another account has this name"
    ),
    GymExistsError: _Kind("gym-exists", HTTPStatus.CONFLICT, "A gym of this id is there already"),
    TreadmillExistsError: _Kind(
        "treadmill-exists", HTTPStatus.CONFLICT, "A treadmill of this id is there already"
    ),
    UnknownTokenError: _Kind("token-unknown", HTTPStatus.NOT_FOUND, "No token has this id"),
    UnknownAccountError: _Kind(
        "account-unknown", HTTPStatus.NOT_FOUND, "The gym has no account of this name"
    ),
    HasAccountError: _Kind(
        "member-has-account", HTTPStatus.CONFLICT, "The member has an account already"
    ),
    NotOfGymError: _Kind("gym-not-joined", HTTPStatus.NOT_FOUND, "You are not of this gym"),
    OnlyGymError: _Kind("only-gym", HTTPStatus.CONFLICT, "The only gym cannot be left"),
    UnknownGymError: _Kind("gym-unknown", HTTPStatus.NOT_FOUND, "No gym has this id"),
    UnknownAlertError: _Kind("alert-unknown", HTTPStatus.NOT_FOUND, "No alert has this id"),
    UnknownTreadmillCodeError: _Kind(
        "treadmill-code-unknown", HTTPStatus.NOT_FOUND, "No treadmill has this code"
    ),
    NotRegisteredError: _Kind(
        "treadmill-not-registered", HTTPStatus.NOT_FOUND, "The gym has no treadmill of this id"
    ),
}


def problem_response(
    name: str, status: HTTPStatus, title: str, *, detail: str | None = None
) -> JSONResponse:
    """Return a problem as a response, for what is refused before a route is reached."""
    return _response(Problem(type=TYPE_PREFIX + name, title=title, status=status, detail=detail))


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of the app a problem+json."""
    for error_type in KINDS:
        app.add_exception_handler(error_type, _named)
    app.add_exception_handler(ImplausibleProfileError, _implausible)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _named(request: Request, error: Exception) -> JSONResponse:
    kind = KINDS[type(error)]
    response = _response(_problem(kind, request, str(error) or None))
    if isinstance(error, TooManyAttemptsError):
        response.headers["Retry-After"] = str(error.wait_s)
    if isinstance(error, NotSignedInError):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _implausible(request: Request, error: Exception) -> JSONResponse:
    problems = error.problems if isinstance(error, ImplausibleProfileError) else ()
    problem = _problem(_INVALID, request, str(error))
    problem.errors = [
        FieldProblem(field="body." + text.partition(" ")[0], message=text) for text in problems
    ]
    return _response(problem)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    problem = _problem(_INVALID, request, None)
    if isinstance(error, RequestValidationError):
        problem.errors = [
            FieldProblem(
                field=".".join(str(part) for part in detail["loc"]), message=str(detail["msg"])
            )
            for detail in error.errors()
        ]
        problem.detail = "; ".join(f"{one.field}: {one.message}" for one in problem.errors)
    return _response(problem)


async def _http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    phrase = HTTPStatus(status).phrase
    problem = Problem(
        type=TYPE_PREFIX + phrase.lower().replace(" ", "-"),
        title=phrase,
        status=status,
        detail=str(error.detail) if isinstance(error, HTTPException) else None,
        instance=request.url.path,
        request_id=request.scope.get(REQUEST_ID),
    )
    response = _response(problem)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request failed", path=request.url.path, exc_info=error)
    return _response(_problem(_INTERNAL, request, None))


def _problem(kind: _Kind, request: Request, detail: str | None) -> Problem:
    return Problem(
        type=TYPE_PREFIX + kind.name,
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=request.url.path,
        request_id=request.scope.get(REQUEST_ID),
    )


def _response(problem: Problem) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(exclude_defaults=True),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
    )
