"""A member's profile: versions, masses over time, consents, precautions."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from backstride_gateway.domain.masses import FutureMassError
from backstride_gateway.domain.members import Profile
from backstride_gateway.domain.precautions import VERSION
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.served import served
from tests.component.gateway.two_gyms import TwoGyms
from tests.factories.session_records import session_record

KEY = TreadmillKey(TREADMILL)
DAY_MS = 86_400_000
# 2026-11-23 04:08:20 UTC, still the 22nd in New York
TODAY = date(2026, 11, 23)
ADA = Profile(
    display_name="Ada",
    mass_kg=62.0,
    birth_year=1996,
    sex="female",
    resting_heart_rate_bpm=60.0,
    max_heart_rate_bpm=190.0,
)
PATH = "/v1/members/m"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.add_member("m", profile=ADA)
    return desk


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    transport = served(desk.services)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_whoever_changes_a_profile_says_which_one_they_read(
    client: httpx.AsyncClient,
) -> None:
    read = await client.get(PATH)
    tag = read.headers["ETag"]
    body = {"display_name": "Ada", "units": "imperial"}
    missing = await client.put(PATH, json=body)
    assert missing.status_code == 428
    assert missing.json()["type"] == "urn:backstride:problem:condition-missing"
    done = await client.put(PATH, json=body, headers={"If-Match": tag})
    assert done.status_code == 200
    assert done.json()["units"] == "imperial"
    assert done.headers["ETag"] != tag
    stale = await client.put(PATH, json=body, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json()["type"] == "urn:backstride:problem:profile-changed"
    weak = f"W/{done.headers['ETag']}"
    assert (await client.put(PATH, json=body, headers={"If-Match": weak})).status_code == 412
    either = f'"other", {done.headers["ETag"]}'
    assert (await client.put(PATH, json=body, headers={"If-Match": either})).status_code == 200


async def test_an_operator_is_told_no_version_of_what_they_do_not_see() -> None:
    gyms = TwoGyms()
    path = f"/v1/members/{gyms.member_id('ann')}"
    async with gyms.signed_in("operator") as client:
        # the tag of the answer, by which nothing can be changed
        assert (await client.get(path)).headers["ETag"].startswith("W/")
    async with gyms.signed_in("ann") as client:
        assert not (await client.get(path)).headers["ETag"].startswith("W/")


async def test_new_practice_is_sent_also_to_who_has_the_profile(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    known = (await client.get(PATH)).headers["ETag"]
    assert (await client.get(PATH, headers={"If-None-Match": known})).status_code == 304
    claim = desk.claiming.claim(KEY, "m", None).claim
    desk.history.put(
        session_record("s", NOW_MS - DAY_MS, claim_id=claim.claim_id, backward_s=120.0)
    )
    again = await client.get(PATH, headers={"If-None-Match": known})
    assert again.status_code == 200
    assert again.json()["practice"]["lifetime_backward_minutes"] == 2.0
    # the profile is the same, so the tag of before still changes it
    body = {"display_name": "Ada"}
    assert (await client.put(PATH, json=body, headers={"If-Match": known})).status_code == 200


async def test_another_mass_in_the_profile_begins_today_in_the_history(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    desk.now_ms += 10 * DAY_MS
    body = {"display_name": "Ada", "mass_kg": 64}
    await client.put(PATH, json=body, headers={"If-Match": "*"})
    await client.put(PATH, json=body | {"units": "imperial"}, headers={"If-Match": "*"})
    found = (await client.get(f"{PATH}/masses")).json()["masses"]
    assert found == [
        {"valid_from_on": "2026-11-23", "mass_kg": 62.0},
        {"valid_from_on": "2026-12-03", "mass_kg": 64.0},
    ]


async def test_a_mass_is_noted_for_a_day_and_taken_out_again(client: httpx.AsyncClient) -> None:
    url = f"{PATH}/masses"
    await client.post(url, json={"mass_kg": 60, "valid_from_on": "2026-10-01"})
    await client.post(url, json={"mass_kg": 61, "valid_from_on": "2026-10-01"})
    added = await client.post(url, json={"mass_kg": 63})
    assert added.status_code == 201
    assert added.json()["masses"] == [
        {"valid_from_on": "2026-10-01", "mass_kg": 61.0},
        {"valid_from_on": "2026-11-23", "mass_kg": 63.0},
    ]
    assert (await client.get(PATH)).json()["mass_kg"] == 63.0
    left = await client.delete(f"{url}/2026-11-23")
    assert [one["mass_kg"] for one in left.json()["masses"]] == [61.0]
    assert (await client.get(PATH)).json()["mass_kg"] == 61.0
    again = await client.delete(f"{url}/2026-11-23")
    assert (again.status_code, again.json()["type"]) == (404, "urn:backstride:problem:mass-unknown")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"mass_kg": 5}, "body.mass_kg"),
        ({"mass_kg": 351}, "body.mass_kg"),
        ({"mass_kg": 60, "valid_from_on": "1890-01-01"}, "body.valid_from_on"),
        ({"mass_kg": 60, "valid_from_on": "soon"}, "body.valid_from_on"),
        ({}, "body.mass_kg"),
    ],
)
async def test_an_implausible_mass_is_refused_with_its_place(
    client: httpx.AsyncClient, body: dict[str, object], where: str
) -> None:
    answer = await client.post(f"{PATH}/masses", json=body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [where]


async def test_a_mass_of_tomorrow_is_refused_on_the_members_calendar(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    desk.add_member("n", "1002", Profile(display_name="Ny", time_zone="America/New_York"))
    body = {"mass_kg": 60, "valid_from_on": TODAY.isoformat()}
    assert (await client.post(f"{PATH}/masses", json=body)).status_code == 201
    refused = await client.post("/v1/members/n/masses", json=body)
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:backstride:problem:mass-of-the-future"
    member = desk.membership.get("n")
    with pytest.raises(FutureMassError):
        desk.body.note_mass(member, 60.0, TODAY)


def test_a_claim_counts_with_the_mass_of_its_day(desk: Desk) -> None:
    member = desk.membership.get("m")
    desk.body.note_mass(member, 60.0, date(2026, 11, 1))
    desk.body.note_mass(member, 66.0, TODAY)
    assert desk.claiming.claim(KEY, "m", None).claim.wearer.mass_kg == 66.0
    # a session of yesterday, made the member's today
    yesterday_ms = NOW_MS - DAY_MS
    past = desk.claiming.claim_past(
        TreadmillKey("demo/other"), "m", "taken", yesterday_ms, yesterday_ms + 1000
    )
    assert past.claim.wearer.mass_kg == 60.0


def walk_steadily(desk: Desk, claim_id: str) -> None:
    session = session_record("s", NOW_MS - DAY_MS, claim_id=claim_id, duration_s=900)
    session.totals.calibration_bouts = 3
    session.totals.calibration_vo2max_sum = 3 * 42.0
    desk.history.put(session)


@pytest.mark.parametrize(
    ("consent", "source", "resting_bpm"),
    [
        ({}, "calibrated", 60.0),
        ({"is_calibration_allowed": False}, None, 60.0),
        ({"is_heart_rate_used": False}, None, None),
    ],
)
async def test_consent_decides_what_the_next_claim_knows(
    desk: Desk,
    client: httpx.AsyncClient,
    consent: dict[str, bool],
    source: str | None,
    resting_bpm: float | None,
) -> None:
    first = desk.claiming.claim(KEY, "m", None).claim
    walk_steadily(desk, first.claim_id)
    desk.claiming.release(KEY, None)
    body = {"display_name": "Ada", "birth_year": 1996, "resting_heart_rate_bpm": 60} | consent
    await client.put(PATH, json=body, headers={"If-Match": "*"})
    desk.pass_minutes(1)
    wearer = desk.claiming.claim(KEY, "m", None).claim.wearer
    assert (wearer.vo2max_source, wearer.resting_heart_rate_bpm) == (source, resting_bpm)
    told = (await client.get(PATH)).json()
    # what is not used is kept: consent may come back
    assert told["resting_heart_rate_bpm"] == 60.0
    told_source = told["effective_vo2max"]["source"]
    assert told_source == (None if resting_bpm is None else source or "estimated")


async def test_what_is_not_used_must_be_plausible_all_the_same(client: httpx.AsyncClient) -> None:
    body = {
        "display_name": "Ada",
        "resting_heart_rate_bpm": 100,
        "max_heart_rate_bpm": 90,
        "is_heart_rate_used": False,
    }
    answer = await client.put(PATH, json=body, headers={"If-Match": "*"})
    assert answer.status_code == 422


async def test_precautions_fit_whom_they_are_for(desk: Desk, client: httpx.AsyncClient) -> None:
    profiles = {
        "young": Profile(display_name="Y", birth_year=2012),
        "older": Profile(display_name="O", birth_year=1950, has_beta_blocker=True),
    }
    for number, (name, profile) in enumerate(profiles.items()):
        desk.add_member(name, f"20{number}", profile)
    codes = {}
    for name in ("m", "young", "older"):
        told = (await client.get(f"/v1/members/{name}/precautions")).json()
        codes[name] = {one["code"] for one in told["precautions"]}
        assert told["programme"][0].startswith("Week 1: three times 5 minutes backward")
    assert {"P_PRACTICE", "P_HEART_RATE", "A_SPOTTER"} <= codes["m"]
    assert "A_AGE_YOUNGER" in codes["young"]
    assert {"A_AGE_OLDER", "A_BETA_BLOCKER"} <= codes["older"]
    assert "P_HEART_RATE" not in codes["older"]
    assert not {"A_TOO_FAST", "A_HARNESS", "A_START_SLOWLY", "A_HEART_HIGH"} & set().union(
        *codes.values()
    )


async def test_acceptance_is_kept_with_version_and_time(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    url = f"{PATH}/precautions"
    assert (await client.get(url)).json()["is_due"]
    old = await client.post(url, json={"version": "0"})
    assert (old.status_code, old.json()["type"]) == (
        409,
        "urn:backstride:problem:precautions-outdated",
    )
    first = (await client.post(url, json={"version": VERSION})).json()
    desk.pass_minutes(5)
    again = (await client.post(url, json={"version": VERSION})).json()
    assert not first["is_due"]
    assert first["accepted"] == [{"version": VERSION, "accepted_at": "2026-11-23T04:08:20Z"}]
    assert again == first


async def test_a_claim_says_that_precautions_are_due_and_may_carry_their_acceptance(
    client: httpx.AsyncClient,
) -> None:
    url = f"/v1/treadmills/{TREADMILL}/claim"
    due = await client.post(url, json={"member_id": "m"})
    assert (due.status_code, due.json()["precautions_due"]) == (201, True)
    old = await client.post(url, json={"member_id": "m", "precautions_version": "0"})
    assert old.status_code == 409
    done = await client.post(url, json={"member_id": "m", "precautions_version": VERSION})
    assert done.json()["precautions_due"] is False


async def test_staff_accept_no_precautions_for_a_member() -> None:
    gyms = TwoGyms()
    body = {"member_id": gyms.member_id("ann"), "precautions_version": VERSION}
    async with gyms.signed_in("operator") as client:
        answer = await client.post("/v1/treadmills/north/one/claim", json=body)
    assert answer.status_code == 403
    assert gyms.desk.body.is_due(gyms.member_id("ann"))
