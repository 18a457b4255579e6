"""The codes that stand on treadmills, and the sheet on which they are printed."""

from collections.abc import AsyncIterator

import httpx
import pytest

from backstride_gateway.domain.treadmill_codes import normal_treadmill_code
from backstride_gateway.treadmill_codes import TreadmillCodes, TreadmillCodeTakenError
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, Desk
from tests.component.gateway.served import served
from tests.component.gateway.two_gyms import TwoGyms
from tests.fakes.gateway_treadmill_codes import InMemoryTreadmillCodes

ONE, TWO = TreadmillKey("north/one"), TreadmillKey("north/two")


def codes_drawing(*drawn: str) -> TreadmillCodes:
    left = list(drawn)
    return TreadmillCodes(InMemoryTreadmillCodes(), lambda: NOW_MS, lambda: left.pop(0))


def test_a_treadmill_keeps_its_code() -> None:
    codes = codes_drawing("AAAAAA", "BBBBBB")
    assert codes.of([ONE]) == {ONE: "AAAAAA"}
    assert codes.of([ONE, TWO]) == {ONE: "AAAAAA", TWO: "BBBBBB"}


def test_a_code_that_another_treadmill_has_is_drawn_again() -> None:
    codes = codes_drawing("AAAAAA", "AAAAAA", "BBBBBB")
    assert codes.of([ONE, TWO]) == {ONE: "AAAAAA", TWO: "BBBBBB"}


def test_a_lot_that_never_draws_a_free_code_ends() -> None:
    codes = TreadmillCodes(InMemoryTreadmillCodes(), lambda: NOW_MS, lambda: "AAAAAA")
    codes.of([ONE])
    with pytest.raises(TreadmillCodeTakenError):
        codes.of([TWO])


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("7k2mpq", "7K2MPQ"),
        (" 7K2-MPQ ", "7K2MPQ"),
        ("OI2LAB", "0121AB"),
        ("7K2MP", None),
        ("7K2MPU", None),
        ("7K2MPQQ", None),
        ("", None),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: str | None) -> None:
    assert normal_treadmill_code(typed) == code


@pytest.fixture
async def demo() -> AsyncIterator[tuple[Desk, httpx.AsyncClient]]:
    desk = Desk()
    desk.add_member()
    desk.move(2)
    transport = served(desk.services)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield desk, client


async def test_a_scanned_code_leads_to_its_treadmill_and_says_whose_it_is() -> None:
    gyms = TwoGyms()
    codes = gyms.desk.codes.of([ONE, TWO])
    async with gyms.signed_in("ann") as client:
        mine = (await client.get(f"/v1/t/{codes[ONE].lower()}")).json()
        taken = (await client.get(f"/v1/t/{codes[TWO]}")).json()
        unknown = await client.get("/v1/t/ZZZZZZ")
    assert mine["treadmill"] == "north/one"
    assert (mine["gym_id"], mine["treadmill_id"]) == ("north", "one")
    assert (mine["gym_name"], mine["treadmill_name"]) == ("north", "north/one")
    assert (mine["is_registered"], mine["is_claimed"], mine["is_mine"]) == (True, True, True)
    assert (taken["is_claimed"], taken["is_mine"]) == (True, False)
    assert unknown.status_code == 404
    assert unknown.json()["type"] == "urn:backstride:problem:treadmill-code-unknown"


async def test_trying_codes_is_slowed_down_and_reading_right_ones_is_not() -> None:
    gyms = TwoGyms()
    code = gyms.desk.codes.of([ONE])[ONE]
    async with gyms.signed_in("ann") as client:
        for _ in range(40):
            assert (await client.get(f"/v1/t/{code}")).status_code == 200
        found = [(await client.get("/v1/t/ZZZZZZ")).status_code for _ in range(7)]
        assert (found[0], found[-1]) == (404, 429)
        gyms.desk.pass_minutes(15)
        assert (await client.get(f"/v1/t/{code}")).status_code == 200
    async with gyms.signed_in("bob") as client:
        assert (await client.get(f"/v1/t/{code}")).status_code == 200


async def test_only_staff_read_codes_from_the_list() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        seen = (await client.get("/v1/gyms/north/treadmills")).json()["treadmills"]
        assert {one["code"] for one in seen} == {None}
    async with gyms.signed_in("operator") as client:
        seen = (await client.get("/v1/gyms/north/treadmills")).json()["treadmills"]
        added = await client.post(
            "/v1/gyms/north/treadmills", json={"treadmill_id": "three", "name": "Three"}
        )
    assert [one["code"] for one in seen] == list(gyms.desk.codes.of([ONE, TWO]).values())
    assert normal_treadmill_code(added.json()["code"]) is not None


async def test_a_renewed_code_replaces_the_printed_one() -> None:
    gyms = TwoGyms()
    old = gyms.desk.codes.of([ONE])[ONE]
    async with gyms.signed_in("operator") as client:
        new = (await client.put("/v1/gyms/north/treadmills/one/code")).json()
        assert (await client.get(f"/v1/t/{old}")).status_code == 404
        assert (await client.get(f"/v1/t/{new['code']}")).json()["treadmill_id"] == "one"
    assert new["url"] == f"http://localhost/t/{new['code']}"


async def test_the_code_of_a_treadmill_taken_off_the_list_leads_nowhere() -> None:
    gyms = TwoGyms()
    old = gyms.desk.codes.of([ONE])[ONE]
    async with gyms.signed_in("operator") as client:
        await client.delete("/v1/gyms/north/treadmills/one")
        assert (await client.get(f"/v1/t/{old}")).status_code == 404
        missing = await client.get("/v1/gyms/north/treadmills/one/qr.svg")
    assert missing.status_code == 404


async def test_simulated_treadmills_have_codes_too(demo: tuple[Desk, httpx.AsyncClient]) -> None:
    desk, client = demo
    sheet = await client.get("/gym/sheet")
    (code,) = desk.codes.of([TreadmillKey("demo/treadmill-01")]).values()
    assert f"{code[:3]} {code[3:]}" in sheet.text
    found = (await client.get(f"/v1/t/{code}")).json()
    assert (found["treadmill"], found["is_claimed"]) == ("demo/treadmill-01", False)
    assert (await client.get("/v1/gyms/demo/treadmills/treadmill-01/qr.svg")).status_code == 200
    assert (await client.get("/v1/gyms/demo/treadmills/other/qr.svg")).status_code == 404


async def test_the_sheet_names_every_treadmill_and_runs_under_the_content_policy() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("operator") as client:
        await client.post(
            "/v1/gyms/north/treadmills", json={"treadmill_id": "x", "name": "<script>alert(1)"}
        )
        sheet = await client.get("/gym/sheet")
        style = await client.get("/gym/sheet.css")
    assert sheet.headers["content-type"] == "text/html; charset=utf-8"
    assert sheet.text.count("<svg") == 3
    for code in gyms.desk.codes.of([ONE, TWO]).values():
        assert f"http://localhost/t/{code}" in sheet.text
    # neither inline script nor inline style, whatever a treadmill is called
    for forbidden in ("<script", "<style", "style=", "onload"):
        assert forbidden not in sheet.text
    assert "&lt;script&gt;" in sheet.text
    assert "only this machine reaches" in sheet.text
    assert style.headers["content-type"] == "text/css; charset=utf-8"


async def test_a_qr_code_is_an_image_of_its_own() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("operator") as client:
        answer = await client.get("/v1/gyms/north/treadmills/one/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg xmlns=")
