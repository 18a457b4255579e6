"""What somebody has already is not sent again."""

import httpx
import pytest

from backstride_gateway.domain.members import Profile
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.served import served
from tests.factories.session_records import session_record


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.add_member("m", profile=Profile(display_name="Ada"))
    desk.history.put(session_record("s", NOW_MS, treadmill=TREADMILL))
    return desk


def client_of(desk: Desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=served(desk.services), base_url="http://localhost")


@pytest.mark.parametrize(
    "path", ["/v1/sessions/s", "/v1/members/m/summary", "/v1/members/m", "/v1/members/m/records"]
)
async def test_who_has_it_is_told_so_and_gets_nothing(desk: Desk, path: str) -> None:
    async with client_of(desk) as client:
        first = await client.get(path)
        tag = first.headers["ETag"]
        again = await client.get(path, headers={"If-None-Match": f'"other", {tag}'})
        anything = await client.get(path, headers={"If-None-Match": "*"})
        other = await client.get(path, headers={"If-None-Match": '"other"'})

    assert (first.status_code, other.status_code) == (200, 200)
    for known in (again, anything):
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["ETag"] == tag
        assert "Content-Type" not in known.headers
    assert other.json() == first.json()
    assert "private" in first.headers["Cache-Control"]


async def test_what_changed_is_sent(desk: Desk) -> None:
    async with client_of(desk) as client:
        tag = (await client.get("/v1/sessions/s")).headers["ETag"]
        desk.history.put(session_record("s", NOW_MS, treadmill=TREADMILL, backward_s=60))
        answer = await client.get("/v1/sessions/s", headers={"If-None-Match": tag})

    assert answer.status_code == 200
    assert answer.json()["backward"]["duration_s"] == 60


async def test_errors_and_other_kinds_of_answers_have_no_tag(desk: Desk) -> None:
    async with client_of(desk) as client:
        absent = await client.get("/v1/sessions/nothing", headers={"If-None-Match": "*"})
        health = await client.get("/healthz", headers={"If-None-Match": "*"})

    assert (absent.status_code, health.status_code) == (404, 200)
    assert "ETag" not in absent.headers
