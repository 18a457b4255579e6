"""The built pages: one document for all addresses, and its files, served from the package.

The build compresses every file once; what a browser takes is sent as it lies there.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Header
from fastapi.responses import FileResponse, Response

from backstride_gateway.api.problems import problem_response

STATIC_DIRECTORY: Final = Path(str(resources.files("backstride_gateway"))) / "static"

PAGES: Final = (
    "/",
    "/account",
    "/erasures/{erasure_id}",
    "/floor",
    "/gym",
    "/history",
    "/join",
    "/learn",
    "/members/{member_id}",
    "/more",
    "/my-data",
    "/now",
    "/profile",
    "/sessions/{session_id}",
    "/set-up",
    "/sign-in",
    "/summary",
    "/t/{code}",
    "/treadmills",
    "/treadmills/{gym_id}/{treadmill_id}",
)
"""What a browser may be led to; the page itself reads its address."""

_FILES: Final = {
    "favicon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "manifest.webmanifest": "application/manifest+json",
    # looked at again at each start, so that a new version is found
    "sw.js": "text/javascript",
}
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_ASSET_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""What the build gives out; a longer name is an error to the file system."""
_KEPT: Final = "public, max-age=31536000, immutable"

AcceptEncoding = Annotated[str, Header(include_in_schema=False)]


def pages_router(directory: Path = STATIC_DIRECTORY) -> APIRouter:
    """Return the routes of the pages; until they are built, an answer that says how."""
    router = APIRouter(include_in_schema=False)

    def page(accept_encoding: AcceptEncoding = "") -> Response:
        path = directory / "index.html"
        if not path.is_file():
            return problem_response(
                "pages-not-built",
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The pages are not built yet",
                detail="run `make setup`",
            )
        return _file(path, accept_encoding, "text/html; charset=utf-8")

    for path in PAGES:
        router.get(path)(page)

    @router.get("/assets/{name}")
    def asset(name: str, accept_encoding: AcceptEncoding = "") -> Response:
        path = directory / "assets" / name
        if _ASSET_NAME.fullmatch(name) is None or not path.is_file():
            return _no_such_file()
        # the name holds a hash of the content
        return _file(path, accept_encoding, None, cache=_KEPT)

    for name in _FILES:
        router.get(f"/{name}")(_fixed_file(directory / name))
    return router


def _fixed_file(path: Path) -> Callable[..., Response]:
    def answer(accept_encoding: AcceptEncoding = "") -> Response:
        if not path.is_file():
            return _no_such_file()
        return _file(path, accept_encoding, _FILES[path.name])

    return answer


def _no_such_file() -> Response:
    return problem_response("not-found", HTTPStatus.NOT_FOUND, "No such file")


def _file(
    path: Path, accept_encoding: str, media_type: str | None, cache: str = "no-cache"
) -> Response:
    """Return a file in the smallest form that the browser takes."""
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    accepted = {part.partition(";")[0].strip() for part in accept_encoding.split(",")}
    for encoding, suffix in _ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if encoding in accepted and packed.is_file():
            headers["Content-Encoding"] = encoding
            media_type = media_type or _media_type(path)
            return FileResponse(packed, headers=headers, media_type=media_type)
    return FileResponse(path, headers=headers, media_type=media_type or _media_type(path))


def _media_type(path: Path) -> str | None:
    # the machine's own table of types may know neither
    return {".js": "text/javascript", ".css": "text/css"}.get(path.suffix)
