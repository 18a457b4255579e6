"""Erasing at the gateway: a session, a member, and what is left to read afterwards."""

from typing import Any

import httpx
import pytest

from backstride_gateway.domain.erasing import LOG_SENTENCE
from backstride_gateway.erasing import Erasing
from backstride_shared.frames import ErasureEvent
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.served import served
from tests.component.gateway.two_gyms import PASSWORD, TwoGyms
from tests.factories.session_records import session_record

ENDED_MS = NOW_MS + 600_000


def events(desk: Desk) -> list[ErasureEvent]:
    return [
        event for _, sent in desk.log.frames for event in sent if isinstance(event, ErasureEvent)
    ]


async def erase_as_the_recorder(desk: Desk) -> None:
    """Deliver what waits, and let rows and series of it be gone."""
    await desk.delivery.deliver_once()
    for change in list(desk.changes.rows.values()):
        if isinstance(change.event, ErasureEvent):
            desk.history.forget(change.claim_id, change.session_id)
            desk.changes.settle(change.change_id, applied_at_ms=desk.now_ms)


class Demo:
    """A demonstration with a member who walked ten minutes, an hour ago."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.desk.add_member("m")
        claiming = self.desk.claiming
        self.claim_id = claiming.claim(TreadmillKey(TREADMILL), "m", None).claim.claim_id
        session = session_record("s", NOW_MS, claim_id=self.claim_id, treadmill=TREADMILL)
        self.desk.history.put(session)
        self.desk.pass_minutes(70)

    async def ask(self, method: str, path: str, status: int, body: object = None) -> Any:  # noqa: ANN401
        transport = served(self.desk.services)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def demo() -> Demo:
    return Demo()


async def test_a_deleted_session_says_so_until_it_is_gone(demo: Demo) -> None:
    asked = await demo.ask("DELETE", "/v1/sessions/s", 202)
    assert (await demo.ask("GET", "/v1/sessions/s", 200))["deletion"] == asked
    assert asked["status"] == "pending"

    await erase_as_the_recorder(demo.desk)
    assert demo.desk.erasing.work_once() == 0

    await demo.ask("GET", "/v1/sessions/s", 404)
    assert demo.desk.claims.rows == {}
    assert demo.desk.changes.rows == {}


async def test_asked_for_twice_a_session_is_deleted_once(demo: Demo) -> None:
    first = await demo.ask("DELETE", "/v1/sessions/s", 202)
    assert await demo.ask("DELETE", "/v1/sessions/s", 202) == first
    await demo.desk.delivery.deliver_once()
    assert len(events(demo.desk)) == 1


async def test_the_log_is_told_how_far_the_session_went(demo: Demo) -> None:
    await demo.ask("DELETE", "/v1/sessions/s", 202)
    await demo.desk.delivery.deliver_once()

    (event,) = events(demo.desk)
    assert (event.claim_id, event.from_ms) == (demo.claim_id, NOW_MS)
    assert (event.until_ms, event.active_at_ms) == (demo.desk.now_ms, ENDED_MS)


async def test_what_was_somebody_else_is_not_erased(demo: Demo) -> None:
    trim = {"ended_at": "2026-11-23T06:30:00Z"}
    trimmed_ms = 1_795_415_400_000
    demo.desk.history.put(
        session_record("s", NOW_MS, claim_id=demo.claim_id, treadmill=TREADMILL, duration_s=14_400)
    )
    await demo.ask("POST", "/v1/sessions/s/corrections", 202, trim)
    await demo.ask("DELETE", "/v1/sessions/s", 202)
    await demo.desk.delivery.deliver_once()

    (event,) = events(demo.desk)
    assert event.until_ms == trimmed_ms


async def test_an_erasure_is_sent_until_a_stored_state_knows_it(demo: Demo) -> None:
    await demo.ask("DELETE", "/v1/sessions/s", 202)
    await demo.desk.delivery.deliver_once()
    demo.desk.log.frames.clear()
    demo.desk.pass_minutes(8 * 24 * 60)

    await demo.desk.delivery.deliver_once()
    assert len(events(demo.desk)) == 1
    demo.desk.log.store_states(demo.desk.history, demo.desk.now_ms)

    assert await demo.desk.delivery.deliver_once() == 0


async def test_deleting_a_running_session_ends_its_claim() -> None:
    desk = Desk()
    desk.add_member("m")
    claim_id = desk.claiming.claim(TreadmillKey(TREADMILL), "m", None).claim.claim_id
    session = session_record("s", NOW_MS, claim_id=claim_id, treadmill=TREADMILL, duration_s=5)
    desk.history.put(session)
    desk.now_ms += 5_000

    desk.erasing.erase_session(session)

    assert desk.claims.rows[claim_id].released_at_ms == desk.now_ms


async def test_a_session_of_nobody_is_deleted_without_a_claim(demo: Demo) -> None:
    demo.desk.history.put(session_record("nobodys", NOW_MS, treadmill=TREADMILL))

    await demo.ask("DELETE", "/v1/sessions/nobodys", 202)
    await demo.desk.delivery.deliver_once()

    (event,) = events(demo.desk)
    assert (event.claim_id, event.from_ms, event.until_ms) == (None, NOW_MS, ENDED_MS + 1)


async def test_a_member_is_erased_and_the_receipt_stays(demo: Demo) -> None:
    started = await demo.ask("POST", "/v1/members/m/erasure", 202, {"confirm": "erase"})
    path = f"/v1/erasures/{started['erasure_id']}?code={started['receipt_code']}"
    assert (await demo.ask("GET", path, 200))["status"] == "pending"

    assert demo.desk.erasing.work_once() > 0
    await erase_as_the_recorder(demo.desk)
    assert demo.desk.erasing.work_once() == 0

    told = await demo.ask("GET", path, 200)
    assert told["status"] == "done"
    assert LOG_SENTENCE in told["receipt"]["stays"]
    await demo.ask("GET", "/v1/members/m", 404)
    await demo.ask("GET", "/v1/sessions/s", 404)


async def test_asked_for_twice_a_member_is_erased_once(demo: Demo) -> None:
    first = await demo.ask("POST", "/v1/members/m/erasure", 202, {"confirm": "erase"})
    assert await demo.ask("POST", "/v1/members/m/erasure", 202, {"confirm": "erase"}) == first


async def test_a_claim_that_comes_meanwhile_is_erased_too(demo: Demo) -> None:
    await demo.ask("POST", "/v1/members/m/erasure", 202, {"confirm": "erase"})
    demo.desk.erasing.work_once()
    demo.desk.claiming.claim(TreadmillKey("demo/treadmill-02"), "m", None)
    await erase_as_the_recorder(demo.desk)
    assert demo.desk.erasing.work_once() > 0
    await erase_as_the_recorder(demo.desk)

    assert demo.desk.erasing.work_once() == 0
    assert demo.desk.claims.rows == {}


async def test_without_the_log_an_erasure_waits_and_goes_on(demo: Demo) -> None:
    await demo.ask("POST", "/v1/members/m/erasure", 202, {"confirm": "erase"})
    demo.desk.erasing.work_once()
    demo.desk.log.is_away = True
    with pytest.raises(Exception, match="away"):
        await demo.desk.delivery.deliver_once()
    assert demo.desk.erasing.work_once() > 0

    demo.desk.log.is_away = False
    await erase_as_the_recorder(demo.desk)

    assert demo.desk.erasing.work_once() == 0


async def test_an_erasure_goes_on_after_a_restart(demo: Demo) -> None:
    """All that is open is in the store; nothing of it is remembered by a program."""
    await demo.ask("POST", "/v1/members/m/erasure", 202, {"confirm": "erase"})

    desk = demo.desk
    again = Erasing(
        claims=desk.claims,
        changes=desk.changes,
        erasures=desk.erasures,
        exports=desk.services.exporting,
        history=desk.history,
        live_last_moving=desk.live.last_moving,
        clock=desk.clock,
        on_change=lambda _: None,
        on_request=lambda: None,
    )
    assert again.work_once() > 0
    await erase_as_the_recorder(desk)

    assert again.work_once() == 0
    assert desk.claims.rows == {}


async def test_a_demonstrations_member_who_was_erased_is_not_made_up_again() -> None:
    desk = Desk()
    desk.membership.make_demo_members()
    members = desk.members.all(None, 9)
    erasure = desk.erasing.erase_member(members[0].member_id)
    desk.erasing.work_once()
    assert desk.erasures.rows[erasure.erasure_id].finished_at_ms is not None

    desk.membership.make_demo_members()

    assert len(desk.members.all(None, 9)) == len(members) - 1


async def test_nobody_is_shown_as_the_holder_afterwards(demo: Demo) -> None:
    desk = demo.desk
    desk.claiming.claim(TreadmillKey(TREADMILL), "m", None)
    await desk.delivery.deliver_once()
    desk.move(3)
    view = desk.live.treadmill(TREADMILL)
    assert view is not None
    assert view.claim is not None

    desk.erasing.erase_member("m")
    desk.erasing.work_once()
    await erase_as_the_recorder(desk)
    desk.erasing.work_once()
    desk.move(1)

    view = desk.live.treadmill(TREADMILL)
    assert view is not None
    assert view.claim is None
    assert view.session is None or view.session.claim_id is None


@pytest.mark.parametrize("body", [{}, {"password": "any"}, {"confirm": "yes"}])
async def test_without_confirmation_nobody_is_erased(demo: Demo, body: object) -> None:
    answer = await demo.ask("POST", "/v1/members/m/erasure", 422, body)
    assert answer["type"].rpartition(":")[2] in {"not-confirmed", "request-invalid"}
    assert demo.desk.erasures.rows == {}


async def test_another_code_opens_no_receipt(demo: Demo) -> None:
    started = await demo.ask("POST", "/v1/members/m/erasure", 202, {"confirm": "erase"})
    absent = await demo.ask("GET", f"/v1/erasures/none?code={started['receipt_code']}", 404)
    wrong = await demo.ask("GET", f"/v1/erasures/{started['erasure_id']}?code=guess", 404)
    assert absent["type"] == wrong["type"] == "urn:backstride:problem:erasure-unknown"


async def test_with_accounts_it_wants_the_password_and_ends_every_way_in() -> None:
    gyms = TwoGyms()
    path = f"/v1/members/{gyms.member_id('ann')}/erasure"
    async with gyms.signed_in("ann") as client:
        for body in ({}, {"confirm": "erase"}):
            assert (await client.post(path, json=body)).status_code == 422
        assert (await client.post(path, json={"password": "guess"})).status_code == 401
        answer = await client.post(path, json={"password": PASSWORD})
        assert answer.status_code == 202
        started = answer.json()

        gyms.desk.erasing.work_once()
        await erase_as_the_recorder(gyms.desk)
        assert gyms.desk.erasing.work_once() == 0

        assert (await client.get("/v1/account")).status_code == 401
    async with gyms.visitor() as client:
        told = await client.get(
            f"/v1/erasures/{started['erasure_id']}", params={"code": started["receipt_code"]}
        )
        assert told.json()["status"] == "done"
        answer = await client.post(
            "/v1/session", json={"sign_in_name": "ann", "password": PASSWORD}
        )
        assert answer.status_code == 401


async def test_a_token_erases_nobody() -> None:
    gyms = TwoGyms()
    _, secret = gyms.desk.signing_in.make_token("account-ann", "t", can_write=True)
    async with gyms.visitor() as client:
        answer = await client.post(
            f"/v1/members/{gyms.member_id('ann')}/erasure",
            json={"password": PASSWORD},
            headers={"Authorization": f"Bearer {secret}"},
        )
    assert answer.status_code == 403
