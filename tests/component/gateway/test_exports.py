"""Taking one's data away: a session as a file, everything as one zip made in the background."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import fitdecode
import httpx
import pytest

from backstride_gateway.api.app import build_app
from backstride_gateway.domain.exports import MOST_ATTEMPTS, ExportJob
from backstride_gateway.domain.members import Profile
from backstride_shared.identity import TreadmillKey
from backstride_shared.series import SeriesMinute
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.factories.session_records import session_record
from tests.factories.whole_sessions import WholeSession, steps_of, whole_session

LONG_NAME = 'גברת "=cmd()" / ' + "ß" * 184


class Leaving:
    """A member with two sessions an hour ago, and a session of nobody."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.desk.add_member("m", profile=Profile(display_name=LONG_NAME, mass_kg=60.0))
        self.desk.add_member("other", "1002")
        claim = self.desk.claiming.claim(TreadmillKey(TREADMILL), "m", None).claim
        self.claim_id = claim.claim_id
        self.first = self.add("s-1", NOW_MS)
        self.second = self.add("s-2", NOW_MS + 600_000)
        self.desk.pass_minutes(120)

    def add(self, session_id: str, started_at_ms: int, *, has_points: bool = True) -> WholeSession:
        whole = whole_session(
            steps_of((60, 1.4), (30, -1.0)),
            session_id=session_id,
            claim_id=self.claim_id,
            started_at_ms=started_at_ms,
            treadmill=TREADMILL,
        )
        self.desk.history.put(whole.session)
        if has_points:
            self.desk.series.write(whole.points)
        return whole

    async def ask(self, path: str, method: str = "GET", status: int = 200) -> httpx.Response:
        transport = httpx.ASGITransport(build_app(self.desk.services))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.request(method, path)
        assert answer.status_code == status, answer.text
        return answer

    async def request(self) -> Any:  # noqa: ANN401  JSON
        return (await self.ask("/v1/members/m/exports", "POST", 202)).json()

    async def state(self, export_id: str) -> Any:  # noqa: ANN401  JSON
        return (await self.ask(f"/v1/members/m/exports/{export_id}")).json()

    async def archive(self) -> zipfile.ZipFile:
        export = await self.request()
        while self.desk.exporting.work():
            pass
        url = (await self.state(export["export_id"]))["file_url"]
        return zipfile.ZipFile(io.BytesIO((await self.ask(url)).content))


def fit_session(content: bytes) -> dict[str, Any]:
    with fitdecode.FitReader(
        io.BytesIO(content), error_handling=fitdecode.ErrorHandling.RAISE
    ) as reader:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "session":
                return {one.name: one.value for one in frame.fields}
    raise AssertionError("no session")


@pytest.mark.parametrize(
    ("wanted", "media_type", "begins"),
    [
        ("fit", "application/vnd.ant.fit", b"\x0e"),
        ("tcx", "application/vnd.garmin.tcx+xml", b"<?xml"),
        ("csv", "text/csv; charset=utf-8", b"time_utc,"),
    ],
)
async def test_a_session_is_taken_away_in_each_format(
    wanted: str, media_type: str, begins: bytes
) -> None:
    answer = await Leaving().ask(f"/v1/sessions/s-1/export?format={wanted}")
    assert answer.headers["content-type"] == media_type
    assert answer.content.startswith(begins)
    disposition = answer.headers["content-disposition"]
    assert disposition == f'attachment; filename="backstride-2026-11-23-0408-s1.{wanted}"'


async def test_the_file_adds_up_to_what_the_api_says() -> None:
    leaving = Leaving()
    told = (await leaving.ask("/v1/sessions/s-1")).json()
    session = fit_session((await leaving.ask("/v1/sessions/s-1/export")).content)
    metres = told["forward"]["distance_m"] + told["backward"]["distance_m"]
    assert session["total_distance"] == pytest.approx(metres, abs=0.006)
    assert session["total_calories"] == round(told["energy"]["gross_kcal"])


async def test_a_session_that_runs_is_refused_in_words() -> None:
    leaving = Leaving()
    leaving.desk.history.put(session_record("s-now", leaving.desk.now_ms, treadmill=TREADMILL))
    answer = await leaving.ask("/v1/sessions/s-now/export", status=409)
    assert answer.json()["type"] == "urn:backstride:problem:session-running"


async def test_a_format_that_is_none_of_ours_is_refused() -> None:
    await Leaving().ask("/v1/sessions/s-1/export?format=gpx", status=422)


async def test_while_the_series_is_away_there_is_no_half_a_file() -> None:
    leaving = Leaving()
    leaving.desk.series.is_away = True
    answer = await leaving.ask("/v1/sessions/s-1/export", status=503)
    assert answer.json()["type"] == "urn:backstride:problem:series-unavailable"


async def test_where_readings_are_gone_minutes_are_taken_and_it_is_said() -> None:
    leaving = Leaving()
    old = leaving.add("s-old", NOW_MS - 7_200_000, has_points=False)
    leaving.desk.series.minutes[TREADMILL] = [
        SeriesMinute(NOW_MS - 7_200_000, 60, 60.0, 0.0, 4.0, 3.0, 1.4, None),
        SeriesMinute(NOW_MS - 7_140_000, 30, 0.0, 30.0, 3.0, 2.0, 1.0, None),
    ]
    session = fit_session((await leaving.ask("/v1/sessions/s-old/export")).content)
    assert session["drawn_from"].startswith("Single readings are not kept any more: drawn from min")
    assert session["total_distance"] == pytest.approx(old.session.totals.metres, abs=0.006)
    leaving.desk.series.minutes.clear()
    answer = await leaving.ask("/v1/sessions/s-old/export?format=csv")
    assert [row["drawn_from"] for row in csv.DictReader(io.StringIO(answer.text))] == ["totals"] * 2


async def test_everything_of_a_member_is_in_one_zip() -> None:
    leaving = Leaving()
    archive = await leaving.archive()
    assert archive.testzip() is None
    assert set(archive.namelist()) == {
        *("README.txt", "profile.json", "claims.json", "sessions.json", "alerts.json"),
        *(
            f"sessions/backstride-2026-11-23-{began}.{extension}"
            for began in ("0408-s1", "0418-s2")
            for extension in ("fit", "csv")
        ),
    }
    readme = archive.read("README.txt").decode()
    assert LONG_NAME in readme
    assert "2 sessions" in readme
    assert json.loads(archive.read("profile.json"))["profile"]["display_name"] == LONG_NAME
    (claim,) = json.loads(archive.read("claims.json"))["claims"]
    assert claim["claim_id"] == leaving.claim_id
    sessions = json.loads(archive.read("sessions.json"))["sessions"]
    told = (await leaving.ask("/v1/members/m/sessions")).json()["sessions"]
    assert [one["session_id"] for one in sessions] == ["s-2", "s-1"]
    assert sessions == told
    fit = fit_session(archive.read("sessions/backstride-2026-11-23-0408-s1.fit"))
    assert fit["total_distance"] == pytest.approx(leaving.first.session.totals.metres, abs=0.006)


async def test_an_export_tells_how_far_it_is() -> None:
    leaving = Leaving()
    for number in range(10):
        leaving.add(f"s-1{number}", NOW_MS + 1_200_000 + number * 100_000)
    export = await leaving.request()
    assert (export["status"], export["sessions_count"]) == ("waiting", None)
    await leaving.ask(f"/v1/members/m/exports/{export['export_id']}/file", status=409)
    assert leaving.desk.exporting.work()
    told = [(job.sessions_done, job.sessions_count) for job in leaving.desk.export_jobs.updates]
    assert told == [(0, None), (0, 12), (5, 12), (10, 12), (12, 12)]
    ready = await leaving.state(export["export_id"])
    assert (ready["status"], ready["sessions_done"]) == ("ready", 12)
    assert ready["file_bytes"] == len((await leaving.ask(ready["file_url"])).content)


async def test_one_at_a_time_and_the_new_one_takes_the_place_of_the_old() -> None:
    leaving = Leaving()
    first = await leaving.request()
    assert await leaving.request() == first
    leaving.desk.exporting.work()
    second = await leaving.request()
    assert second["export_id"] != first["export_id"]
    await leaving.ask(f"/v1/members/m/exports/{first['export_id']}", status=404)
    assert leaving.desk.export_files.files == {}
    leaving.desk.exporting.work()
    listed = (await leaving.ask("/v1/members/m/exports")).json()["exports"]
    assert [one["export_id"] for one in listed] == [second["export_id"]]


async def test_a_day_later_it_is_gone() -> None:
    leaving = Leaving()
    export = await leaving.request()
    leaving.desk.exporting.work()
    leaving.desk.pass_minutes(24 * 60 - 1)
    await leaving.ask(f"/v1/members/m/exports/{export['export_id']}/file")
    leaving.desk.pass_minutes(1)
    await leaving.ask(f"/v1/members/m/exports/{export['export_id']}/file", status=404)
    assert not leaving.desk.exporting.work()
    assert leaving.desk.export_files.files == {}
    assert leaving.desk.export_jobs.rows == {}


async def test_anothers_export_is_answered_like_one_that_is_not_there() -> None:
    leaving = Leaving()
    export = await leaving.request()
    leaving.desk.exporting.work()
    for path in ("", "/file"):
        await leaving.ask(f"/v1/members/other/exports/{export['export_id']}{path}", status=404)


class KilledError(BaseException):
    """The end of a process: nothing of ours catches it."""


async def test_what_was_interrupted_is_begun_again_and_not_for_ever() -> None:
    leaving = Leaving()
    export_id = (await leaving.request())["export_id"]
    jobs = leaving.desk.export_jobs

    def kill(job: ExportJob) -> None:
        if job.status == "running":
            raise KilledError

    jobs.on_update = kill
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(KilledError):
            leaving.desk.exporting.work()
        assert jobs.rows[export_id].status == "running"
    assert leaving.desk.exporting.work()
    state = await leaving.state(export_id)
    assert state["status"] == "failed"
    assert "interrupted 3 times" in state["reason"]


async def test_what_was_interrupted_once_is_made() -> None:
    leaving = Leaving()
    export_id = (await leaving.request())["export_id"]
    row = leaving.desk.export_jobs.rows[export_id]
    leaving.desk.export_jobs.rows[export_id] = replace(row, status="running", attempts=1)
    assert leaving.desk.exporting.work()
    assert (await leaving.state(export_id))["status"] == "ready"


async def test_when_the_gateway_stops_an_export_is_given_up_and_waits() -> None:
    leaving = Leaving()
    export_id = (await leaving.request())["export_id"]
    leaving.desk.export_jobs.on_update = lambda _: leaving.desk.exporting.stop()
    assert not leaving.desk.exporting.work()
    row = leaving.desk.export_jobs.rows[export_id]
    assert (row.status, row.attempts) == ("waiting", 0)
    assert leaving.desk.export_files.files == {}


async def test_while_the_series_is_away_an_export_waits() -> None:
    leaving = Leaving()
    export_id = (await leaving.request())["export_id"]
    leaving.desk.series.is_away = True
    for _ in range(MOST_ATTEMPTS + 2):
        assert not leaving.desk.exporting.work()
    assert (await leaving.state(export_id))["status"] == "waiting"
    leaving.desk.series.is_away = False
    leaving.desk.exporting.work()
    assert (await leaving.state(export_id))["status"] == "ready"


async def test_where_there_is_no_room_it_is_said() -> None:
    leaving = Leaving()
    export_id = (await leaving.request())["export_id"]
    leaving.desk.export_files.other_bytes = 10_000_000
    leaving.desk.exporting.work()
    state = await leaving.state(export_id)
    assert state["status"] == "failed"
    assert "no room" in state["reason"]


async def test_who_is_erased_leaves_no_export() -> None:
    leaving = Leaving()
    export = await leaving.request()
    leaving.desk.exporting.work()
    assert leaving.desk.exporting.forget("m") == 1
    assert leaving.desk.export_files.files == {}
    await leaving.ask(f"/v1/members/m/exports/{export['export_id']}", status=404)
    assert leaving.desk.exporting.forget("m") == 0


async def test_an_erasure_of_a_session_or_a_member_deletes_the_export() -> None:
    leaving = Leaving()
    desk = leaving.desk

    def erase_session() -> None:
        desk.erasing.erase_session(leaving.first.session)

    def erase_member() -> None:
        desk.erasing.erase_member("m")
        desk.erasing.work_once()
        desk.claims.rows.clear()

    for erase in (erase_session, erase_member):
        await leaving.request()
        desk.exporting.work()
        assert desk.export_files.files
        erase()
        desk.erasing.work_once()
        assert desk.export_files.files == {}
        assert desk.export_jobs.rows == {}


async def test_who_is_erased_while_it_is_made_leaves_none_either() -> None:
    leaving = Leaving()
    export_id = (await leaving.request())["export_id"]
    for last_note in (1, 2):
        notes = iter(range(1, 99))

        def erase(_: ExportJob, notes: Iterator[int] = notes, last_note: int = last_note) -> None:
            if next(notes) == last_note:
                leaving.desk.exporting.forget("m")

        leaving.desk.export_jobs.on_update = erase
        leaving.desk.exporting.work()
        assert leaving.desk.export_files.files == {}
        assert leaving.desk.export_jobs.rows == {}
        await leaving.ask(f"/v1/members/m/exports/{export_id}", status=404)
        leaving.desk.export_jobs.on_update = lambda _: None
        await leaving.request()


async def test_a_session_that_runs_is_told_and_has_no_file() -> None:
    leaving = Leaving()
    now_ms = leaving.desk.now_ms
    leaving.desk.history.put(
        session_record("s-now", now_ms, claim_id=leaving.claim_id, treadmill=TREADMILL)
    )
    archive = await leaving.archive()
    assert "s-now" in archive.read("sessions.json").decode()
    assert len([name for name in archive.namelist() if name.endswith(".fit")]) == 2
    assert "has no files yet (1 of yours)" in archive.read("README.txt").decode()
