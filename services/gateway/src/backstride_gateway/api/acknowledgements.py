"""The route by which the staff acknowledges an alert."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel

from backstride_gateway.acknowledging import Acknowledgement
from backstride_gateway.api.access import WithCaller, signed_in, staff_only
from backstride_gateway.api.models import UtcTime, utc
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.permissions import is_staff_of
from backstride_shared.identity import TreadmillKey, gym_id_of

router = APIRouter(
    prefix="/v1/alerts",
    tags=["alerts"],
    dependencies=[signed_in, staff_only],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)


class AcknowledgementView(BaseModel):
    """That an alert was seen, by whom and when; the first one stays."""

    alert_id: str
    acknowledged_at: UtcTime
    acknowledged_by: str | None

    @classmethod
    def of(cls, one: Acknowledgement) -> "AcknowledgementView":
        """Return an acknowledgement as the API tells it."""
        return cls(
            alert_id=one.alert_id,
            acknowledged_at=utc(one.acknowledged_at_ms),
            acknowledged_by=one.sign_in_name,
        )


@router.post(
    "/{alert_id}/acknowledge",
    status_code=HTTPStatus.CREATED,
    responses={200: {"model": AcknowledgementView, "description": "It was acknowledged before"}},
)
def acknowledge_alert(
    alert_id: str, response: Response, services: WithServices, caller: WithCaller
) -> AcknowledgementView:
    """Tell all of the staff that somebody has seen an alert; it goes on until its cause ends."""
    found, is_new = services.acknowledging.acknowledge(
        alert_id,
        caller.account_id,
        lambda treadmill: is_staff_of(caller, gym_id_of(TreadmillKey(treadmill))),
    )
    if not is_new:
        response.status_code = HTTPStatus.OK
    return AcknowledgementView.of(found)
