"""Odd texts in bodies and addresses: the same answer whatever the store could hold."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from backstride_gateway.api.app import described_app
from backstride_gateway.api.models import Strict
from backstride_gateway.domain.members import Profile
from tests.component.gateway.two_gyms import TwoGyms

ODD_NAMES = ["a\x00b", "a\nb", "a\u202eb", "   ", "\u200b"]
OPENAPI = described_app().openapi()


def _bodies(kind: type[Strict] = Strict) -> Iterator[type[Strict]]:
    for one in kind.__subclasses__():
        yield one
        yield from _bodies(one)


def _takes(body: type[Strict], name: str, value: object) -> bool:
    """Return whether a body finds nothing wrong with this field, whatever else it misses."""
    try:
        body.model_validate({name: value})
    except ValidationError as error:
        return not any(one["loc"][0] == name for one in error.errors())
    return True


def _fields(words: tuple[str, ...]) -> list[tuple[type[Strict], str]]:
    def is_meant(field: FieldInfo) -> bool:
        shown = str(field.annotation)
        return any(word in shown for word in words)

    return [
        (body, name)
        for body in _bodies()
        if not body.__name__.endswith(("View", "Detail"))
        for name, field in body.model_fields.items()
        if is_meant(field)
    ]


@pytest.mark.parametrize(("body", "name"), _fields(("float", "int")))
def test_only_numbers_of_json_are_numbers(body: type[Strict], name: str) -> None:
    for value in (True, "50", "1990"):
        assert not _takes(body, name, value)


@pytest.mark.parametrize(("body", "name"), _fields(("datetime.date", "AwareDatetime")))
def test_only_what_is_written_out_is_a_day_or_a_moment(body: type[Strict], name: str) -> None:
    assert _takes(body, name, "2026-11-28") or _takes(body, name, "2026-11-28T12:00:00Z")
    for value in (1_795_000_000, 20_000.5, "1795000000", "20261128", True):
        assert not _takes(body, name, value)


@pytest.mark.parametrize(("body", "name"), _fields(("bool",)))
def test_only_true_and_false_are_consent(body: type[Strict], name: str) -> None:
    assert _takes(body, name, value=True)
    for value in ("on", "y", "true", 1):
        assert not _takes(body, name, value)


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_a_name_that_shows_badly_is_refused_wherever_one_is_given(name: str) -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("admin") as admin, gyms.signed_in("ann") as ann:
        code = (await admin.put("/v1/gyms/north/join-code")).json()["code"]
        member = f"/v1/members/{gyms.member_id('ann')}"
        joining = {"code": code, "sign_in_name": "dan", "password": "five cows sleep"}
        number = {"gym_id": "north", "member_number": "77"}
        answers = [
            await ann.put(member, json={"display_name": name}, headers={"If-Match": "*"}),
            await ann.post("/v1/account/tokens", json={"name": name}),
            await admin.post(f"{member}/cards", json={"card": "04:A2:2B:9C", "name": name}),
            await admin.post("/v1/members", json={**number, "display_name": name}),
            await admin.post("/v1/gyms", json={"gym_id": "east", "name": name}),
            await admin.post(
                "/v1/gyms/north/treadmills", json={"treadmill_id": "nine", "name": name}
            ),
            await ann.post("/v1/join", json={**joining, "display_name": name}),
        ]
    assert [answer.status_code for answer in answers] == [422] * len(answers)


async def test_a_name_is_kept_without_the_blanks_around_it() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as ann:
        path = f"/v1/members/{gyms.member_id('ann')}"
        body = {"display_name": "  Ann Ö. "}
        answer = await ann.put(path, json=body, headers={"If-Match": "*"})
        assert answer.json()["display_name"] == "Ann Ö."


async def test_who_has_an_odd_name_and_zone_from_before_can_still_be_read() -> None:
    gyms = TwoGyms()
    member_id = gyms.member_id("ann")
    old = Profile(display_name="A\nn\x00", time_zone="localtime", mass_kg=60)
    gyms.desk.membership.change(member_id, old, None)
    async with gyms.signed_in("ann") as ann, gyms.signed_in("admin") as admin:
        assert (await ann.get(f"/v1/members/{member_id}")).json()["display_name"] == "A\nn\x00"
        assert (await admin.get("/v1/members")).status_code == 200


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules"])
async def test_a_zone_that_no_place_has_is_refused_in_a_profile(zone: str) -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as ann:
        body = {"display_name": "Ann", "time_zone": zone}
        path = f"/v1/members/{gyms.member_id('ann')}"
        assert (await ann.put(path, json=body, headers={"If-Match": "*"})).status_code == 422


@pytest.mark.parametrize("path", [path for path in OPENAPI["paths"] if "{" in path])
async def test_nothing_has_an_id_with_a_nul(path: str) -> None:
    asked = path
    for name in {part.strip("{}") for part in path.split("/") if part.startswith("{")}:
        asked = asked.replace("{" + name + "}", "%00")
    gyms = TwoGyms()
    async with gyms.signed_in("admin") as admin:
        for method, operation in OPENAPI["paths"][path].items():
            answer = await admin.request(method, asked)
            assert answer.status_code == 404, (method, asked)
            assert answer.headers["content-type"] == "application/problem+json"
            assert "404" in operation["responses"], (method, path)


async def test_a_nul_in_a_parameter_is_not_valid() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("admin") as admin:
        for query in ("cursor=%00", "time_zone=%00", "limit=%00", "nobody-asks=a%00b"):
            answer = await admin.get(f"/v1/members?{query}")
            assert answer.status_code == 422
            assert answer.json()["type"] == "urn:backstride:problem:request-invalid"


@pytest.mark.parametrize("member_id", ["\x00", "m\x00"])
async def test_a_nul_in_the_ids_of_a_body_is_not_valid(member_id: str) -> None:
    gyms = TwoGyms()
    body: dict[str, Any] = {"member_id": member_id}
    async with gyms.signed_in("admin") as admin:
        for path, more in (
            ("/v1/treadmills/north/one/claim", {}),
            ("/v1/treadmills/north/one/release", {}),
            ("/v1/treadmills/north/one/take-over", {"code": "ABCDEF"}),
            ("/v1/gyms/north/invitations", {}),
        ):
            assert (await admin.post(path, json={**body, **more})).status_code == 422, path
        reset = await admin.post("/v1/gyms/north/reset-codes", json={"sign_in_name": "a\x00b"})
        assert reset.status_code == 404
