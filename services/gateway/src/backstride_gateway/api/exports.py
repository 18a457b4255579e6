"""Routes by which people take their data away: a session as a file, everything as one zip."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from backstride_gateway.api.access import ChangeableMember, SeenSession, signed_in
from backstride_gateway.api.models import UtcTime, utc, utc_or_none
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.services import WithServices
from backstride_gateway.domain.exports import ExportJob, ExportStatus
from backstride_gateway.domain.file_names import activity_file_name, archive_file_name

router = APIRouter(
    prefix="/v1",
    tags=["exports"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: {"model": Problem}, 404: {"model": Problem}},
)

_PIECE_BYTES: Final = 64 * 1024
_ZIP: Final = "application/zip"


_MEDIA_TYPES: Final = {
    "fit": "application/vnd.ant.fit",
    "tcx": "application/vnd.garmin.tcx+xml",
    "csv": "text/csv",
}
_PROBLEM: Final = {"model": Problem}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}


class MemberExport(BaseModel):
    """Everything of a member as one zip, in the making or ready to be taken away."""

    export_id: str
    status: ExportStatus
    requested_at: UtcTime
    sessions_count: int | None = Field(description="null: not counted yet")
    sessions_done: int = Field(description="Of sessions_count")
    ready_at: UtcTime | None
    expires_at: UtcTime | None = Field(description="The file is deleted then")
    file_bytes: int | None
    file_url: str | None = Field(description="Where it is taken from; null until it is ready")
    reason: str | None = Field(description="For people: why it could not be made")

    @classmethod
    def of(cls, job: ExportJob) -> "MemberExport":
        """Return the export as the API tells it."""
        is_ready = job.status == "ready"
        url = f"/v1/members/{job.member_id}/exports/{job.export_id}/file"
        return cls(
            export_id=job.export_id,
            status=job.status,
            requested_at=utc(job.requested_at_ms),
            sessions_count=job.sessions_count,
            sessions_done=job.sessions_done,
            ready_at=utc_or_none(job.ended_at_ms) if is_ready else None,
            expires_at=utc_or_none(job.expires_at_ms),
            file_bytes=job.file_bytes,
            file_url=url if is_ready else None,
            reason=job.reason,
        )


class MemberExportList(BaseModel):
    """A member's exports, newest first."""

    exports: list[MemberExport]


@router.get(
    "/sessions/{session_id}/export",
    response_class=Response,
    responses={
        200: {
            "description": "The file",
            "content": dict.fromkeys(_MEDIA_TYPES.values(), _BINARY),
        },
        409: _PROBLEM,
        503: _PROBLEM,
    },
)
def export_session(
    session: SeenSession,
    services: WithServices,
    wanted: Annotated[
        Literal["fit", "tcx", "csv"],
        Query(alias="format", description="fit for Garmin, Strava and others; csv for tables"),
    ] = "fit",
) -> StreamingResponse:
    """Return a session that is over as a file, one record a second at most.

    Where single readings are not kept any more it is drawn from minutes, and says so inside.
    """
    activity = services.activities.of(session)
    return StreamingResponse(
        _in_pieces(services.activity_writers[wanted](activity)),
        media_type=_MEDIA_TYPES[wanted],
        headers={
            "Content-Disposition": f'attachment; filename="{activity_file_name(activity, wanted)}"',
            "Cache-Control": "private, no-store",
        },
    )


@router.post(
    "/members/{member_id}/exports",
    status_code=HTTPStatus.ACCEPTED,
    responses={403: _PROBLEM, 503: _PROBLEM},
)
def request_export(member: ChangeableMember, services: WithServices) -> MemberExport:
    """Ask for everything of a member as one zip, made in the background.

    While one is being made this is the one; one that was made before is replaced.
    """
    return MemberExport.of(services.exporting.request(member.member_id))


@router.get("/members/{member_id}/exports", responses={403: _PROBLEM})
def list_exports(member: ChangeableMember, services: WithServices) -> MemberExportList:
    """Return a member's exports, newest first."""
    jobs = services.exporting.of_member(member.member_id)
    return MemberExportList(exports=[MemberExport.of(job) for job in jobs])


@router.get("/members/{member_id}/exports/{export_id}", responses={403: _PROBLEM})
def get_export(member: ChangeableMember, export_id: str, services: WithServices) -> MemberExport:
    """Return how far an export is."""
    return MemberExport.of(services.exporting.get(member.member_id, export_id))


@router.get(
    "/members/{member_id}/exports/{export_id}/file",
    response_class=Response,
    responses={
        200: {"description": "The zip", "content": {_ZIP: _BINARY}},
        403: _PROBLEM,
        409: _PROBLEM,
    },
)
def get_export_file(
    member: ChangeableMember, export_id: str, services: WithServices
) -> FileResponse:
    """Return the zip of an export that is ready."""
    job, path = services.exporting.file(member.member_id, export_id)
    return FileResponse(
        path,
        media_type=_ZIP,
        filename=archive_file_name(job.requested_at_ms),
        headers={"Cache-Control": "private, no-store"},
    )


def _in_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts in pieces that are worth a system call each."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
