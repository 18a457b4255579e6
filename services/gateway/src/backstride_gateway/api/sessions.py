"""Routes of single sessions."""

from typing import Annotated

from fastapi import APIRouter, Query

from backstride_gateway.api.access import SeenSession, WithCaller, signed_in
from backstride_gateway.api.change_models import SessionDetail
from backstride_gateway.api.models import Series
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.permissions import changes_session

router = APIRouter(
    prefix="/v1/sessions",
    tags=["sessions"],
    dependencies=[signed_in],
    responses={401: {"model": Problem}},
)


@router.get("/{session_id}", responses={404: {"model": Problem}})
def get_session(session: SeenSession, services: WithServices, caller: WithCaller) -> SessionDetail:
    """Return one session: sums forward and backward apart, the band, what makes it less certain."""
    return SessionDetail.with_changes(
        session,
        services.clock(),
        services.correcting.of_session(session.session_id),
        services.erasing.erasure_of_session(session.session_id),
        sees_body=changes_session(caller, session),
    )


@router.get("/{session_id}/series", responses={404: {"model": Problem}, 503: {"model": Problem}})
def get_series(
    session: SeenSession,
    services: WithServices,
    resolution_s: Annotated[
        int | None,
        Query(
            ge=1,
            le=3600,
            description="Seconds per point; by default so many that some 300 points come",
        ),
    ] = None,
) -> Series:
    """Return a session's readings, drawn together for a chart."""
    return Series.of(services.history.series(session.session_id, resolution_s))
