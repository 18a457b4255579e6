"""Ids of requests, and that nobody gets more than their share."""

import dataclasses

import httpx
import pytest
from structlog.testing import capture_logs

from backstride_gateway.api.app import build_app
from backstride_gateway.api.services import RateLimits
from backstride_gateway.domain.rate_limiting import Rate
from tests.component.gateway.desk import Desk

PATH = "/v1/members/nobody"


def _client(desk: Desk, limits: RateLimits | None = None) -> httpx.AsyncClient:
    services = dataclasses.replace(desk.services, rate_limits=limits or RateLimits())
    transport = httpx.ASGITransport(build_app(services), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def test_the_id_of_the_asker_comes_back_and_stands_in_the_problem() -> None:
    async with _client(Desk()) as client:
        answer = await client.get(PATH, headers={"X-Request-Id": "order-66.a_b"})

    assert answer.headers["X-Request-Id"] == "order-66.a_b"
    assert answer.json()["request_id"] == "order-66.a_b"


@pytest.mark.parametrize("given", [None, "", "two words", "a" * 65, 'x"; drop'])
async def test_without_a_plain_id_each_request_gets_a_new_one(given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    async with _client(Desk()) as client:
        first = await client.get(PATH, headers=headers)
        second = await client.get(PATH, headers=headers)

    ids = {one.headers["X-Request-Id"] for one in (first, second)}
    assert len(ids) == 2
    assert all(len(one) == 32 for one in ids)
    assert first.json()["request_id"] == first.headers["X-Request-Id"]


async def test_an_error_of_ours_tells_the_id_under_which_it_is_in_the_log() -> None:
    desk = Desk()

    def broken() -> list[str]:
        raise RuntimeError("a defect")

    desk.services = dataclasses.replace(desk.services, waiting_for=broken)
    async with _client(desk) as client:
        with capture_logs() as logs:
            answer = await client.get("/readyz", headers={"X-Request-Id": "mine"})

    assert answer.status_code == 500
    assert answer.json()["request_id"] == "mine"
    assert [one["event"] for one in logs] == ["request failed"]


async def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    desk = Desk()
    limits = RateLimits(per_asker=Rate(1.0, 3), per_address=Rate(1000.0, 1000))
    async with _client(desk, limits) as client:
        mine = {"Authorization": "Bearer mine"}
        statuses = [(await client.get(PATH, headers=mine)).status_code for _ in range(4)]
        refused = await client.get(PATH, headers=mine)
        others = await client.get(PATH, headers={"Authorization": "Bearer another"})
        desk.pass_minutes(1 / 60)
        later = await client.get(PATH, headers=mine)

    assert statuses == [404, 404, 404, 429]
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:backstride:problem:too-many-requests"
    assert (others.status_code, later.status_code) == (404, 404)


async def test_new_tokens_for_each_request_gain_nothing() -> None:
    limits = RateLimits(per_asker=Rate(1.0, 3), per_address=Rate(1.0, 5))
    async with _client(Desk(), limits) as client:
        statuses = [
            (await client.get(PATH, headers={"Authorization": f"Bearer {one}"})).status_code
            for one in range(7)
        ]

    assert statuses == [404] * 5 + [429] * 2


async def test_health_is_always_answered() -> None:
    limits = RateLimits(per_asker=Rate(1.0, 1), per_address=Rate(1.0, 1))
    async with _client(Desk(), limits) as client:
        statuses = {(await client.get("/healthz")).status_code for _ in range(5)}

    assert statuses == {200}
