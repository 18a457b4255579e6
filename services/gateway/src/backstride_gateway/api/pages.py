"""The built pages: four documents and their assets, served from the package."""

from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from backstride_gateway.api.problems import problem_response

STATIC_DIRECTORY: Final = Path(str(resources.files("backstride_gateway"))) / "static"


def pages_router(directory: Path = STATIC_DIRECTORY) -> APIRouter:
    """Return the routes of the pages; until they are built, an answer that says how."""
    router = APIRouter(include_in_schema=False)

    def document(name: str) -> Response:
        path = directory / name
        if not path.is_file():
            return problem_response(
                "pages-not-built",
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The pages are not built yet",
                detail="run `make setup`",
            )
        return FileResponse(path, headers={"Cache-Control": "no-cache"})

    @router.get("/")
    @router.get("/t/{code}")
    def treadmills_page() -> Response:
        return document("index.html")

    @router.get("/sign-in")
    @router.get("/join")
    @router.get("/set-up")
    def entrance_page() -> Response:
        return document("entrance.html")

    @router.get("/gym")
    def gym_page() -> Response:
        return document("gym.html")

    @router.get("/members/{member_id}")
    def member_page(member_id: str) -> Response:  # noqa: ARG001  the page itself reads its address
        return document("member.html")

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        path = directory / "assets" / name
        if path.parent != directory / "assets" or not path.is_file():
            return problem_response("not-found", HTTPStatus.NOT_FOUND, "No such file")
        # the name holds a hash of the content
        return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    @router.get("/favicon.svg")
    def favicon() -> Response:
        return document("favicon.svg")

    return router
