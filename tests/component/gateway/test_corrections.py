"""Corrections at the gateway: asked for, kept until they are in a stored state, told of."""

from typing import Any

import httpx
import pytest

from backstride_gateway.api.models import utc
from backstride_gateway.domain.changes import MOST_CORRECTIONS
from backstride_gateway.domain.members import Profile
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.frames import CorrectionEvent
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.served import served
from tests.component.gateway.two_gyms import TwoGyms
from tests.factories.session_records import session_record

ENDED_MS = NOW_MS + 600_000
PATH = "/v1/sessions/s/corrections"


class Corrected:
    """A member with a session of ten minutes that ended an hour ago."""

    def __init__(self) -> None:
        self.desk = Desk()
        profile = Profile(display_name="Ada", mass_kg=60.0, birth_year=1990)
        self.desk.add_member("m", profile=profile)
        claiming = self.desk.claiming
        self.claim_id = claiming.claim(TreadmillKey(TREADMILL), "m", None).claim.claim_id
        self.desk.history.put(
            session_record("s", NOW_MS, claim_id=self.claim_id, treadmill=TREADMILL)
        )
        self.desk.history.put(session_record("nobodys", NOW_MS, treadmill=TREADMILL))
        self.desk.pass_minutes(70)

    async def post(self, body: object, status: int = 202, path: str = PATH) -> Any:  # noqa: ANN401
        return await self._ask("POST", path, status, body)

    async def session(self) -> Any:  # noqa: ANN401  JSON
        return await self._ask("GET", "/v1/sessions/s", 200)

    async def _ask(self, method: str, path: str, status: int, body: object = None) -> Any:  # noqa: ANN401
        transport = served(self.desk.services)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def events(self) -> list[CorrectionEvent]:
        return [
            event
            for _, events in self.desk.log.frames
            for event in events
            if isinstance(event, CorrectionEvent)
        ]


@pytest.fixture
def at() -> Corrected:
    return Corrected()


async def test_a_correction_is_told_of_on_its_session_until_it_is_applied(at: Corrected) -> None:
    asked = await at.post({"mass_kg": 72})
    assert asked["status"] == "pending"
    assert (await at.session())["corrections"] == [asked]

    at.desk.changes.settle(asked["correction_id"], applied_at_ms=ENDED_MS)

    (told,) = (await at.session())["corrections"]
    assert told["status"] == "applied"
    assert told["applied_at"] == utc(ENDED_MS).isoformat().replace("+00:00", "Z")


async def test_a_refused_correction_says_why(at: Corrected) -> None:
    asked = await at.post({"mass_kg": 72})
    at.desk.changes.settle(asked["correction_id"], refused_reason="Too late.")

    (told,) = (await at.session())["corrections"]

    assert (told["status"], told["reason"]) == ("refused", "Too late.")


async def test_the_log_gets_the_whole_claim_and_an_end_where_it_stood_idle(at: Corrected) -> None:
    """A state that let go of the claim must not give it what came since."""
    await at.post({"mass_kg": 72, "hands": "grip", "facing": "away"})
    await at.desk.delivery.deliver_once()

    (event,) = at.events()
    claim = event.claim
    assert claim.claim_id == at.claim_id
    assert (claim.wearer.mass_kg, claim.wearer.facing) == (72.0, "away")
    assert claim.wearer.age_years == 36
    assert claim.hands == "grip"
    assert claim.released_at_ms == ENDED_MS + CLAIMED_IDLE_MS


async def test_a_correction_is_sent_until_a_stored_state_holds_it(at: Corrected) -> None:
    await at.post({"mass_kg": 72})
    await at.desk.delivery.deliver_once()
    at.desk.log.frames.clear()
    at.desk.pass_minutes(0.2)
    await at.desk.delivery.deliver_once()
    assert len(at.events()) == 1

    at.desk.log.store_states(at.desk.history, at.desk.now_ms)

    assert await at.desk.delivery.deliver_once() == 0


async def test_a_later_correction_adds_to_the_earlier_ones(at: Corrected) -> None:
    await at.post({"mass_kg": 72})
    refused = await at.post({"hands": "rest"})
    at.desk.changes.settle(refused["correction_id"], refused_reason="Too late.")
    await at.post({"facing": "away"})
    await at.desk.delivery.deliver_once()

    *_, last = at.events()
    claim = last.claim
    assert (claim.wearer.mass_kg, claim.wearer.facing, claim.hands) == (72.0, "away", None)


async def test_asked_for_twice_it_is_one_correction(at: Corrected) -> None:
    first = await at.post({"mass_kg": 72})
    assert await at.post({"mass_kg": 72}) == first


async def test_with_a_clock_set_back_the_later_correction_still_wins(at: Corrected) -> None:
    await at.post({"mass_kg": 72})
    at.desk.now_ms -= 5_000
    await at.post({"mass_kg": 73})
    await at.desk.delivery.deliver_once()

    first, second = at.events()
    assert first.claim.correction is not None
    assert second.claim.correction is not None
    assert second.claim.correction > first.claim.correction


async def test_not_me_ends_a_claim_that_still_holds(at: Corrected) -> None:
    at.desk.now_ms = ENDED_MS
    await at.post({"ended_at": utc(NOW_MS + 300_000).isoformat()})

    assert at.desk.claims.rows[at.claim_id].released_at_ms == NOW_MS + 300_000
    await at.desk.delivery.deliver_once()
    (event,) = at.events()
    assert event.claim.trimmed_at_ms == NOW_MS + 300_000


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "correction-invalid"),
        ({"mass_kg": None}, "correction-invalid"),
        ({"mass_kg": 5}, "request-invalid"),
        ({"hands": "no"}, "request-invalid"),
        ({"weight": 70}, "request-invalid"),
        ({"ended_at": "2026-11-23T06:00:00"}, "request-invalid"),
        ({"ended_at": "1970-01-01T00:00:00Z"}, "correction-invalid"),
        ({"ended_at": "2999-01-01T00:00:00Z"}, "correction-invalid"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_kept(
    at: Corrected, body: object, problem: str
) -> None:
    answer = await at.post(body, 422)
    assert answer["type"] == f"urn:backstride:problem:{problem}"
    assert at.desk.changes.rows == {}


async def test_a_session_of_nobody_is_not_corrected(at: Corrected) -> None:
    answer = await at.post({"mass_kg": 72}, 409, "/v1/sessions/nobodys/corrections")
    assert answer["type"] == "urn:backstride:problem:session-nobodys"


async def test_a_session_is_corrected_only_so_often(at: Corrected) -> None:
    for number in range(MOST_CORRECTIONS):
        await at.post({"mass_kg": 60 + number})
    answer = await at.post({"mass_kg": 30}, 409)
    assert answer["type"] == "urn:backstride:problem:too-many-corrections"


async def test_an_operator_sees_that_a_session_was_corrected_and_no_body() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        answer = await client.post("/v1/sessions/s-ann/corrections", json={"mass_kg": 72})
        assert answer.json()["mass_kg"] == 72
    async with gyms.signed_in("operator") as client:
        (told,) = (await client.get("/v1/sessions/s-ann")).json()["corrections"]
    assert told["status"] == "pending"
    assert told["mass_kg"] is None
