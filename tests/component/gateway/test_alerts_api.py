from collections.abc import AsyncIterator

import httpx
import pytest

from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.served import served
from tests.factories.alert_records import alert_record


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    transport = served(desk.services)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client


def put_alert(
    desk: Desk, alert_id: str, raised_at_ms: int, *, recovered_at_ms: int | None = None
) -> None:
    desk.alerts.put(
        alert_record(alert_id, raised_at_ms, treadmill=TREADMILL, recovered_at_ms=recovered_at_ms)
    )


async def test_an_alert_is_told_in_words_with_what_raised_it(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    put_alert(desk, "a", NOW_MS)
    (found,) = (await client.get("/v1/alerts")).raise_for_status().json()["alerts"]
    assert (found["gym_id"], found["treadmill_id"]) == ("demo", "treadmill-01")
    assert found["sentence"] == "Backward faster than advised for this person's practice."
    assert found["is_active"]
    assert found["recovered_at"] is None
    assert (found["direction"], found["speed_m_per_s"]) == ("reverse", 1.9)
    assert found["limit_m_per_s"] == 1.5


async def test_alerts_are_chosen_by_gym_treadmill_and_whether_they_go_on(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    put_alert(desk, "over", NOW_MS, recovered_at_ms=NOW_MS + 5)
    put_alert(desk, "on", NOW_MS)

    async def ids(**query: str) -> list[str]:
        answer = (await client.get("/v1/alerts", params=query)).raise_for_status().json()
        return [alert["alert_id"] for alert in answer["alerts"]]

    assert await ids(active="true") == ["on"]
    assert await ids(active="false", treadmill=TREADMILL) == ["over"]
    assert await ids(gym_id="demo") == ["over", "on"]
    assert await ids(gym_id="elsewhere") == []


async def test_alerts_come_in_pages(desk: Desk, client: httpx.AsyncClient) -> None:
    for number in range(5):
        put_alert(desk, f"a{number}", NOW_MS + number)
    found: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        query = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        page = (await client.get("/v1/alerts", params=query)).raise_for_status().json()
        found += [alert["alert_id"] for alert in page["alerts"]]
        cursor = page["next_cursor"]
    assert found == ["a4", "a3", "a2", "a1", "a0"]
    assert cursor is None


@pytest.mark.parametrize("query", ["gym_id=UPPER", "treadmill=nowhere", "cursor=rubbish"])
async def test_what_cannot_be_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/v1/alerts?{query}")).status_code == 422


async def test_a_treadmill_shows_what_goes_on_until_it_recovers(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    async def alerts() -> list[str]:
        answer = (await client.get(f"/v1/treadmills/{TREADMILL}")).raise_for_status()
        return [alert["sentence"] for alert in answer.json()["alerts"]]

    desk.move(5, -1.9)
    assert await alerts() == ["Backward faster than advised for this person's practice."]
    desk.move(8, -1.0)
    assert await alerts() == []


async def test_the_holder_of_a_treadmill_is_advised_how_to_go_backward(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    desk.add_member("m")
    desk.move(5)

    async def advice() -> object:
        answer = (await client.get(f"/v1/treadmills/{TREADMILL}")).raise_for_status()
        return answer.json()["backward_advice"]

    assert await advice() is None
    desk.claiming.claim(TreadmillKey(TREADMILL), "m", None)
    assert await advice() == {
        "max_speed_m_per_s": 0.8,
        "sentence": "Start slowly: level, rail in reach, safety clip on.",
    }


async def test_an_acknowledgement_is_kept_once_and_shown_with_the_alert(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    put_alert(desk, "a", NOW_MS)
    first = await client.post("/v1/alerts/a/acknowledge")
    desk.pass_minutes(3)
    again = await client.post("/v1/alerts/a/acknowledge")
    (shown,) = (await client.get("/v1/alerts")).json()["alerts"]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert shown["acknowledged_at"] == first.json()["acknowledged_at"]
    assert shown["is_active"]


async def test_an_alert_is_acknowledged_before_the_recorder_has_it(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    desk.move(5, -1.9)
    (alert,) = (await client.get(f"/v1/treadmills/{TREADMILL}")).json()["alerts"]
    answer = await client.post(f"/v1/alerts/{alert['alert_id']}/acknowledge")
    assert answer.status_code == 201


async def test_what_is_no_alert_is_not_acknowledged(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/alerts/nothing/acknowledge")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:backstride:problem:alert-unknown"
