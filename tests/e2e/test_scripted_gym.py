"""Ten treadmills on a rough network, and every program killed once while they run.

What each member reads at the end is what an independent computation over the published readings
gives, and no session has one reading more or less.
"""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from backstride_shared.energy import EnergyTotals
from tests.e2e.conftest import NewPlatform
from tests.e2e.oracle import (
    ExpectedClaim,
    ExpectedSession,
    GaitSums,
    expected_sessions,
    published,
)
from tests.e2e.running_platform import BACKSTRIDE, RunningPlatform
from tests.e2e.scripted_gym import GYM, LENGTH_S, PEOPLE, PERIOD_MS, TREADMILLS, script
from tests.waiting import wait_until

SPEED_UP = 12
RELATIVE = 1e-9

pytestmark = pytest.mark.timeout(400)


def create_members(http: httpx.Client) -> dict[str, str]:
    """Return the member id of each number."""
    this_year = datetime.now(UTC).year
    return {
        person.number: http.post("/v1/members", json=person.profile(GYM, this_year))
        .raise_for_status()
        .json()["member_id"]
        for person in PEOPLE
    }


@contextmanager
def simulating(mqtt_url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "script.json").write_text(json.dumps(script()), encoding="utf-8")
    command = [BACKSTRIDE, "simulate", "--broker", mqtt_url, "--gym", GYM]
    command += ["--script", str(folder / "script.json"), "--rate-hz", str(1000 / PERIOD_MS)]
    command += ["--duration-s", str(LENGTH_S), "--speed-up", str(SPEED_UP)]
    command += ["--faults", "rough", "--publish-log", str(folder / "published.jsonl")]
    command += ["--outbox-dir", str(folder / "outbox"), "--drain", "--drain-within-s", "180"]
    with (folder / "simulate.out").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def query(platform: RunningPlatform, sql: str) -> list[tuple[Any, ...]]:
    """Ask the store itself, for what the API shows nobody."""
    connection = sqlite3.connect(f"file:{platform.folder / 'backstride.db'}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def claimed_treadmills(platform: RunningPlatform) -> set[str]:
    rows = query(platform, "SELECT treadmill FROM claims")
    return {treadmill.removeprefix(f"{GYM}/") for (treadmill,) in rows}


def expected_claims(log: Path) -> list[ExpectedClaim]:
    first_ms = min(readings[0]["measured_at_ms"] for readings in published(log).values())
    start_ms = first_ms - PERIOD_MS
    return [
        ExpectedClaim(
            treadmill=f"{GYM}/{treadmill.name}",
            member=stay.person.number,
            wearer=stay.person.wearer(),
            from_ms=start_ms + round(1000 * stay.from_s),
            until_ms=None if stay.until_s is None else start_ms + round(1000 * stay.until_s),
        )
        for treadmill in TREADMILLS
        for stay in treadmill.stays
    ]


def sessions_of_members(http: httpx.Client, members: dict[str, str]) -> list[ExpectedSession]:
    found = []
    for number, member_id in members.items():
        answer = http.get(f"/v1/members/{member_id}/sessions").raise_for_status().json()
        for session in answer["sessions"]:
            started_at = datetime.fromisoformat(session["started_at"])
            found.append(
                ExpectedSession(
                    f"{session['gym_id']}/{session['treadmill_id']}",
                    number,
                    round(1000 * started_at.timestamp()),
                    session["readings_count"],
                    _gait(session["forward"]),
                    _gait(session["backward"]),
                )
            )
    return found


def _gait(answer: dict[str, Any]) -> GaitSums:
    energy = answer["energy"]
    return GaitSums(
        answer["duration_s"], answer["distance_m"], energy["gross_kcal"], energy["net_kcal"]
    )


def sessions_of_nobody(platform: RunningPlatform) -> list[ExpectedSession]:
    rows = query(
        platform, "SELECT treadmill, started_at_ms, totals FROM sessions WHERE claim_id IS NULL"
    )
    found = []
    for treadmill, started_at_ms, blob in rows:
        totals = msgspec.msgpack.decode(blob, type=EnergyTotals)
        found.append(
            ExpectedSession(
                treadmill,
                None,
                started_at_ms,
                totals.readings,
                GaitSums(
                    totals.forward_seconds,
                    totals.forward_metres,
                    totals.forward_gross_kcal,
                    totals.forward_net_kcal,
                ),
                GaitSums(
                    totals.backward_seconds,
                    totals.backward_metres,
                    totals.backward_gross_kcal,
                    totals.backward_net_kcal,
                ),
            )
        )
    return found


def by_place(sessions: list[ExpectedSession]) -> dict[tuple[str, int], ExpectedSession]:
    return {(session.treadmill, session.started_at_ms): session for session in sessions}


def differences(expected: list[ExpectedSession], found: list[ExpectedSession]) -> list[str]:
    """Return a sentence for each difference; empty when all is as expected."""
    wanted, there = by_place(expected), by_place(found)
    told = [f"missing: {wanted[place]}" for place in sorted(wanted.keys() - there.keys())]
    told += [f"unexpected: {there[place]}" for place in sorted(there.keys() - wanted.keys())]
    for place in sorted(wanted.keys() & there.keys()):
        want, have = wanted[place], there[place]
        is_same = (
            want.member == have.member
            and want.readings_count == have.readings_count
            and _is_close(want.forward, have.forward)
            and _is_close(want.backward, have.backward)
        )
        if not is_same:
            told.append(f"expected {want}, found {have}")
    return told


def _is_close(want: GaitSums, have: GaitSums) -> bool:
    return all(
        have_value == pytest.approx(want_value, rel=RELATIVE, abs=1e-9)
        for want_value, have_value in zip(vars(want).values(), vars(have).values(), strict=True)
    )


def kill_each_program(platform: RunningPlatform) -> None:
    # the broker first, while no claim is under way: a device's claim is not in its outbox for ever
    for name in ("mqtt", "recorder", "processor", "ingest", "embedded-kafka", "gateway"):
        platform.kill_child(name)


def test_each_members_total_is_what_was_published_although_every_program_was_killed(
    new_platform: NewPlatform, tmp_path: Path
) -> None:
    platform = new_platform("--demo", "--treadmills", "0")
    platform.start()
    claimed_at_start = {
        treadmill.name
        for treadmill in TREADMILLS
        if any(stay.from_s < 1 for stay in treadmill.stays)
    }
    with platform.http() as http:
        members = create_members(http)
        with simulating(platform.facts()["mqtt_url"], tmp_path) as simulation:
            wait_until(
                lambda: claimed_treadmills(platform),
                what="the claims made at the start",
                within_s=30,
                holds=lambda claimed: claimed >= claimed_at_start,
            )
            kill_each_program(platform)
            assert simulation.poll() is None, "the kills were not in mid-stream"
            status = simulation.wait(300)
        said = (tmp_path / "simulate.out").read_text(encoding="utf-8")
        assert status == 0, said

        log = tmp_path / "published.jsonl"
        expected = expected_sessions(published(log), expected_claims(log))

        def found_otherwise() -> list[str]:
            found = sessions_of_members(http, members)
            return differences(expected, found + sessions_of_nobody(platform))

        wait_until(
            found_otherwise,
            what="the sessions published",
            within_s=60,
            holds=lambda told: not told,
        )
        for number, member_id in members.items():
            check_total(http, member_id, [one for one in expected if one.member == number])
    readings_count = len(log.read_text(encoding="utf-8").splitlines())
    wait_until(
        lambda: platform.status()["readings"],
        what="the counts",
        within_s=10,
        holds=lambda seen: seen is not None and seen["stored"] == readings_count,
    )
    assert platform.status()["readings"]["doubled"] == 0


def check_total(http: httpx.Client, member_id: str, sessions: list[ExpectedSession]) -> None:
    """Compare a member's summary with the sum of what was expected of them."""
    summary = http.get(f"/v1/members/{member_id}/summary", params={"period": "day"})
    total = summary.raise_for_status().json()["total"]

    assert total["sessions_count"] == len(sessions) == 1
    expected = sessions[0]
    assert _is_close(expected.forward, _gait(total["forward"]))
    assert _is_close(expected.backward, _gait(total["backward"]))
    gross_kcal = expected.forward.gross_kcal + expected.backward.gross_kcal
    assert total["energy"]["gross_kcal"] == pytest.approx(gross_kcal, rel=RELATIVE)
