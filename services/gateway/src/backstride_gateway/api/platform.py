"""Routes about the platform itself: its counts, health and metrics."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from backstride_gateway.api.access import signed_in, staff_only
from backstride_gateway.api.models import UtcTime, utc
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.services import WithServices
from backstride_shared.energy import MODEL_VERSION

router = APIRouter()
health = APIRouter()
"""Answered to everybody, so that whoever starts the program can see how it is."""


class ReadingCountsView(BaseModel):
    """What became of the readings, over the life of the data folder."""

    sent: int
    stored: int
    lost: int
    doubled: int


class ProgramView(BaseModel):
    """How one program of the platform is."""

    name: str
    state: str
    restarts: int


class Status(BaseModel):
    """The platform as a whole."""

    is_demo: bool = Field(description="Members and treadmills are simulated")
    model_version: str = Field(description="Of the calorie model")
    counted_at: UtcTime | None = Field(description="null: nobody counts (no supervisor)")
    readings: ReadingCountsView | None
    programs: list[ProgramView]


@router.get(
    "/v1/status",
    tags=["platform"],
    dependencies=[signed_in],
    responses={401: {"model": Problem}},
)
def get_status(services: WithServices) -> Status:
    """Return what the platform did with its readings, where its supervisor counts that."""
    found = services.status.read()
    counts = None if found is None else found.readings
    return Status(
        is_demo=services.is_demo,
        model_version=MODEL_VERSION,
        counted_at=None if found is None else utc(found.at_ms),
        readings=(
            None
            if counts is None
            else ReadingCountsView(
                sent=counts.sent,
                stored=counts.stored,
                lost=counts.lost,
                doubled=counts.doubled,
            )
        ),
        programs=[
            ProgramView(name=one.name, state=one.state, restarts=one.restarts)
            for one in (found.programs if found is not None else [])
        ],
    )


@health.get("/healthz", include_in_schema=False)
async def healthz() -> JSONResponse:
    """Answer while the program lives."""
    return JSONResponse({"status": "alive", "service": "gateway"})


@health.get("/readyz", include_in_schema=False)
async def readyz(services: WithServices) -> JSONResponse:
    """Answer 200 when everything needed is there, otherwise 503 with what is missing."""
    missing = services.waiting_for()
    status = "waiting" if missing else "ready"
    return JSONResponse(
        {"status": status, "service": "gateway", "waiting_for": missing},
        status_code=503 if missing else 200,
    )


@router.get("/metrics", include_in_schema=False, dependencies=[signed_in, staff_only])
def metrics() -> Response:
    """Return the metrics; Prometheus itself reads them at the telemetry port."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
