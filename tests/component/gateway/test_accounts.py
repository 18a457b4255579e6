"""Signing in and out, CSRF, tokens, codes and throttling, through the API."""

import re

import httpx
import pytest

from tests.component.gateway.two_gyms import PASSWORD, TwoGyms, sign_in

NEW_PASSWORD = "five cows sleep"
JOINER = {"sign_in_name": "dan", "password": NEW_PASSWORD, "display_name": "Dan"}


async def token_of(client: httpx.AsyncClient, *, can_write: bool) -> str:
    answer = await client.post("/v1/account/tokens", json={"name": "x", "can_write": can_write})
    return str(answer.json()["token"])


async def test_the_cookie_is_out_of_reach_of_scripts_and_secure_behind_tls() -> None:
    gyms = TwoGyms()
    body = {"sign_in_name": "ann", "password": PASSWORD}
    async with gyms.visitor() as client:
        plain = await client.post("/v1/session", json=body)
        tls = await client.post("https://localhost/v1/session", json=body)
    (session,) = [one for one in plain.headers.get_list("set-cookie") if "_session=" in one]
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Secure" not in session
    assert all("Secure" in one for one in tls.headers.get_list("set-cookie"))


async def test_a_change_needs_the_csrf_token_of_this_session() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        path, body = f"/v1/members/{gyms.member_id('ann')}", {"display_name": "Ann"}
        old = client.headers.pop("X-CSRF-Token")
        assert (await client.put(path, json=body)).status_code == 403
        await sign_in(client, "ann")
        client.headers["If-Match"] = "*"
        replayed = await client.put(path, json=body, headers={"X-CSRF-Token": old})
        assert replayed.json()["type"] == "urn:backstride:problem:csrf-token-wrong"
        assert (await client.put(path, json=body)).status_code == 200


async def test_signing_out_ends_the_session_also_for_a_kept_cookie() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        kept = dict(client.cookies)
        assert (await client.delete("/v1/account/session")).status_code == 204
        assert not client.cookies
        client.cookies.update(kept)
        assert (await client.get("/v1/account")).status_code == 401


async def test_signing_out_everywhere_ends_all_sessions() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as phone, gyms.signed_in("ann") as desktop:
        await phone.delete("/v1/account/sessions")
        assert (await desktop.get("/v1/account")).status_code == 401


async def test_a_session_ends_after_thirty_days() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        gyms.desk.pass_minutes(30 * 24 * 60 - 1)
        assert (await client.get("/v1/account")).status_code == 200
        gyms.desk.pass_minutes(1)
        assert (await client.get("/v1/account")).status_code == 401


async def test_another_password_ends_the_other_sessions() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as here, gyms.signed_in("ann") as there:
        body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
        assert (await here.put("/v1/account/password", json=body)).status_code == 200
        assert (await here.get("/v1/account")).status_code == 200
        assert (await there.get("/v1/account")).status_code == 401
        await sign_in(there, "ann", NEW_PASSWORD)


async def test_a_token_reads_or_writes_as_it_was_made_until_it_is_revoked() -> None:
    gyms = TwoGyms()
    path = f"/v1/members/{gyms.member_id('ann')}"
    async with gyms.signed_in("ann") as ann, gyms.visitor() as program:
        reading = {"Authorization": f"Bearer {await token_of(ann, can_write=False)}"}
        writing = {"Authorization": f"Bearer {await token_of(ann, can_write=True)}"}
        assert (await program.get(path, headers=reading)).status_code == 200
        body = {"display_name": "Ann"}
        program.headers["If-Match"] = "*"
        assert (await program.put(path, json=body, headers=reading)).status_code == 403
        assert (await program.put(path, json=body, headers=writing)).status_code == 200
        more = await program.post("/v1/account/tokens", json={"name": "x"}, headers=writing)
        assert more.status_code == 403
        for one in (await ann.get("/v1/account/tokens")).json()["tokens"]:
            await ann.delete(f"/v1/account/tokens/{one['token_id']}")
        assert (await program.get(path, headers=reading)).status_code == 401


async def test_an_invitation_works_once_and_for_a_week() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("operator") as staff, gyms.visitor() as visitor:
        code = (await staff.post("/v1/gyms/north/invitations", json={})).json()["code"]
        joined = await visitor.post("/v1/join", json={**JOINER, "code": code.lower()})
        assert joined.status_code == 201
        assert (joined.json()["role"], joined.json()["gym_id"]) == ("member", "north")
        again = {**JOINER, "sign_in_name": "eve", "code": code}
        assert (await visitor.post("/v1/join", json=again)).status_code == 403
        late = (await staff.post("/v1/gyms/north/invitations", json={})).json()["code"]
        gyms.desk.pass_minutes(7 * 24 * 60)
        assert (await visitor.post("/v1/join", json={**again, "code": late})).status_code == 403


async def test_who_has_an_account_is_not_invited_again() -> None:
    """The code could never be used: a member has one account."""
    gyms = TwoGyms()
    path = "/v1/gyms/north/invitations"
    async with gyms.signed_in("operator") as staff:
        again = await staff.post(path, json={"member_id": gyms.member_id("ann")})
        assert again.status_code == 409
        assert again.json()["type"] == "urn:backstride:problem:member-has-account"
        foreign = await staff.post(path, json={"member_id": gyms.member_id("cem")})
        assert foreign.status_code == 404
        body = {"gym_id": "north", "member_number": "77", "display_name": "Eve"}
        new = (await staff.post("/v1/members", json=body)).json()["member_id"]
        assert (await staff.post(path, json={"member_id": new})).status_code == 201


async def test_the_code_of_a_gym_works_until_there_is_another() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("operator") as staff, gyms.visitor() as visitor:
        first = (await staff.put("/v1/gyms/north/join-code")).json()["code"]
        for name in ("dan", "eve"):
            body = {**JOINER, "sign_in_name": name, "code": first}
            assert (await visitor.post("/v1/join", json=body)).status_code == 201
        await staff.put("/v1/gyms/north/join-code")
        body = {**JOINER, "sign_in_name": "fay", "code": first}
        assert (await visitor.post("/v1/join", json=body)).status_code == 403


async def test_a_reset_code_sets_a_password_and_ends_sessions_and_tokens() -> None:
    gyms = TwoGyms()
    async with (
        gyms.signed_in("operator") as staff,
        gyms.signed_in("ann") as ann,
        gyms.visitor() as visitor,
    ):
        bearer = {"Authorization": f"Bearer {await token_of(ann, can_write=False)}"}
        answer = await staff.post("/v1/gyms/north/reset-codes", json={"sign_in_name": "Ann"})
        body = {"code": answer.json()["code"], "password": NEW_PASSWORD}
        assert (await visitor.post("/v1/password-reset", json=body)).status_code == 201
        assert (await ann.get("/v1/account")).status_code == 401
        visitor.cookies.clear()
        assert (await visitor.get("/v1/account", headers=bearer)).status_code == 401
        assert (await visitor.post("/v1/password-reset", json=body)).status_code == 403


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "dan.daniels"])
async def test_a_poor_password_is_refused_in_words(password: str) -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("operator") as staff, gyms.visitor() as visitor:
        code = (await staff.post("/v1/gyms/north/invitations", json={})).json()["code"]
        body = {**JOINER, "sign_in_name": "Dan.Daniels", "password": password, "code": code}
        answer = await visitor.post("/v1/join", json=body)
        assert answer.status_code == 422
        assert "password" in answer.json()["detail"]
        # the code is not used up by it
        good = {**JOINER, "code": code}
        assert (await visitor.post("/v1/join", json=good)).status_code == 201


async def test_guessing_is_slowed_down_and_never_shuts_out_for_good() -> None:
    gyms = TwoGyms()
    async with gyms.visitor() as client:
        wrong = {"sign_in_name": "ann", "password": "guess"}
        statuses = [(await client.post("/v1/session", json=wrong)).status_code for _ in range(6)]
        assert statuses == [401] * 5 + [429]
        right = {"sign_in_name": "ann", "password": PASSWORD}
        refused = await client.post("/v1/session", json=right)
        assert refused.status_code == 429
        wait_s = int(refused.headers["Retry-After"])
        gyms.desk.pass_minutes(wait_s / 60)
        assert (await client.post("/v1/session", json=right)).status_code == 201


async def test_a_name_that_is_not_there_is_answered_like_a_wrong_password() -> None:
    gyms = TwoGyms()
    async with gyms.visitor() as client:
        answers = [
            (await client.post("/v1/session", json={"sign_in_name": name, "password": "x"})).text
            for name in ("ann", "nobody", "no name at all!")
        ]
    assert len(set(answers)) == 1


async def test_the_set_up_code_works_until_there_is_an_administrator() -> None:
    gyms = TwoGyms()
    assert gyms.desk.joining.open_set_up(None) is None


async def test_a_demonstration_has_no_accounts() -> None:
    gyms = TwoGyms()
    object.__setattr__(gyms.desk.services, "is_demo", True)
    async with gyms.visitor() as client:
        body = {"sign_in_name": "ann", "password": PASSWORD}
        assert (await client.post("/v1/session", json=body)).status_code == 409
        assert (await client.get("/v1/account/tokens")).status_code == 409
        assert (await client.get("/v1/gyms")).status_code == 409
        assert (await client.get("/v1/members")).status_code == 200


async def test_another_site_cannot_sign_anybody_in() -> None:
    async with TwoGyms().visitor() as client:
        body = {"sign_in_name": "ann", "password": PASSWORD}
        headers = {"Origin": "https://elsewhere.example"}
        assert (await client.post("/v1/session", json=body, headers=headers)).status_code == 403


def test_codes_are_readable_and_differ() -> None:
    desk = TwoGyms().desk
    codes = {desk.joining.invite("north", "member", None)[0] for _ in range(20)}
    assert len(codes) == 20
    assert all(
        re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", one) for one in codes
    )
