"""Whom the failures of others hold up, and whom they do not."""

import httpx

from backstride_gateway.live_feed import MAX_LISTENERS_OF_ONE
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.two_gyms import HERE, PASSWORD, TwoGyms, sign_in

JOINER = {"sign_in_name": "dan", "password": "a horse that runs", "display_name": "Dan"}
ELSEWHERE = "203.0.113.9"


async def _join(client: httpx.AsyncClient, code: str) -> int:
    body = {**JOINER, "code": code}
    return (await client.post("/v1/join", json=body)).status_code


async def _sign_in_wrongly(client: httpx.AsyncClient, times: int) -> int:
    """Fail so many times, each with another name; return how the last one was answered."""
    statuses = [0]
    for number in range(times):
        body = {"sign_in_name": f"stranger-{number}", "password": "guess"}
        statuses.append((await client.post("/v1/session", json=body)).status_code)
    return statuses[-1]


async def test_wrong_codes_from_everywhere_hold_up_nobody_with_a_right_one() -> None:
    gyms = TwoGyms()
    code, _ = gyms.desk.joining.invite("north", "member", None)
    for number in range(12):
        async with gyms.visitor(f"198.51.100.{number}") as client:
            for _ in range(4):
                assert await _join(client, "ZZZZ-ZZZZ-ZZZZ-ZZZZ") == 403
    async with gyms.visitor(ELSEWHERE) as client:
        assert await _join(client, code) == 201


async def test_wrong_codes_from_one_network_are_slowed_down_and_for_a_short_time() -> None:
    gyms = TwoGyms()
    statuses = []
    for number in range(31):
        async with gyms.visitor(f"2001:db8:1:2::{number:x}") as client:
            statuses.append(await _join(client, "ZZZZ-ZZZZ-ZZZZ-ZZZZ"))
    assert statuses == [403] * 30 + [429]
    code, _ = gyms.desk.joining.invite("north", "member", None)
    gyms.desk.pass_minutes(0.5)
    async with gyms.visitor("2001:db8:1:2::1") as client:
        assert await _join(client, code) == 201


async def test_wrong_scans_of_some_members_do_not_hold_up_the_next() -> None:
    gyms = TwoGyms()
    names = [f"member-{number}" for number in range(6)]
    for name in names:
        gyms.add_account(name, "operator", "north")
        async with gyms.signed_in(name) as client:
            for _ in range(5):
                assert (await client.get("/v1/t/ZZZZZZ")).status_code == 404
    key = TreadmillKey("north/one")
    code = gyms.desk.codes.of([key])[key]
    async with gyms.signed_in("bob") as client:
        assert (await client.get(f"/v1/t/{code}")).status_code == 200


async def test_failed_sign_ins_at_an_address_do_not_hold_up_who_signed_in_there() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann"), gyms.visitor(HERE) as stranger:
        assert await _sign_in_wrongly(stranger, 31) == 429
        refused = await stranger.post(
            "/v1/session", json={"sign_in_name": "bob", "password": PASSWORD}
        )
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) <= 30
        await sign_in(stranger, "ann")


async def test_failed_sign_ins_at_an_address_do_not_hold_up_another_password() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann", ELSEWHERE) as phone, gyms.visitor(HERE) as stranger:
        assert await _sign_in_wrongly(stranger, 31) == 429
        # the same phone, now in the network of the gym
        stranger.cookies = phone.cookies
        stranger.headers["X-CSRF-Token"] = phone.headers["X-CSRF-Token"]
        wrong = {"old_password": "guess", "new_password": "a horse that runs"}
        statuses = [
            (await stranger.put("/v1/account/password", json=wrong)).status_code for _ in range(6)
        ]
        assert (statuses[0], statuses[-1]) == (401, 429)
        gyms.desk.pass_minutes(1)
        assert await _sign_in_wrongly(stranger, 1) == 401
        right = wrong | {"old_password": PASSWORD}
        assert (await stranger.put("/v1/account/password", json=right)).status_code == 200


async def test_streams_are_counted_by_account() -> None:
    gyms = TwoGyms()
    for _ in range(MAX_LISTENERS_OF_ONE):
        gyms.desk.live.listen(None, "account-ann")
    # what is answered after all ends by itself
    gyms.desk.live.close()
    path = "/v1/live?treadmill=north/one"
    async with gyms.signed_in("ann") as client, gyms.visitor(ELSEWHERE) as program:
        made = await client.post("/v1/account/tokens", json={"name": "x", "can_write": False})
        program.headers["Authorization"] = f"Bearer {made.json()['token']}"
        statuses = [(await one.get(path)).status_code for one in (client, program)]
    async with gyms.signed_in("bob") as client:
        statuses.append((await client.get(path)).status_code)
    assert statuses == [429, 429, 200]
