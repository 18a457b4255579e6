"""What only a demonstration can do: break something, and watch nothing being lost."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backstride_gateway.api.access import signed_in
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.refusals import NoDemonstrationError
from backstride_gateway.api.services import WithServices

router = APIRouter(
    prefix="/v1/demo",
    tags=["platform"],
    dependencies=[signed_in],
    responses={401: {"model": Problem}},
)


class FaultAsked(BaseModel):
    """A fault that is about to happen."""

    program: str = Field(description="Its state and restarts are in /v1/status")


@router.post(
    "/kill-processor",
    status_code=HTTPStatus.ACCEPTED,
    responses={404: {"model": Problem}, 503: {"model": Problem}},
)
def kill_processor(services: WithServices) -> FaultAsked:
    """Kill the processor as a crash would; its supervisor starts it again, and nothing is lost.

    Only in a demonstration under `backstride run`; elsewhere there is no such thing.
    """
    if services.faults is None:
        raise NoDemonstrationError
    services.faults.kill_processor()
    return FaultAsked(program="processor")
