"""Routes by which a session is set right."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from backstride_gateway.api.access import SeenSession, WithCaller, signed_in
from backstride_gateway.api.change_models import Correction, CorrectionBody, SessionDeletion
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.refusals import NotAllowedError
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.permissions import changes_session
from backstride_gateway.domain.sessions import SessionRecord

router = APIRouter(
    prefix="/v1/sessions",
    tags=["sessions"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)


def _own_session(session: SeenSession, caller: WithCaller) -> SessionRecord:
    if not changes_session(caller, session):
        raise NotAllowedError("a session is changed by its member")
    return session


ChangeableSession = Annotated[SessionRecord, Depends(_own_session)]


@router.post(
    "/{session_id}/corrections",
    status_code=HTTPStatus.ACCEPTED,
    responses={409: {"model": Problem}},
)
def correct_session(
    session: ChangeableSession, body: CorrectionBody, services: WithServices
) -> Correction:
    """Ask for a session to be computed again with another body mass, hands, facing or end.

    It is done within seconds, from the readings; the session then says when it was recomputed,
    and its `corrections` what became of this. Asked for twice in a row, it is the same correction.
    """
    return Correction.of(services.correcting.correct(session, body.fields()))


@router.delete("/{session_id}", status_code=HTTPStatus.ACCEPTED)
def delete_session(session: ChangeableSession, services: WithServices) -> SessionDeletion:
    """Ask for a session to be erased, with its readings; a claim that still holds ends with it.

    It is done within seconds, and nothing that is still on its way brings it back: then no session
    has this id. What was computed from it follows.
    """
    return SessionDeletion.of(session.session_id, services.erasing.erase_session(session))
