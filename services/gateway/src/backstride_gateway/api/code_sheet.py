"""The printable sheet of a gym's QR codes: made here, because scripts have nothing to add to it."""

from html import escape
from importlib import resources
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from backstride_gateway.api.access import WithCaller, signed_in
from backstride_gateway.api.services import Services, WithServices
from backstride_gateway.api.treadmill_codes import (
    check_runs_gym,
    gym_name_of,
    treadmills_of,
    url_of_code,
)
from backstride_gateway.membership import DEMO_GYM_ID
from backstride_shared.identity import TreadmillKey

router = APIRouter(include_in_schema=False)

_STYLE: Final = resources.files("backstride_gateway") / "sheet" / "sheet.css"
_GROUP: Final = 3
_WARNING: Final = (
    '<p class="warning">These codes lead to {host}, which only this machine reaches. '
    "Open this page under the address that members use, or set BACKSTRIDE_HTTP__PUBLIC_URL.</p>"
)
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>QR codes of {gym}</title>
<link rel="stylesheet" href="/gym/sheet.css">
</head>
<body>
<header>
<h1>QR codes of {gym}</h1>
<p>Print this page on A4, cut along the lines, and put each code on its treadmill.</p>
{warning}
</header>
<main>
<ul>
{cards}
</ul>
</main>
</body>
</html>
"""
_CARD: Final = """\
<li>
<h2>{name}</h2>
{svg}
<div class="how">
<p>Scan it, and the calories of this treadmill are yours.</p>
<p>Or type the code:</p>
<p class="code">{code}</p>
</div>
<p class="url">{url}</p>
</li>"""


@router.get("/gym/sheet", dependencies=[signed_in])
def code_sheet(
    request: Request,
    services: WithServices,
    caller: WithCaller,
    gym_id: Annotated[str | None, Query(max_length=63, description="By default one's own")] = None,
) -> HTMLResponse:
    """Return the sheet of a gym that the caller runs."""
    own = DEMO_GYM_ID if services.is_demo else caller.gym_id
    found = check_runs_gym(services, caller, gym_id or own or "")
    treadmills = treadmills_of(services, found)
    codes = services.treadmill_codes.of([key for key, _ in treadmills])
    cards = [_card(services, request, key, name, codes[key]) for key, name in treadmills]
    host = urlsplit(url_of_code(services, request, "")).hostname or ""
    return HTMLResponse(
        _PAGE.format(
            gym=escape(gym_name_of(services, found)),
            warning=_WARNING.format(host=escape(host)) if _is_loopback(host) else "",
            cards="\n".join(cards) or "<li><h2>No treadmill was added yet</h2></li>",
        ),
        headers={"Cache-Control": "no-store"},
    )


@router.get("/gym/sheet.css")
def sheet_style() -> Response:
    """Return the sheet's style, which the content security policy forbids inside the page."""
    return Response(
        _STYLE.read_text(), media_type="text/css", headers={"Cache-Control": "no-cache"}
    )


def _card(services: Services, request: Request, key: TreadmillKey, name: str, code: str) -> str:
    url = url_of_code(services, request, code)
    return _CARD.format(
        name=escape(name or key),
        svg=services.qr_svg(url),
        code=f"{code[:_GROUP]} {code[_GROUP:]}",
        url=escape(url),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
