"""Members of several gyms: what each gym's operators see of them, and what they see themselves."""

from typing import Any

import httpx

from backstride_shared.identity import TreadmillKey
from tests.component.gateway.two_gyms import TwoGyms
from tests.factories.session_records import session_record


async def join(gyms: TwoGyms, client: httpx.AsyncClient, gym_id: str) -> httpx.Response:
    code = gyms.desk.services.gyms.new_join_code(gym_id)
    return await client.post("/v1/account/gyms", json={"code": code.lower()})


async def joined(gyms: TwoGyms) -> dict[str, Any]:
    """Let cem of the south join the north, and train there once."""
    async with gyms.signed_in("cem") as client:
        answer = await join(gyms, client, "north")
        assert answer.status_code == 201
    desk = gyms.desk
    desk.pass_minutes(60)
    claim = desk.claiming.claim(TreadmillKey("north/two"), gyms.member_id("cem"), None).claim
    desk.history.put(
        session_record(
            "s-north",
            desk.now_ms,
            claim_id=claim.claim_id,
            treadmill="north/two",
            backward_s=120.0,
        )
    )
    desk.pass_minutes(20)
    found: dict[str, Any] = answer.json()
    return found


async def test_a_member_joins_a_second_gym_and_its_treadmills_are_theirs_to_claim() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("cem") as client:
        body = {"member_id": gyms.member_id("cem")}
        before = await client.post("/v1/treadmills/north/one/claim", json=body)
        assert before.status_code == 404
        first = await join(gyms, client, "north")
        again = await join(gyms, client, "north")
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert first.json()["is_first"] is False
        after = await client.post("/v1/treadmills/north/one/claim", json=body)
        assert after.status_code == 201
        seen = (await client.get("/v1/gyms")).json()["gyms"]
        assert {one["gym_id"] for one in seen} == {"north", "south"}
        listed = (await client.get("/v1/account/gyms")).json()["gyms"]
        assert [(one["gym_id"], one["is_first"]) for one in listed] == [
            ("south", True),
            ("north", False),
        ]
        assert listed[0]["member_number"] == "102"
        assert listed[1]["member_number"] == first.json()["member_number"]


async def test_an_invitation_to_another_gym_is_used_up_and_one_for_staff_is_refused() -> None:
    gyms = TwoGyms()
    joining = gyms.desk.joining
    async with gyms.signed_in("cem") as client:
        for role in ("operator", "admin"):
            code, _ = joining.invite("north", role, None)
            refused = await client.post("/v1/account/gyms", json={"code": code})
            assert (refused.status_code, refused.json()["type"]) == (
                403,
                "urn:backstride:problem:code-refused",
            )
        code, _ = joining.invite("north", "member", None)
        assert (await client.post("/v1/account/gyms", json={"code": code})).status_code == 201
    async with gyms.signed_in("ann") as client:
        assert (await client.post("/v1/account/gyms", json={"code": code})).status_code == 403


async def test_operators_see_what_was_done_in_their_gym_under_its_number() -> None:
    gyms = TwoGyms()
    number = (await joined(gyms))["member_number"]
    path = f"/v1/members/{gyms.member_id('cem')}"
    async with gyms.signed_in("operator") as client:
        listed = (await client.get("/v1/members")).json()["members"]
        (seen,) = [one for one in listed if one["member_id"] == gyms.member_id("cem")]
        assert (seen["gym_id"], seen["member_number"]) == ("north", number)
        assert seen["display_name"] == f"Member {number}"
        detail = (await client.get(path)).json()
        assert detail["practice"]["lifetime_backward_minutes"] == 2.0
        found = (await client.get(f"{path}/sessions")).json()["sessions"]
        assert [one["session_id"] for one in found] == ["s-north"]
        summary = (await client.get(f"{path}/summary?period=week")).json()
        assert summary["total"]["sessions_count"] == 1
        assert (await client.get("/v1/sessions/s-cem")).status_code == 404
        assert (await client.get("/v1/sessions/s-cem/series")).status_code == 404
    async with gyms.signed_in("cem") as client:
        found = (await client.get(f"{path}/sessions")).json()["sessions"]
        assert [one["session_id"] for one in found] == ["s-north", "s-cem"]
        assert (await client.get(path)).json()["member_number"] == "102"


async def test_who_left_a_gym_is_gone_for_its_operators_and_keeps_their_past() -> None:
    gyms = TwoGyms()
    await joined(gyms)
    path = f"/v1/members/{gyms.member_id('cem')}"
    async with gyms.signed_in("cem") as client:
        assert (await client.delete("/v1/account/gyms/north")).status_code == 204
        again = await client.delete("/v1/account/gyms/north")
        assert again.json()["type"] == "urn:backstride:problem:gym-not-joined"
        last = await client.delete("/v1/account/gyms/south")
        assert last.json()["type"] == "urn:backstride:problem:only-gym"
        found = (await client.get(f"{path}/sessions")).json()["sessions"]
        assert [one["session_id"] for one in found] == ["s-north", "s-cem"]
        body = {"member_id": gyms.member_id("cem")}
        claimed = await client.post("/v1/treadmills/north/one/claim", json=body)
        assert claimed.status_code == 404
    async with gyms.signed_in("operator") as client:
        assert (await client.get(path)).status_code == 404
        assert len((await client.get("/v1/members")).json()["members"]) == 2


async def test_who_leaves_a_gym_holds_no_treadmill_there_and_shows_no_session() -> None:
    gyms = TwoGyms()
    await joined(gyms)
    assert gyms.desk.claiming.holder_at(TreadmillKey("north/two"), gyms.desk.now_ms) is not None
    async with gyms.signed_in("operator") as client:
        assert (await client.get("/v1/sessions/s-north")).status_code == 200
    async with gyms.signed_in("cem") as client:
        assert (await client.delete("/v1/account/gyms/north")).status_code == 204
        assert (await client.get("/v1/sessions/s-north")).status_code == 200
    assert gyms.desk.claiming.holder_at(TreadmillKey("north/two"), gyms.desk.now_ms) is None
    async with gyms.signed_in("operator") as client:
        assert (await client.get("/v1/sessions/s-north")).status_code == 404


async def test_who_moves_to_another_gym_leaves_the_first_one_behind() -> None:
    gyms = TwoGyms()
    number = (await joined(gyms))["member_number"]
    path = f"/v1/members/{gyms.member_id('cem')}"
    async with gyms.signed_in("cem") as client:
        assert (await client.delete("/v1/account/gyms/south")).status_code == 204
        (left,) = (await client.get("/v1/account/gyms")).json()["gyms"]
        assert (left["gym_id"], left["member_number"], left["is_first"]) == ("north", number, True)
        found = (await client.get(f"{path}/sessions")).json()["sessions"]
        assert [one["session_id"] for one in found] == ["s-north", "s-cem"]
        body = {"member_id": gyms.member_id("cem")}
        refused = await client.post("/v1/treadmills/south/one/claim", json=body)
        assert refused.status_code == 404
        assert (await client.get("/v1/account")).json()["gym_id"] == "north"
    async with gyms.signed_in("operator") as client:
        assert (await client.get(path)).status_code == 200
        reset = await client.post("/v1/gyms/north/reset-codes", json={"sign_in_name": "cem"})
        assert reset.status_code == 201


async def test_guessing_the_code_of_another_gym_is_slowed_down() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("cem") as client:
        found = [
            (await client.post("/v1/account/gyms", json={"code": "ZZZZ-ZZZZ"})).status_code
            for _ in range(31)
        ]
    assert (found[0], found[-1]) == (403, 429)
