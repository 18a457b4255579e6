from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from backstride_gateway.domain.members import Profile
from backstride_gateway.domain.platform import PlatformStatus, ProgramState, ReadingCounts
from backstride_shared.identity import TreadmillKey
from backstride_shared.series import SeriesMinute
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.served import served
from tests.factories.series_points import series_point
from tests.factories.session_records import session_record

HOUR_MS = 3_600_000
CLAIM = f"/v1/treadmills/{TREADMILL}/claim"
RELEASE = f"/v1/treadmills/{TREADMILL}/release"


class Api:
    def __init__(self, desk: Desk, client: httpx.AsyncClient) -> None:
        self.desk = desk
        self.client = client

    async def get(self, path: str, status: int = 200) -> Any:  # noqa: ANN401  JSON
        return _json(await self.client.get(path), status)

    async def post(self, path: str, body: object, status: int = 200) -> Any:  # noqa: ANN401  JSON
        return _json(await self.client.post(path, json=body), status)

    async def put(self, path: str, body: object, status: int = 200) -> Any:  # noqa: ANN401  JSON
        return _json(await self.client.put(path, json=body, headers={"If-Match": "*"}), status)

    def put_sessions(self, count: int, member_id: str = "m") -> None:
        """Store sessions of an hour's distance, half of each backward."""
        for number in range(count):
            self.desk.history.put(
                session_record(
                    f"s{number}",
                    NOW_MS - number * HOUR_MS,
                    claim_id=self.claim_id(member_id),
                    treadmill=TREADMILL,
                    duration_s=600,
                    backward_s=300,
                )
            )

    def claim_id(self, member_id: str) -> str:
        for claim in self.desk.claims.rows.values():
            if claim.member_id == member_id:
                return claim.claim_id
        key = TreadmillKey(TREADMILL)
        return self.desk.claiming.claim(key, member_id, None).claim.claim_id


def _json(response: httpx.Response, status: int) -> Any:  # noqa: ANN401  JSON
    assert response.status_code == status, response.text
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
    return response.json()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    desk = Desk()
    transport = served(desk.services)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield Api(desk, client)


# --- treadmills ---------------------------------------------------------------------------------


async def test_treadmills_show_signed_speed_direction_and_energy_so_far(api: Api) -> None:
    api.desk.move(60, 1.2)
    api.desk.move(120, -0.9)
    (found,) = (await api.get("/v1/treadmills"))["treadmills"]
    assert found["treadmill_id"] == "treadmill-01"
    assert found["status"] == "moving"
    assert found["direction"] == "reverse"
    assert found["belt_velocity_m_per_s"] == -0.9
    assert found["last_reading_age_s"] == 0
    session = found["session"]
    assert session["is_running"]
    assert session["forward"]["duration_s"] == pytest.approx(60)
    assert session["backward"]["duration_s"] == pytest.approx(119)
    assert session["direction_changes"] == 1
    energy = session["energy"]
    assert energy["low_kcal"] < energy["gross_kcal"] < energy["high_kcal"]
    assert energy["display"].endswith(")")


async def test_one_treadmill_is_the_same_as_in_the_list(api: Api) -> None:
    api.desk.move(5)
    (listed,) = (await api.get("/v1/treadmills"))["treadmills"]
    assert await api.get(f"/v1/treadmills/{TREADMILL}") == listed


async def test_a_treadmill_never_heard_of_is_unknown(api: Api) -> None:
    problem = await api.get("/v1/treadmills/demo/nowhere", 404)
    assert problem["type"] == "urn:backstride:problem:treadmill-unknown"
    problem = await api.get("/v1/treadmills/Demo/UPPER", 422)
    assert problem["type"] == "urn:backstride:problem:identifier-invalid"


async def test_who_claims_is_shown_by_name_in_a_demonstration(api: Api) -> None:
    api.desk.add_member("m", profile=Profile(display_name="Ada"))
    claim = await api.post(CLAIM, {"member_id": "m", "purpose": "training"}, 201)
    assert claim["treadmill_id"] == "treadmill-01"
    assert claim["released_at"] is None
    held = (await api.get(f"/v1/treadmills/{TREADMILL}"))["claim"]
    assert held["claim_id"] == claim["claim_id"]
    assert held["display_name"] == "Ada"
    again = await api.post(CLAIM, {"member_id": "m"}, 200)
    assert again == claim


async def test_a_release_frees_the_treadmill(api: Api) -> None:
    api.desk.add_member("m")
    await api.post(CLAIM, {"member_id": "m"}, 201)
    other = await api.post(RELEASE, {"member_id": "somebody"}, 409)
    assert other["type"] == "urn:backstride:problem:treadmill-claimed-by-another"
    released = await api.post(RELEASE, {})
    assert released["released_at"] is not None
    assert (await api.get(f"/v1/treadmills/{TREADMILL}"))["claim"] is None
    nobody = await api.post(RELEASE, {}, 409)
    assert nobody["type"] == "urn:backstride:problem:treadmill-not-claimed"


async def test_a_release_needs_no_body(api: Api) -> None:
    api.desk.add_member("m")
    await api.post(CLAIM, {"member_id": "m"}, 201)
    _json(await api.client.post(RELEASE), 200)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.member_id"),
        ({"member_id": 7}, "body.member_id"),
        ({"member_id": "m", "purpose": "fun"}, "body.purpose"),
        ({"member_id": "m", "purpos": "training"}, "body.purpos"),
        ([], "body"),
    ],
)
async def test_a_malformed_claim_is_refused_with_the_field(
    api: Api, body: object, field: str
) -> None:
    problem = await api.post(CLAIM, body, 422)
    assert problem["type"] == "urn:backstride:problem:request-invalid"
    assert problem["errors"][0]["field"] == field


async def test_a_claim_by_nobody_known_is_refused(api: Api) -> None:
    problem = await api.post(CLAIM, {"member_id": "nobody"}, 404)
    assert problem["type"] == "urn:backstride:problem:member-unknown"


# --- members ------------------------------------------------------------------------------------

PROFILE = {"display_name": "Ada", "mass_kg": 62.0, "time_zone": "Europe/Berlin"}


async def test_a_member_is_created_and_found_again(api: Api) -> None:
    created = await api.post(
        "/v1/members", {**PROFILE, "gym_id": "gym", "member_number": "77"}, 201
    )
    assert not created["is_demo"]
    found = await api.get(f"/v1/members/{created['member_id']}")
    assert found["mass_kg"] == 62.0
    assert found["time_zone"] == "Europe/Berlin"
    assert found["practice"]["lifetime_backward_minutes"] == 0
    assert found["practice"]["advised_max_speed_m_per_s"] == 0.8
    assert [one["member_id"] for one in (await api.get("/v1/members"))["members"]] == [
        created["member_id"]
    ]


async def test_a_member_reads_which_vo2max_counts_and_why(api: Api) -> None:
    profile = Profile(display_name="Ada", birth_year=1996, resting_heart_rate_bpm=60.0)
    api.desk.add_member("m", profile=profile)
    found = (await api.get("/v1/members/m"))["effective_vo2max"]
    assert found["source"] == "estimated"
    assert found["vo2max_ml_per_kg_per_min"] == pytest.approx(47.685)
    assert "0 of 2 steady forward bouts" in found["reason"]
    session = session_record("s", NOW_MS - HOUR_MS, claim_id=api.claim_id("m"))
    session.totals.calibration_bouts = 2
    session.totals.calibration_vo2max_sum = 84.0
    api.desk.history.put(session)
    found = (await api.get("/v1/members/m"))["effective_vo2max"]
    assert (found["vo2max_ml_per_kg_per_min"], found["source"]) == (42.0, "calibrated")


async def test_a_number_is_given_once_in_a_gym(api: Api) -> None:
    body = {**PROFILE, "gym_id": "gym", "member_number": "77"}
    await api.post("/v1/members", body, 201)
    problem = await api.post("/v1/members", body, 409)
    assert problem["type"] == "urn:backstride:problem:member-number-taken"


async def test_a_profile_is_replaced_and_what_is_left_out_becomes_unknown(api: Api) -> None:
    api.desk.add_member("m", profile=Profile(display_name="Ada", mass_kg=62.0))
    changed = await api.put("/v1/members/m", {"display_name": "Ada", "height_cm": 165})
    assert (changed["mass_kg"], changed["height_cm"]) == (None, 165.0)
    assert (await api.get("/v1/members/m"))["height_cm"] == 165.0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mass_kg": 5}, "body.mass_kg"),
        ({"height_cm": 999}, "body.height_cm"),
        ({"birth_year": 1500}, "body.birth_year"),
        ({"time_zone": "Mars/Olympus"}, "body.time_zone"),
        ({"display_name": ""}, "body.display_name"),
        ({"sex": "other"}, "body.sex"),
        ({"mass": 60}, "body.mass"),
    ],
)
async def test_a_profile_that_nobody_has_is_refused_with_the_field(
    api: Api, change: dict[str, object], field: str
) -> None:
    api.desk.add_member("m")
    problem = await api.put("/v1/members/m", {**PROFILE, **change}, 422)
    assert [one["field"] for one in problem["errors"]] == [field]


async def test_what_is_wrong_only_together_is_told_too(api: Api) -> None:
    api.desk.add_member("m")
    body = {**PROFILE, "resting_heart_rate_bpm": 100, "max_heart_rate_bpm": 90, "birth_year": 2025}
    problem = await api.put("/v1/members/m", body, 422)
    assert len(problem["errors"]) == 2
    assert "max_heart_rate_bpm must be above" in problem["detail"]


async def test_members_come_in_pages(api: Api) -> None:
    for number in range(5):
        api.desk.add_member(f"m{number}", str(number))
    first = await api.get("/v1/members?limit=3")
    assert len(first["members"]) == 3
    second = await api.get(f"/v1/members?limit=3&cursor={first['next_cursor']}")
    assert [one["member_id"] for one in second["members"]] == ["m3", "m4"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "path",
    ["/v1/members/x", "/v1/members/x/sessions", "/v1/members/x/summary"],
)
async def test_an_unknown_member_has_nothing(api: Api, path: str) -> None:
    problem = await api.get(path, 404)
    assert problem["type"] == "urn:backstride:problem:member-unknown"
    assert problem["instance"] == path


# --- sessions -----------------------------------------------------------------------------------


async def test_sessions_come_newest_first_in_pages(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(5)
    first = await api.get("/v1/members/m/sessions?limit=2")
    assert [one["session_id"] for one in first["sessions"]] == ["s0", "s1"]
    second = await api.get(f"/v1/members/m/sessions?limit=3&cursor={first['next_cursor']}")
    assert [one["session_id"] for one in second["sessions"]] == ["s2", "s3", "s4"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "bm9uZQ", "eAp5", "A" * 199])
async def test_a_cursor_that_we_did_not_give_is_refused(api: Api, cursor: str) -> None:
    api.desk.add_member("m")
    problem = await api.get(f"/v1/members/m/sessions?cursor={cursor}", 422)
    assert problem["type"] == "urn:backstride:problem:cursor-invalid"


@pytest.mark.parametrize("addition", ["x", "xx", "xxx", "xxxx", "A", "="])
async def test_a_cursor_that_was_made_longer_is_refused(api: Api, addition: str) -> None:
    api.desk.add_member("m")
    api.put_sessions(3)
    cursor = (await api.get("/v1/members/m/sessions?limit=2"))["next_cursor"]
    problem = await api.get(f"/v1/members/m/sessions?cursor={cursor}{addition}", 422)
    assert problem["type"] == "urn:backstride:problem:cursor-invalid"


@pytest.mark.parametrize("limit", ["0", "101", "x"])
async def test_a_page_has_1_to_100_entries(api: Api, limit: str) -> None:
    api.desk.add_member("m")
    problem = await api.get(f"/v1/members/m/sessions?limit={limit}", 422)
    assert problem["errors"][0]["field"] == "query.limit"


async def test_a_session_tells_its_sums_flags_and_dividend(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(1)
    found = await api.get("/v1/sessions/s0")
    assert (found["gym_id"], found["treadmill_id"]) == ("demo", "treadmill-01")
    assert found["member_id"] == "m"
    assert found["is_running"]
    assert found["ended_at"] is None
    assert found["forward"]["duration_s"] == 300
    assert found["backward"]["energy"]["gross_kcal"] == pytest.approx(31.25)
    assert found["energy"]["gross_kcal"] == pytest.approx(56.25)
    assert found["reverse_dividend"]["ratio"] == pytest.approx(1.25)
    assert "not 2 ×" in found["reverse_dividend"]["sentence"]
    (flag,) = found["flags"]
    assert flag["code"] == "X_HANDS"
    assert flag["duration_s"] == 300
    assert flag["sentence"]


async def test_a_session_is_over_after_ten_minutes_without_motion(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(1)
    api.desk.pass_minutes(10 + 10.1)
    found = await api.get("/v1/sessions/s0")
    assert not found["is_running"]
    assert found["ended_at"] == found["last_moving_at"]


async def test_an_unknown_session_is_named_so(api: Api) -> None:
    for path in ("/v1/sessions/x", "/v1/sessions/x/series"):
        problem = await api.get(path, 404)
        assert problem["type"] == "urn:backstride:problem:session-unknown"


async def test_a_series_is_drawn_together_with_its_band(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(1)
    api.desk.series.write(
        [
            series_point(number, NOW_MS + (number - 1) * 250, treadmill=TREADMILL)
            for number in range(1, 81)
        ]
    )
    found = await api.get("/v1/sessions/s0/series?resolution_s=5")
    assert found["resolution_s"] == 5
    assert [one["readings_count"] for one in found["points"]] == [20] * 4
    first = found["points"][0]
    assert first["low_kcal_per_min"] < first["gross_kcal_per_min"] < first["high_kcal_per_min"]
    automatic = await api.get("/v1/sessions/s0/series")
    assert automatic["resolution_s"] == 2


@pytest.mark.parametrize("resolution_s", ["0", "3601", "fast"])
async def test_a_resolution_outside_its_range_is_refused(api: Api, resolution_s: str) -> None:
    api.desk.add_member("m")
    api.put_sessions(1)
    problem = await api.get(f"/v1/sessions/s0/series?resolution_s={resolution_s}", 422)
    assert problem["errors"][0]["field"] == "query.resolution_s"


async def test_a_resolution_that_makes_too_many_points_is_refused_with_one_that_works(
    api: Api,
) -> None:
    api.desk.history.put(session_record("long", NOW_MS, duration_s=50_000))
    problem = await api.get("/v1/sessions/long/series?resolution_s=1", 422)
    assert problem["type"] == "urn:backstride:problem:too-many-points"
    assert "resolution_s of 10 or more" in problem["detail"]
    await api.get("/v1/sessions/long/series?resolution_s=10")


def _minute(number: int, *, reverse_s: float = 0.0) -> SeriesMinute:
    return SeriesMinute(
        from_ms=NOW_MS - NOW_MS % 60_000 + number * 60_000,
        readings_count=60,
        forward_s=60.0 - reverse_s,
        reverse_s=reverse_s,
        gross_kcal=5.0,
        net_kcal=4.0,
        max_speed_m_per_s=1.5,
        heart_rate_bpm=120.0,
    )


async def test_a_series_whose_readings_are_gone_comes_from_minutes_and_adds_up(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(1)
    api.desk.series.minutes[TREADMILL] = [
        *(_minute(number) for number in range(5)),
        *(_minute(number, reverse_s=60.0) for number in range(5, 10)),
    ]
    found = await api.get("/v1/sessions/s0/series?resolution_s=5")
    assert (found["resolution_s"], found["is_from_minutes"]) == (60, True)
    points = found["points"]
    assert len(points) == 10
    assert points[0]["belt_velocity_m_per_s"] > 0 > points[-1]["belt_velocity_m_per_s"]
    assert points[0]["max_belt_velocity_m_per_s"] == 1.5
    assert points[-1]["min_belt_velocity_m_per_s"] == -1.5
    assert points[0]["grade_percent"] is None
    assert points[0]["heart_rate_bpm"] == 120.0
    session = await api.get("/v1/sessions/s0")
    assert points[-1]["session_gross_kcal"] == pytest.approx(session["energy"]["gross_kcal"])
    for point in points:
        assert point["low_kcal_per_min"] < point["gross_kcal_per_min"] < point["high_kcal_per_min"]


async def test_a_series_of_which_nothing_is_left_has_no_points(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(1)
    found = await api.get("/v1/sessions/s0/series?resolution_s=5")
    assert (found["resolution_s"], found["is_from_minutes"], found["points"]) == (5, False, [])


async def test_a_series_store_that_is_away_is_a_503(api: Api) -> None:
    api.desk.history.put(session_record("s", NOW_MS))
    api.desk.series.is_away = True
    problem = await api.get("/v1/sessions/s/series", 503)
    assert problem["type"] == "urn:backstride:problem:series-unavailable"


# --- summaries ----------------------------------------------------------------------------------


async def test_a_summary_adds_up_by_day_with_the_running_session(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(3)
    found = await api.get("/v1/members/m/summary?period=day&from=2026-11-22&to=2026-11-23")
    assert [one["label"] for one in found["periods"]] == ["2026-11-22", "2026-11-23"]
    total = found["total"]
    assert total["sessions_count"] == 3
    assert total["forward"]["duration_s"] == total["backward"]["duration_s"] == 900
    assert total["energy"]["gross_kcal"] == pytest.approx(3 * 56.25)
    assert total["direction_changes"] == 3
    assert sum(one["sessions_count"] for one in found["periods"]) == 3


async def test_a_summary_counts_a_session_on_the_day_of_the_zone(api: Api) -> None:
    """04:08 UTC on the 23rd is still the 22nd in New York."""
    api.desk.add_member("m")
    api.put_sessions(1)
    for zone, label in {"UTC": "2026-11-23", "America/New_York": "2026-11-22"}.items():
        found = await api.get(
            f"/v1/members/m/summary?time_zone={zone}&from=2026-11-21&to=2026-11-24"
        )
        (day,) = [one for one in found["periods"] if one["sessions_count"]]
        assert day["label"] == label


async def test_a_summary_uses_the_members_zone_and_the_latest_days_by_default(api: Api) -> None:
    api.desk.add_member("m", profile=Profile(display_name="A", time_zone="America/New_York"))
    found = await api.get("/v1/members/m/summary")
    assert found["time_zone"] == "America/New_York"
    assert found["last_on"] == "2026-11-22"
    assert len(found["periods"]) == 30
    assert found["total"]["reverse_dividend"] is None


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("from=2026-11-23&to=2026-11-22", "range-invalid"),
        ("from=2020-01-01&to=2026-11-22", "range-invalid"),
        ("from=0001-01-01&to=0001-01-02", None),
        ("from=0001-01-01&to=0001-01-02&time_zone=Asia/Tokyo", "range-invalid"),
        ("from=9999-12-30&to=9999-12-31&time_zone=America/New_York", "range-invalid"),
        ("from=yesterday", "request-invalid"),
        ("period=decade", "request-invalid"),
        ("purpose=fun", "request-invalid"),
        ("period=all&from=2026-11-23&to=2026-11-22", "range-invalid"),
        ("time_zone=Nowhere", "request-invalid"),
        ("time_zone=localtime", "request-invalid"),
        ("time_zone=Factory", "request-invalid"),
        ("time_zone=../../etc/passwd", "request-invalid"),
    ],
)
async def test_a_range_that_cannot_be_summed_is_refused(
    api: Api, query: str, kind: str | None
) -> None:
    api.desk.add_member("m")
    if kind is None:
        await api.get(f"/v1/members/m/summary?{query}")
        return
    problem = await api.get(f"/v1/members/m/summary?{query}", 422)
    assert problem["type"] == f"urn:backstride:problem:{kind}"


async def test_a_summary_is_compared_with_as_many_periods_before(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(8)  # NOW is 04:08 on the 23rd: five of them began on the 23rd
    found = await api.get("/v1/members/m/summary?period=day&from=2026-11-23&to=2026-11-23")
    previous = found["previous"]
    assert (previous["first_on"], previous["last_on"]) == ("2026-11-22", "2026-11-22")
    assert (found["total"]["sessions_count"], previous["sessions_count"]) == (5, 3)
    assert previous["difference"]["duration_s"] == 2 * 600
    assert previous["difference"]["backward_duration_s"] == 2 * 300


async def test_all_time_begins_with_the_first_session_and_has_nothing_before(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(8)
    found = await api.get("/v1/members/m/summary?period=all")
    assert (found["first_on"], found["last_on"]) == ("2026-11-22", "2026-11-23")
    assert [one["label"] for one in found["periods"]] == ["all"]
    assert found["total"]["sessions_count"] == 8
    assert found["previous"] is None


async def test_a_summary_tells_purposes_apart(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(2)
    warm_up = session_record("w", NOW_MS, claim_id=api.claim_id("m"), treadmill=TREADMILL)
    api.desk.history.put(replace(warm_up, purpose="warm-up"))
    found = await api.get("/v1/members/m/summary")
    counts = {one["purpose"]: one["sessions_count"] for one in found["by_purpose"]}
    assert counts == {None: 2, "warm-up": 1}
    only = await api.get("/v1/members/m/summary?purpose=warm-up")
    assert (only["purpose"], only["total"]["sessions_count"]) == ("warm-up", 1)


async def test_sessions_are_filtered_by_local_days_and_gait(api: Api) -> None:
    api.desk.add_member("m", profile=Profile(display_name="A", time_zone="America/New_York"))
    api.put_sessions(8)
    walk = session_record("w", NOW_MS, claim_id=api.claim_id("m"), treadmill=TREADMILL)
    api.desk.history.put(walk)

    async def ids(query: str) -> list[str]:
        page = await api.get(f"/v1/members/m/sessions?{query}")
        return [one["session_id"] for one in page["sessions"]]

    assert await ids("has_backward=false") == ["w"]
    assert len(await ids("from=2026-11-22")) == 9
    assert await ids("from=2026-11-23") == []
    assert len(await ids("from=2026-11-23&time_zone=UTC")) == 6
    assert len(await ids("to=2026-11-22&time_zone=UTC&treadmill=demo/treadmill-01")) == 3
    assert await ids("treadmill=demo/other") == []
    for wrong in ("from=yesterday", "purpose=fun", "treadmill=NO", "has_backward=maybe"):
        await api.get(f"/v1/members/m/sessions?{wrong}", 422)


@pytest.mark.parametrize(
    "query",
    [
        "to=9999-12-31",
        "from=0001-01-01&time_zone=Asia/Tokyo",
        "to=9999-12-31&time_zone=America/New_York",
    ],
)
async def test_days_beyond_the_calendar_are_refused_in_lists_too(api: Api, query: str) -> None:
    api.desk.add_member("m")
    problem = await api.get(f"/v1/members/m/sessions?{query}", 422)
    assert problem["type"] == "urn:backstride:problem:range-invalid"


@pytest.mark.parametrize("to", ["0001-01-01", "9999-12-31"])
async def test_the_ends_of_the_calendar_can_be_asked_for(api: Api, to: str) -> None:
    """Every route with days answers at both ends, in zones on either side of UTC."""
    api.desk.add_member("m")
    for zone in ("Pacific/Kiritimati", "Pacific/Niue", "UTC"):
        for path in ("sessions", "summary"):
            for query in (f"from={to}", f"to={to}", f"from={to}&to={to}"):
                response = await api.client.get(f"/v1/members/m/{path}?{query}&time_zone={zone}")
                assert response.status_code in {200, 422}, (query, zone)


# --- records, streaks, goals --------------------------------------------------------------------


async def test_records_name_their_session(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(2)
    found = (await api.get("/v1/members/m/records"))["records"]
    (longest,) = [one for one in found if one["kind"] == "longest-session-s"]
    assert (longest["value"], longest["session_id"]) == (600, "s1")


async def test_a_streak_counts_days_of_the_zone(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(8)
    found = await api.get("/v1/members/m/streak")
    assert found["days"] == {"current": 2, "longest": 2}
    in_new_york = await api.get("/v1/members/m/streak?time_zone=America/New_York")
    assert in_new_york["days"] == {"current": 1, "longest": 1}


async def test_goals_are_set_and_their_progress_is_told(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(2)  # on a Monday
    assert (await api.get("/v1/members/m/goals"))["minutes"] is None
    set_ = await api.put("/v1/members/m/goals", {"minutes": 40, "backward_minutes": 10})
    assert set_ == await api.get("/v1/members/m/goals")
    assert set_["label"] == "2026-W48"
    assert set_["minutes"] == {"goal": 40, "done": 20, "fraction": 0.5, "is_reached": False}
    assert set_["backward_minutes"]["is_reached"]
    assert set_["kcal"] is None
    for wrong in (
        {"minutes": 0},
        {"minutes": -1},
        {"minutes": 1e-320},
        {"kcal": 0.5},
        {"kcal": 1e9},
        {"miles": 3},
        {"minutes": "x"},
    ):
        await api.put("/v1/members/m/goals", wrong, 422)
    assert await api.get("/v1/members/m/goals") == set_


# --- platform -----------------------------------------------------------------------------------


async def test_the_status_tells_what_the_supervisor_counts(api: Api) -> None:
    assert (await api.get("/v1/status"))["readings"] is None
    api.desk.status.status = PlatformStatus(
        NOW_MS, ReadingCounts(9, 8, 0, 0), [ProgramState("ingest", "ready", 1)]
    )
    found = await api.get("/v1/status")
    assert found["is_demo"]
    assert found["readings"] == {"sent": 9, "stored": 8, "lost": 0, "doubled": 0}
    assert found["programs"] == [{"name": "ingest", "state": "ready", "restarts": 1}]


async def test_readiness_names_what_is_missing(api: Api) -> None:
    assert (await api.get("/readyz"))["status"] == "ready"
    api.desk.waiting = ["kafka"]
    response = await api.client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["waiting_for"] == ["kafka"]
    assert (await api.client.get("/healthz")).status_code == 200


async def test_requests_are_counted_by_route_not_by_path(api: Api) -> None:
    await api.get("/v1/sessions/some-id", 404)
    text = (await api.client.get("/metrics")).text
    assert (
        'backstride_gateway_requests_total{method="GET",route="/v1/sessions/{session_id}"' in text
    )
    assert "some-id" not in text


async def test_a_store_that_is_away_is_a_503(api: Api) -> None:
    api.desk.members.is_away = True
    problem = await api.get("/v1/members", 503)
    assert problem["type"] == "urn:backstride:problem:store-unavailable"


@pytest.mark.parametrize("name", ["x.js", "x" * 256, "x" * 5000, "..%2Findex.html", "%00", "ü.js"])
async def test_a_file_that_the_build_did_not_make_is_absent(api: Api, name: str) -> None:
    await api.get(f"/assets/{name}", 404)


async def test_what_is_not_there_is_a_problem_too(api: Api) -> None:
    assert (await api.get("/v1/nothing", 404))["type"] == "urn:backstride:problem:not-found"
    problem = _json(await api.client.delete("/v1/members"), 405)
    assert problem["type"] == "urn:backstride:problem:method-not-allowed"


# --- protection ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80"])
async def test_another_host_name_is_refused(api: Api, host: str) -> None:
    """Otherwise a site could point its own name at 127.0.0.1 and read what is here."""
    response = await api.client.get("/v1/members", headers={"Host": host})
    assert _json(response, 421)["type"] == "urn:backstride:problem:host-refused"


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
async def test_this_machines_own_names_are_served(api: Api, host: str) -> None:
    assert (await api.client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://[::1"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_can_change_nothing(api: Api, headers: dict[str, str]) -> None:
    response = await api.client.post(RELEASE, headers=headers)
    assert _json(response, 403)["type"] == "urn:backstride:problem:origin-refused"


async def test_our_own_pages_can_change_something(api: Api) -> None:
    api.desk.add_member("m")
    headers = {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}
    response = await api.client.post(CLAIM, json={"member_id": "m"}, headers=headers)
    assert response.status_code == 201


async def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for path in ("/v1/treadmills", "/v1/nothing", "/"):
        headers = (await api.client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


async def test_a_body_beyond_any_profile_is_refused(api: Api) -> None:
    response = await api.client.post("/v1/members", content=b"x" * 20_000)
    assert _json(response, 413)["type"] == "urn:backstride:problem:request-entity-too-large"


async def test_a_body_that_hides_its_size_is_cut_off(api: Api) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000

    headers = {"Content-Type": "application/json"}
    response = await api.client.post("/v1/members", content=pieces(), headers=headers)
    _json(response, 413)


async def test_a_body_that_does_not_say_it_is_json_is_refused(api: Api) -> None:
    """A form of another site can send text/plain without asking."""
    api.desk.add_member("m")
    response = await api.client.post(
        CLAIM, content=b'{"member_id":"m"}', headers={"Content-Type": "text/plain"}
    )
    assert _json(response, 422)


async def test_no_page_or_document_points_to_another_host(api: Api) -> None:
    for path in ("/docs", "/redoc"):
        assert (await api.client.get(path)).status_code == 404
    text = (await api.client.get("/openapi.json")).text
    assert "//cdn" not in text


async def test_a_summary_that_did_not_change_is_not_sent_again(api: Api) -> None:
    api.desk.add_member("m")
    api.put_sessions(2)
    path = "/v1/members/m/summary?period=all"
    first = await api.client.get(path)
    tag = first.headers["ETag"]
    for sent in (tag, f'"other", {tag}', "*"):
        again = await api.client.get(path, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
    other = await api.client.get(path, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    api.put_sessions(3)
    grown = await api.client.get(path, headers={"If-None-Match": tag})
    assert (grown.status_code, grown.json()["total"]["sessions_count"]) == (200, 3)
