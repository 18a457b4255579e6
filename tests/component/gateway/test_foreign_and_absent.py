"""What is foreign is answered like what is absent, on every route, and nothing comes of asking."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from backstride_shared.identity import TreadmillKey
from tests.component.gateway.test_access import ANY_VERSION, GUARDED, ROLES, Row, filled
from tests.component.gateway.two_gyms import TwoGyms

FOREIGN: Final = "cem"
# asked with somebody else's code, one learns that it is not one's own treadmill's; the limit on
# guesses is what protects it
NAMED_BY_A_SECRET: Final = {"POST /v1/account/gyms"}
ROUTES: Final = [
    (row, role)
    for row in GUARDED
    for role in ("member", "operator")
    if getattr(row, role)[2] == 404 and "{" in row.route and row.route not in NAMED_BY_A_SECRET
]


def _absent(gyms: TwoGyms, text: str) -> str:
    """Return a path or body about Cem as one about somebody and something that is not there."""
    code = gyms.desk.codes.of([TreadmillKey("south/one")])["south/one"]
    for there, nowhere in (
        (gyms.member_id(FOREIGN), "00000000-0000-4000-8000-000000000000"),
        ("s-cem", "s-xyz"),
        ("south/one", "nogym/one"),
        ("south", "nogym"),
        (code, "7" * len(code)),
    ):
        text = text.replace(there, nowhere)
    return text


def _told(gyms: TwoGyms, answer: httpx.Response) -> Iterator[object]:
    """Yield what an answer tells, but for the path and id that were sent."""
    yield answer.status_code
    problem: dict[str, Any] = answer.json()
    for name in ("instance", "request_id"):
        problem.pop(name, None)
    yield json.loads(_absent(gyms, json.dumps(problem)))
    yield {name for name in answer.headers if name != "content-length"}


@pytest.mark.parametrize(
    ("row", "role"), ROUTES, ids=[f"{row.route} as {role}" for row, role in ROUTES]
)
async def test_an_answer_does_not_tell_whether_it_is_there(row: Row, role: str) -> None:
    gyms = TwoGyms()
    method, _, path = filled(gyms, row.route, FOREIGN).partition(" ")
    text = None if row.body is None else filled(gyms, json.dumps(row.body), FOREIGN)
    before = _state(gyms)
    told = []
    async with gyms.signed_in(ROLES[role]) as client:
        for asked, body in (
            (path, text),
            (_absent(gyms, path), None if text is None else _absent(gyms, text)),
        ):
            json_body = None if body is None else json.loads(body)
            answer = await client.request(method, asked, json=json_body, headers=ANY_VERSION)
            assert answer.status_code == 404
            told.append(list(_told(gyms, answer)))
    assert told[0] == told[1]
    assert _state(gyms) == before


def _state(gyms: TwoGyms) -> list[str]:
    desk = gyms.desk
    stores = (desk.members, desk.claims, desk.history, desk.gyms, desk.changes)
    return [
        f"{type(store).__name__}.{name}: {value!r}"
        for store in stores
        for name, value in vars(store).items()
        if isinstance(value, dict | list | set)
    ]
