"""What a member reads is the whole calorie model: heart rate, band, flags, both directions.

Two people walk the same workout, forward and then backward, with the same heart rate. Of one the
resting heart rate is known, so the heart takes part once the belt has been steady for three
minutes; of the other it is not. The platform's numbers are compared with the scalar model.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from backstride_shared.energy import Estimate, Moment, Wearer, estimate, flag_codes, prepare
from tests.e2e.plain_mqtt import publish
from tests.e2e.running_platform import RunningPlatform
from tests.waiting import wait_until

AGE_YEARS = 30
EACH_WAY_S = 240
WORKOUT_S = 2 * EACH_WAY_S
FORWARD_M_PER_S, BACKWARD_M_PER_S = 1.5, 0.8
FORWARD_BPM, BACKWARD_BPM = 118.0, 126.0
HEART_FROM_S = 180

pytestmark = pytest.mark.timeout(180)


@dataclass
class Walker:
    """One of the two people, and what they read at the end."""

    http: httpx.Client
    treadmill_id: str
    wearer: Wearer
    session: dict[str, Any]


def wearer_with(*, resting_heart_rate_bpm: float | None) -> Wearer:
    return Wearer(
        mass_kg=75.0,
        height_cm=178.0,
        age_years=float(AGE_YEARS),
        sex="male",
        backward_minutes=0.0,
        resting_heart_rate_bpm=resting_heart_rate_bpm,
    )


PEOPLE = {
    "heart-known": wearer_with(resting_heart_rate_bpm=58.0),
    "heart-unknown": wearer_with(resting_heart_rate_bpm=None),
}


def moment_at(second: int) -> Moment:
    """Return what the belt and the heart do in one second of the workout."""
    is_reverse = second >= EACH_WAY_S
    return Moment(
        speed_m_per_s=BACKWARD_M_PER_S if is_reverse else FORWARD_M_PER_S,
        is_reverse=is_reverse,
        heart_rate_bpm=BACKWARD_BPM if is_reverse else FORWARD_BPM,
        steady_s=float(second % EACH_WAY_S),
    )


def costs_of(wearer: Wearer) -> list[Estimate]:
    coefficients = prepare(wearer)
    return [estimate(coefficients, moment_at(second)) for second in range(WORKOUT_S)]


def readings_message(start_ms: int) -> bytes:
    readings = []
    for second in range(WORKOUT_S + 1):
        moment = moment_at(min(second, WORKOUT_S - 1))
        readings.append(
            {
                "seq": 1 + second,
                "measured_at_ms": start_ms + 1000 * second,
                "direction": "reverse" if moment.is_reverse else "forward",
                "speed_m_per_s": moment.speed_m_per_s,
                "heart_rate_bpm": moment.heart_rate_bpm,
            }
        )
    return json.dumps({"boot_id": start_ms, "readings": readings}).encode()


def create_member(http: httpx.Client, number: str, wearer: Wearer) -> str:
    body = {
        "gym_id": "hall",
        "member_number": number,
        "display_name": number,
        "birth_year": datetime.now(UTC).year - AGE_YEARS,
        **{
            name: getattr(wearer, name)
            for name in ("mass_kg", "height_cm", "sex", "resting_heart_rate_bpm")
        },
    }
    created = http.post("/v1/members", json=body).raise_for_status().json()
    return str(created["member_id"])


def claim_at_console(platform: RunningPlatform, at_ms: int) -> None:
    """Claim a treadmill for each, a moment before the workout, and wait until the fold knows."""
    messages = []
    for name in PEOPLE:
        claim = {
            "console_claim_id": f"console-{name}",
            "action": "claim",
            "member_number": name,
            "at_ms": at_ms,
        }
        messages.append((f"backstride/v1/hall/{name}/claims", json.dumps(claim).encode()))
    publish(platform.facts()["mqtt_url"], messages)

    def stored_claims_count() -> int:
        store = sqlite3.connect(f"file:{platform.folder / 'backstride.db'}?mode=ro", uri=True)
        try:
            query = "SELECT count(*) FROM claims WHERE is_claim_stored"
            return int(store.execute(query).fetchone()[0])
        finally:
            store.close()

    wait_until(
        stored_claims_count,
        what="both claims in the stored states",
        within_s=30,
        holds=lambda count: count == len(PEOPLE),
    )


def finished_session(http: httpx.Client, member_id: str) -> dict[str, Any]:
    def newest() -> dict[str, Any] | None:
        page = http.get(f"/v1/members/{member_id}/sessions").raise_for_status().json()
        return page["sessions"][0] if page["sessions"] else None

    listed = wait_until(
        newest,
        what="the whole workout in the history",
        within_s=30,
        holds=lambda seen: seen is not None and seen["readings_count"] == WORKOUT_S + 1,
    )
    assert listed is not None
    answer = http.get(f"/v1/sessions/{listed['session_id']}").raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def walkers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Walker]]:
    """Let both walk their workout, which ended just now, on a platform that goes on running."""
    folder = tmp_path_factory.mktemp("model") / "data"
    platform = RunningPlatform(folder, ("--demo", "--treadmills", "0"))
    platform.start()
    try:
        with platform.http() as http:
            members = {name: create_member(http, name, PEOPLE[name]) for name in PEOPLE}
            start_ms = time.time_ns() // 1_000_000 - 1000 * WORKOUT_S
            claim_at_console(platform, start_ms - 500)
            payload = readings_message(start_ms)
            publish(
                platform.facts()["mqtt_url"],
                [(f"backstride/v1/hall/{name}/readings", payload) for name in PEOPLE],
            )
            yield {
                name: Walker(http, name, PEOPLE[name], finished_session(http, member_id))
                for name, member_id in members.items()
            }
    finally:
        platform.kill_everything()


@pytest.fixture(params=list(PEOPLE))
def walker(walkers: dict[str, Walker], request: pytest.FixtureRequest) -> Walker:
    return walkers[request.param]


def kcal(costs: list[Estimate]) -> float:
    """Return the gross energy of these seconds."""
    return sum(cost.gross_kcal_per_min for cost in costs) / 60


def check_energy(found: dict[str, Any], costs: list[Estimate]) -> None:
    """Compare an energy of the API with what these seconds cost."""
    gross_kcal = kcal(costs)
    net_kcal = sum(cost.net_kcal_per_min for cost in costs) / 60
    sd_kcal = sum(cost.gross_kcal_per_min * cost.uncertainty_percent for cost in costs) / 6000
    assert found["gross_kcal"] == pytest.approx(gross_kcal, rel=1e-9)
    assert found["net_kcal"] == pytest.approx(net_kcal, rel=1e-9)
    assert found["low_kcal"] == pytest.approx(gross_kcal - sd_kcal, rel=1e-9)
    assert found["high_kcal"] == pytest.approx(gross_kcal + sd_kcal, rel=1e-9)
    assert found["uncertainty_percent"] == pytest.approx(100 * sd_kcal / gross_kcal, rel=1e-9)


def check_sums(found: dict[str, Any], costs: list[Estimate]) -> None:
    """Compare a session, or its live picture, with what its seconds cost."""
    forward, backward = costs[:EACH_WAY_S], costs[EACH_WAY_S:]
    assert found["forward"]["duration_s"] == found["backward"]["duration_s"] == EACH_WAY_S
    assert found["forward"]["distance_m"] == pytest.approx(EACH_WAY_S * FORWARD_M_PER_S)
    assert found["backward"]["distance_m"] == pytest.approx(EACH_WAY_S * BACKWARD_M_PER_S)
    check_energy(found["forward"]["energy"], forward)
    check_energy(found["backward"]["energy"], backward)
    check_energy(found["energy"], costs)
    assert found["heart_rate_used_s"] == sum(cost.is_heart_rate_used for cost in costs)
    same_speeds_forward_kcal = sum(cost.forward_gross_kcal_per_min for cost in backward) / 60
    dividend = found["reverse_dividend"]
    assert dividend["ratio"] == pytest.approx(kcal(backward) / same_speeds_forward_kcal, rel=1e-9)
    assert dividend["low"] < dividend["ratio"] < dividend["high"]
    seconds: dict[str, float] = {}
    for cost in costs:
        for code in flag_codes(cost.flags):
            seconds[code] = seconds.get(code, 0.0) + 1.0
    assert {flag["code"]: flag["duration_s"] for flag in found["flags"]} == seconds
    assert all(flag["sentence"].endswith(".") for flag in found["flags"])


def test_a_session_has_energy_band_flags_and_dividend_as_the_model_says(walker: Walker) -> None:
    check_sums(walker.session, costs_of(walker.wearer))
    codes = {flag["code"] for flag in walker.session["flags"]}
    assert codes == {"X_BACK_SLOW", "X_HANDS", "X_RAMP"}


def test_the_heart_takes_part_only_where_it_may(walkers: dict[str, Walker]) -> None:
    known, unknown = walkers["heart-known"].session, walkers["heart-unknown"].session

    assert known["heart_rate_used_s"] == 2 * (EACH_WAY_S - HEART_FROM_S)
    assert unknown["heart_rate_used_s"] == 0
    assert known["mean_heart_rate_bpm"] == unknown["mean_heart_rate_bpm"]
    assert known["energy"]["gross_kcal"] != pytest.approx(unknown["energy"]["gross_kcal"], rel=1e-3)
    assert known["energy"]["uncertainty_percent"] < unknown["energy"]["uncertainty_percent"]


def test_the_series_holds_each_seconds_rate_band_and_flags(walker: Walker) -> None:
    path = f"/v1/sessions/{walker.session['session_id']}/series"
    answer = walker.http.get(path, params={"resolution_s": 1}).raise_for_status()
    points = answer.json()["points"]

    assert len(points) == WORKOUT_S + 1
    for point, cost in zip(points, costs_of(walker.wearer), strict=False):
        assert point["gross_kcal_per_min"] == pytest.approx(cost.gross_kcal_per_min, rel=1e-9)
        assert point["net_kcal_per_min"] == pytest.approx(cost.net_kcal_per_min, rel=1e-9)
        assert point["uncertainty_percent"] == pytest.approx(cost.uncertainty_percent, rel=1e-9)
        assert point["flags"] == flag_codes(cost.flags)
    heart = [points[at]["gross_kcal_per_min"] for at in (HEART_FROM_S - 1, HEART_FROM_S)]
    assert (heart[0] != heart[1]) is (walker.wearer.resting_heart_rate_bpm is not None)
    assert points[-1]["session_gross_kcal"] == pytest.approx(kcal(costs_of(walker.wearer)))


def live_picture(walker: Walker) -> dict[str, Any]:
    """Return the treadmill in the first event of the live stream."""
    query = {"treadmill": f"hall/{walker.treadmill_id}"}
    with walker.http.stream("GET", "/v1/live", params=query) as stream:
        data = next(line for line in stream.iter_lines() if line.startswith("data:"))
    (treadmill,) = json.loads(data.removeprefix("data:"))["treadmills"]
    found: dict[str, Any] = treadmill
    return found


def test_the_live_stream_shows_the_same_sums_and_the_rate_of_this_moment(walker: Walker) -> None:
    seen = live_picture(walker)
    costs = costs_of(walker.wearer)

    check_sums(seen["session"], costs)
    now = costs[-1]
    assert seen["gross_kcal_per_min"] == pytest.approx(now.gross_kcal_per_min, rel=1e-9)
    assert seen["net_kcal_per_min"] == pytest.approx(now.net_kcal_per_min, rel=1e-9)
    assert seen["uncertainty_percent"] == pytest.approx(now.uncertainty_percent, rel=1e-9)
    assert [flag["code"] for flag in seen["flags"]] == flag_codes(now.flags)
    assert seen["heart_rate_bpm"] == BACKWARD_BPM
