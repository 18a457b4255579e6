"""Role by route by whose it is: every route of the API stands in the table."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import pytest
from starlette.routing import BaseRoute

from backstride_gateway.api import pages
from backstride_gateway.api.app import described_app
from backstride_gateway.api.seen_treadmills import change_seen
from backstride_gateway.domain.precautions import VERSION as PRECAUTIONS_VERSION
from backstride_gateway.live_listener import TreadmillChanged
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS
from tests.component.gateway.two_gyms import HOLDERS, PASSWORD, TwoGyms
from tests.factories.alert_records import alert_record

# For ann's own things, those of bob of the same gym, and those of cem of the other gym.
WHOSE: Final = ("ann", "bob", "cem")
ROLES: Final = {"member": "ann", "operator": "operator", "admin": "admin"}
Statuses = tuple[int, int, int]

ALL: Final = (200, 200, 200)
OWN: Final = (200, 404, 404)
GYM: Final = (200, 200, 404)
NEVER: Final = (403, 403, 403)


class Row(NamedTuple):
    """What a route answers; where no body and path say whose it is, three times the same."""

    route: str
    member: Statuses
    operator: Statuses
    admin: Statuses
    body: Any = None


PROFILE: Final = {"display_name": "New"}
NEW: Final = {**PROFILE, "gym_id": "{gym}", "member_number": "77"}
PASSWORDS: Final = {"old_password": PASSWORD, "new_password": "five cows sleep"}
INVITED: Final = {"role": "member"}
ANY_VERSION: Final = {"If-Match": "*"}
ADDED: Final = {"treadmill_id": "new", "name": "New"}


def of(status: int, pattern: Statuses) -> Statuses:
    """Return a pattern with another status for what succeeds."""
    one, two, three = (status if each == 200 else each for each in pattern)
    return (one, two, three)


STAFF_OF_GYM: Final = (403, 403, 404)
# of their gym's members, which operators know of, but whose bodies are none of their business
OPERATOR_NEVER: Final = (403, 403, 404)
GUARDED: Final = (
    Row("GET /v1/treadmills", ALL, ALL, ALL),
    Row("GET /v1/treadmills/{gym_id}/{treadmill_id}", GYM, GYM, ALL),
    Row(
        "POST /v1/treadmills/{gym_id}/{treadmill_id}/claim",
        OWN,
        GYM,
        ALL,
        {"member_id": "{member_id}"},
    ),
    Row("POST /v1/treadmills/{gym_id}/{treadmill_id}/release", (200, 409, 404), GYM, ALL),
    Row("GET /v1/live?treadmill={gym_id}/{treadmill_id}", GYM, GYM, ALL),
    Row("GET /v1/alerts", NEVER, ALL, ALL),
    Row("POST /v1/alerts/{alert_id}/acknowledge", NEVER, of(201, GYM), of(201, ALL)),
    Row("GET /v1/members", ALL, ALL, ALL),
    Row("POST /v1/members", NEVER, of(201, GYM), of(201, ALL), {**NEW, "gym_id": "{gym_id}"}),
    Row("GET /v1/members/{member_id}", OWN, GYM, ALL),
    Row("PUT /v1/members/{member_id}", OWN, OPERATOR_NEVER, ALL, PROFILE),
    Row(
        "PUT /v1/members/{member_id}/console-pin",
        of(204, OWN),
        OPERATOR_NEVER,
        of(204, ALL),
        {"pin": "4711"},
    ),
    Row("DELETE /v1/members/{member_id}/console-pin", of(204, OWN), OPERATOR_NEVER, of(204, ALL)),
    Row("GET /v1/members/{member_id}/cards", OWN, GYM, ALL),
    Row(
        "POST /v1/members/{member_id}/cards",
        of(201, OWN),
        of(201, GYM),
        of(201, ALL),
        {"card": "04A22B9C"},
    ),
    Row(
        "DELETE /v1/members/{member_id}/cards/{card_id}",
        of(204, OWN),
        of(204, GYM),
        of(204, ALL),
    ),
    Row("GET /v1/members/{member_id}/masses", OWN, OPERATOR_NEVER, ALL),
    Row(
        "POST /v1/members/{member_id}/masses",
        of(201, OWN),
        OPERATOR_NEVER,
        of(201, ALL),
        {"mass_kg": 61},
    ),
    Row(
        "DELETE /v1/members/{member_id}/masses/{valid_from_on}",
        OWN,
        OPERATOR_NEVER,
        ALL,
    ),
    Row("GET /v1/members/{member_id}/precautions", OWN, OPERATOR_NEVER, ALL),
    Row(
        "POST /v1/members/{member_id}/precautions",
        OWN,
        OPERATOR_NEVER,
        ALL,
        {"version": PRECAUTIONS_VERSION},
    ),
    Row("GET /v1/members/{member_id}/sessions", OWN, GYM, ALL),
    Row("GET /v1/members/{member_id}/summary", OWN, GYM, ALL),
    Row("GET /v1/members/{member_id}/records", OWN, GYM, ALL),
    Row("GET /v1/members/{member_id}/streak", OWN, GYM, ALL),
    Row("GET /v1/members/{member_id}/goals", OWN, OPERATOR_NEVER, ALL),
    Row("PUT /v1/members/{member_id}/goals", OWN, (403, 403, 404), ALL, {"minutes": 90}),
    Row("GET /v1/sessions/{session_id}", OWN, GYM, ALL),
    Row("GET /v1/sessions/{session_id}/series", OWN, GYM, ALL),
    Row(
        "POST /v1/sessions/{session_id}/corrections",
        of(202, OWN),
        (403, 403, 404),
        of(202, ALL),
        {"mass_kg": 70},
    ),
    Row("DELETE /v1/sessions/{session_id}", of(202, OWN), (403, 403, 404), of(202, ALL)),
    Row(
        "POST /v1/members/{member_id}/erasure",
        of(202, OWN),
        (403, 403, 404),
        of(202, ALL),
        {"password": PASSWORD},
    ),
    # they still run
    Row("GET /v1/sessions/{session_id}/export", of(409, OWN), of(409, GYM), of(409, ALL)),
    Row("POST /v1/members/{member_id}/exports", of(202, OWN), OPERATOR_NEVER, of(202, ALL)),
    Row("GET /v1/members/{member_id}/exports", OWN, OPERATOR_NEVER, ALL),
    Row("GET /v1/members/{member_id}/exports/{export_id}", OWN, OPERATOR_NEVER, ALL),
    Row("GET /v1/members/{member_id}/exports/{export_id}/file", OWN, OPERATOR_NEVER, ALL),
    Row("GET /v1/status", ALL, ALL, ALL),
    Row("GET /metrics", NEVER, ALL, ALL),
    # there is no demonstration where people sign in
    Row("POST /v1/demo/kill-processor", of(404, ALL), of(404, ALL), of(404, ALL)),
    Row("GET /v1/account", ALL, ALL, ALL),
    Row("PUT /v1/account/password", ALL, ALL, ALL, PASSWORDS),
    Row("DELETE /v1/account/session", of(204, ALL), of(204, ALL), of(204, ALL)),
    Row("DELETE /v1/account/sessions", of(204, ALL), of(204, ALL), of(204, ALL)),
    Row("GET /v1/account/tokens", ALL, ALL, ALL),
    Row("POST /v1/account/tokens", of(201, ALL), of(201, ALL), of(201, ALL), {"name": "t"}),
    Row("DELETE /v1/account/tokens/{token_id}", of(204, OWN), (404,) * 3, (404,) * 3),
    Row("GET /v1/account/gyms", ALL, NEVER, NEVER),
    Row("POST /v1/account/gyms", (200, 200, 201), NEVER, NEVER, {"code": "{join_code}"}),
    Row("DELETE /v1/account/gyms/{gym_id}", (409, 409, 404), NEVER, NEVER),
    Row("GET /v1/gyms", ALL, ALL, ALL),
    Row("POST /v1/gyms", NEVER, NEVER, of(201, ALL), {"gym_id": "east", "name": "East"}),
    Row("GET /v1/gyms/{gym_id}/treadmills", GYM, GYM, ALL),
    Row("POST /v1/gyms/{gym_id}/treadmills", STAFF_OF_GYM, of(201, GYM), of(201, ALL), ADDED),
    Row(
        "DELETE /v1/gyms/{gym_id}/treadmills/{treadmill_id}",
        STAFF_OF_GYM,
        of(204, GYM),
        of(204, ALL),
    ),
    Row("GET /v1/gyms/{gym_id}/members/{member_number}", STAFF_OF_GYM, GYM, ALL),
    Row("POST /v1/gyms/{gym_id}/invitations", STAFF_OF_GYM, of(201, GYM), of(201, ALL), INVITED),
    Row(
        "POST /v1/gyms/{gym_id}/reset-codes",
        STAFF_OF_GYM,
        of(201, GYM),
        of(201, ALL),
        {"sign_in_name": "{name}"},
    ),
    Row("PUT /v1/gyms/{gym_id}/join-code", STAFF_OF_GYM, GYM, ALL),
    Row("GET /v1/t/{code}", GYM, GYM, ALL),
    Row("GET /v1/gyms/{gym_id}/statistics", STAFF_OF_GYM, GYM, ALL),
    Row(
        "POST /v1/treadmills/{gym_id}/{treadmill_id}/take-over",
        # of the others' treadmills nothing is left to take over, or they are not there
        (409, 404, 404),
        (409, 409, 404),
        (409, 409, 409),
        {"member_id": "{member_id}", "code": "{code}"},
    ),
    Row("GET /v1/gyms/{gym_id}/treadmills/{treadmill_id}/qr.svg", STAFF_OF_GYM, GYM, ALL),
    Row("PUT /v1/gyms/{gym_id}/treadmills/{treadmill_id}/code", STAFF_OF_GYM, GYM, ALL),
    Row("GET /gym/sheet?gym_id={gym_id}", STAFF_OF_GYM, GYM, ALL),
    Row("DELETE /v1/gyms/{gym_id}/join-code", STAFF_OF_GYM, of(204, GYM), of(204, ALL)),
)
# What strangers may ask; the statuses are those of a request without anything in it.
OPEN: Final = {
    "GET /v1/entrance": 200,
    "POST /v1/set-up": 422,
    "POST /v1/join": 422,
    "POST /v1/session": 422,
    "POST /v1/password-reset": 422,
    "GET /v1/erasures/{erasure_id}": 422,
    "GET /healthz": 200,
    "GET /readyz": 200,
    "GET /openapi.json": 200,
}
PAGES: Final = {
    "GET /assets/{name}",
    "GET /favicon.svg",
    "GET /gym/sheet.css",
    "GET /icon-192.png",
    "GET /icon-512.png",
    "GET /manifest.webmanifest",
    "GET /sw.js",
    *(f"GET {path}" for path in pages.PAGES),
}


def routes(found: list[BaseRoute]) -> Iterator[str]:
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes)
        else:
            path = getattr(route, "path")  # noqa: B009  of every kind that is left
            for method in getattr(route, "methods") - {"HEAD"}:  # noqa: B009
                yield f"{method} {path}"


def test_every_route_stands_in_the_table() -> None:
    told = {row.route.partition("?")[0] for row in GUARDED} | OPEN.keys() | PAGES
    assert set(routes(described_app().routes)) == told


def alert_of(gyms: TwoGyms, treadmill: str) -> str:
    """Return the id of an alert at a treadmill."""
    alert_id = f"alert-{treadmill.replace('/', '-')}"
    gyms.desk.alerts.put(alert_record(alert_id, NOW_MS, treadmill=treadmill))
    return alert_id


def filled(gyms: TwoGyms, text: str, name: str) -> str:
    treadmill = {"ann": "north/one", "bob": "north/two", "cem": "south/one"}[name]
    gym_id, _, treadmill_id = treadmill.partition("/")
    if "{export_id}" in text:
        text = text.replace("{export_id}", gyms.export_id(name))
    values = {
        "gym_id": gym_id,
        "treadmill_id": treadmill_id,
        "member_id": gyms.member_id(name),
        "session_id": f"s-{name}",
        "valid_from_on": datetime.fromtimestamp(NOW_MS / 1000, UTC).date().isoformat(),
        "code": gyms.desk.codes.of([TreadmillKey(treadmill)])[treadmill],
        "token_id": gyms.token_id(name),
        "card_id": gyms.card_id(name),
        "member_number": str(100 + WHOSE.index(name)),
        "join_code": gyms.desk.services.gyms.new_join_code(gym_id),
        "name": name,
        "alert_id": alert_of(gyms, treadmill),
    }
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", GUARDED, ids=lambda row: row.route)
async def test_everybody_reaches_what_is_theirs_and_nothing_else(row: Row, role: str) -> None:
    expected = getattr(row, role)
    found = []
    for name in WHOSE:
        gyms = TwoGyms()
        # a stream then ends after its first picture
        gyms.desk.live.close()
        method, _, path = filled(gyms, row.route, name).partition(" ")
        body = None if row.body is None else json.loads(filled(gyms, json.dumps(row.body), name))
        async with gyms.signed_in(ROLES[role]) as client:
            answer = await client.request(method, path, json=body, headers=ANY_VERSION)
        found.append(answer.status_code)
    assert tuple(found) == expected


@pytest.mark.parametrize("row", GUARDED, ids=lambda row: row.route)
async def test_a_stranger_gets_nothing(row: Row) -> None:
    gyms = TwoGyms()
    method, _, path = filled(gyms, row.route, "ann").partition(" ")
    body = None if row.body is None else json.loads(filled(gyms, json.dumps(row.body), "ann"))
    async with gyms.visitor() as client:
        answer = await client.request(method, path, json=body)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:backstride:problem:not-signed-in"


@pytest.mark.parametrize(("route", "status"), OPEN.items())
async def test_the_entrance_is_open(route: str, status: int) -> None:
    method, _, path = route.partition(" ")
    async with TwoGyms().visitor() as client:
        assert (await client.request(method, path)).status_code == status


async def test_what_is_foreign_is_answered_like_what_is_absent() -> None:
    gyms = TwoGyms()
    foreign = gyms.member_id("cem")
    async with gyms.signed_in("ann") as client:
        for path in ("/v1/members/{}", "/v1/members/{}/sessions", "/v1/sessions/{}"):
            there = await client.get(path.format("s-cem" if "sessions/{" in path else foreign))
            absent = await client.get(path.format("nobody"))
            ours, theirs = there.json(), absent.json()
            for answer in (ours, theirs):
                del answer["detail"]
                del answer["instance"]
            assert ours == theirs


async def test_a_member_sees_that_a_treadmill_is_taken_and_not_by_whom() -> None:
    gyms = TwoGyms()
    await gyms.desk.delivery.deliver_once()
    for treadmill in HOLDERS:
        gyms.desk.move(2, treadmill=treadmill)
    async with gyms.signed_in("ann") as client:
        seen = {
            one["treadmill_id"]: one
            for one in (await client.get("/v1/treadmills")).json()["treadmills"]
        }
    assert set(seen) == {"one", "two"}
    assert seen["one"]["claim"]["member_id"] == gyms.member_id("ann")
    assert seen["one"]["session"] is not None
    taken = seen["two"]
    assert taken["belt_velocity_m_per_s"] == 1.0
    assert taken["claim"]["member_id"] is None
    assert taken["session"] is None
    assert taken["gross_kcal_per_min"] is None
    assert taken["heart_rate_bpm"] is None


@pytest.mark.parametrize("order", [("ann", "bob"), ("bob", "ann")])
async def test_what_is_written_once_for_many_streams_tells_nobody_more(
    order: tuple[str, str],
) -> None:
    gyms = TwoGyms()
    await gyms.desk.delivery.deliver_once()
    gyms.desk.move(2, treadmill="north/one")
    view = gyms.desk.live.treadmill("north/one")
    assert view is not None
    change = TreadmillChanged("1", view)
    events = {name: change_seen(await gyms.caller(name), change) for name in order}
    assert data_of(events["ann"])["claim"]["member_id"] == gyms.member_id("ann")
    assert data_of(events["bob"])["claim"]["member_id"] is None
    assert gyms.member_id("ann").encode() not in events["bob"]
    assert change_seen(await gyms.caller("ann"), change) is events["ann"]
    # of another gym: not even that there is such a treadmill
    assert change_seen(await gyms.caller("cem"), change) == b""


def data_of(event: bytes) -> dict[str, dict[str, object]]:
    data: dict[str, dict[str, object]] = json.loads(
        event.partition(b"\ndata: ")[2].partition(b"\n")[0]
    )
    return data


async def test_an_operator_sees_names_with_consent_only_and_no_bodies() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        agreed = {"display_name": "Ann", "mass_kg": 60, "is_name_shown": True}
        await client.put(f"/v1/members/{gyms.member_id('ann')}", json=agreed, headers=ANY_VERSION)
    async with gyms.signed_in("operator") as client:
        members = (await client.get("/v1/members")).json()["members"]
    assert {one["display_name"] for one in members} == {"Ann", "Member 101"}
    assert {one["mass_kg"] for one in members} == {None}


async def test_nobody_claims_for_another_or_in_another_gym() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        for treadmill, name in (("north/one", "cem"), ("south/one", "ann"), ("north/no", "ann")):
            body = {"member_id": gyms.member_id(name)}
            answer = await client.post(f"/v1/treadmills/{treadmill}/claim", json=body)
            assert answer.status_code == 404
    assert len(gyms.desk.claims.rows) == 3


async def test_an_operator_makes_no_staff() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("operator") as client:
        for role in ("operator", "admin"):
            answer = await client.post("/v1/gyms/north/invitations", json={"role": role})
            assert answer.status_code == 403
        answer = await client.post("/v1/gyms/north/reset-codes", json={"sign_in_name": "admin"})
        assert answer.status_code == 404
