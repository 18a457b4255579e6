"""FIT, TCX and CSV read back by others than those that wrote them."""

import csv
import io
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as ET

import fitdecode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstride_gateway.adapters.fit_activity import fit_of
from backstride_gateway.domain.activity import (
    NOTES,
    Activity,
    Drawing,
    activity_of,
    moments_of_totals,
)
from backstride_gateway.domain.activity_csv import HEADER, csv_of
from backstride_gateway.domain.activity_tcx import (
    EXTENSION_NAMESPACE,
    OUR_NAMESPACE,
    TCX_NAMESPACE,
    tcx_of,
)
from backstride_gateway.export_ports import ActivityWriter
from tests.factories.session_records import session_record
from tests.factories.whole_sessions import T0_MS, Step, steps_of, whole_session
from tests.unit.gateway.test_activity import steps

Fit = dict[str, list[dict[str, Any]]]
HALF_AN_HOUR_EAST_S = 19_800


def activity(steps: list[Step], *, closed_after_ms: int = 0) -> Activity:
    session, points = whole_session(steps, closed_after_ms=closed_after_ms)
    drawing = Drawing(session, 1000)
    drawing.add(points)
    return activity_of(session, "readings", drawing.finish(), HALF_AN_HOUR_EAST_S)


def read_fit(parts: Iterable[bytes]) -> Fit:
    """Return the messages by name, as fitdecode reads them; any flaw raises."""
    found: Fit = {}
    with fitdecode.FitReader(
        io.BytesIO(b"".join(parts)),
        check_crc=fitdecode.CrcCheck.RAISE,
        error_handling=fitdecode.ErrorHandling.RAISE,
    ) as reader:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                values = {one.name: one.value for one in frame.fields if one.value is not None}
                found.setdefault(frame.name, []).append(values)
    return found


def second(at_ms: int) -> int:
    return at_ms // 1000


INTERVALS = steps_of((60, 1.4), (3, 0.0), (30, -1.0), (40, 0.0), (20, 1.2))


def test_a_fit_file_says_what_was_done() -> None:
    with_heart = [step._replace(heart_rate_bpm=120.0) for step in INTERVALS]
    fit = read_fit(fit_of(activity(with_heart)))
    (kind,) = fit["file_id"]
    assert (kind["type"], kind["manufacturer"]) == ("activity", "development")
    (session,) = fit["session"]
    assert (session["sport"], session["sub_sport"]) == ("walking", "treadmill")
    assert session["total_distance"] == pytest.approx(84.0 + 30.0 + 22.8)
    assert session["total_moving_time"] == 109.0
    assert session["avg_heart_rate"] == session["max_heart_rate"] == 120
    assert session["enhanced_max_speed"] == 1.4
    assert session["drawn_from"] == NOTES["readings"]
    laps = fit["lap"]
    assert session["num_laps"] == len(laps) == 3
    assert [lap["belt_direction"] for lap in laps] == [1, -1, 1]
    assert [lap["total_distance"] for lap in laps] == pytest.approx([84.0, 30.0, 22.8])
    (whole,) = fit["activity"]
    assert whole["local_timestamp"].replace(tzinfo=None) != whole["timestamp"].replace(tzinfo=None)
    ahead = whole["local_timestamp"].replace(tzinfo=None) - whole["timestamp"].replace(tzinfo=None)
    assert ahead.total_seconds() == HALF_AN_HOUR_EAST_S


def test_a_fit_files_records_carry_distance_speed_and_direction() -> None:
    records = read_fit(fit_of(activity(INTERVALS)))["record"]
    distances = [record["distance"] for record in records]
    assert distances == sorted(distances)
    assert distances[-1] == pytest.approx(136.8)
    assert [record["enhanced_speed"] for record in records[:2]] == [1.4, 1.4]
    directions = [record["belt_direction"] for record in records]
    # of the long rest only its beginning is recorded
    assert directions == [1] * 60 + [0] * 3 + [-1] * 30 + [0] + [1] * 20
    assert "heart_rate" not in records[0]


def test_a_fit_files_timer_stops_at_pauses() -> None:
    fit = read_fit(fit_of(activity(INTERVALS)))
    events = [(one["event"], one["event_type"]) for one in fit["event"]]
    assert events == [("timer", "start"), ("timer", "stop_all")] * 2
    seconds = [second(round(one["timestamp"].timestamp() * 1000)) for one in fit["event"]]
    begin = second(T0_MS)
    assert [at - begin for at in seconds] == [0, 93, 133, 152]


@settings(deadline=None, max_examples=40)
@given(steps, st.sampled_from([0, 1200]))
def test_a_fit_file_adds_up_whatever_was_done(steps: list[Step], closed_after_ms: int) -> None:
    done = activity(steps, closed_after_ms=closed_after_ms)
    totals = done.session.totals
    fit = read_fit(fit_of(done))
    (session,) = fit["session"]
    assert session["total_distance"] == pytest.approx(totals.metres, abs=0.006)
    assert session["total_calories"] == round(totals.gross_kcal)
    laps = fit["lap"]
    assert sum(lap["total_distance"] for lap in laps) == pytest.approx(
        session["total_distance"], abs=0.02
    )
    assert sum(lap["total_calories"] for lap in laps) == session["total_calories"]
    records = fit["record"]
    times = [record["timestamp"] for record in records]
    assert times == sorted(set(times))
    assert records[-1]["distance"] == pytest.approx(totals.metres, abs=0.006)
    assert {record["belt_direction"] for record in records} <= {-1, 0, 1}


TCX = f"{{{TCX_NAMESPACE}}}"
LAP_ORDER = [
    *("TotalTimeSeconds", "DistanceMeters", "MaximumSpeed", "Calories", "AverageHeartRateBpm"),
    *("MaximumHeartRateBpm", "Intensity", "Cadence", "TriggerMethod", "Track", "Notes"),
    "Extensions",
]
POINT_ORDER = [
    *("Time", "Position", "AltitudeMeters", "DistanceMeters", "HeartRateBpm", "Cadence"),
    *("SensorState", "Extensions"),
]
ACTIVITY_ORDER = ["Id", "Lap", "Notes", "Training", "Creator", "Extensions"]
NEEDED = {
    "Lap": {"TotalTimeSeconds", "DistanceMeters", "Calories", "Intensity", "TriggerMethod"},
    "Trackpoint": {"Time"},
    "Activity": {"Id", "Lap"},
}


def read_tcx(parts: Iterable[bytes]) -> ET.Element:
    """Return the one activity, after checking what Garmin's schema demands of it."""
    root = ET.fromstring(b"".join(parts))  # noqa: S314  ours
    assert root.tag == f"{TCX}TrainingCenterDatabase"
    (found,) = root.findall(f"{TCX}Activities/{TCX}Activity")
    assert found.get("Sport") in {"Running", "Biking", "Other"}
    check_order(found, "Activity", ACTIVITY_ORDER)
    for lap in found.findall(f"{TCX}Lap"):
        check_order(lap, "Lap", LAP_ORDER)
        assert float(text(lap, "TotalTimeSeconds")) >= 0
        assert 0 <= int(text(lap, "Calories")) <= 65_535
        assert text(lap, "Intensity") == "Active"
        for track in lap.findall(f"{TCX}Track"):
            assert len(track) > 0
            for point in track:
                check_order(point, "Trackpoint", POINT_ORDER)
    return found


def check_order(element: ET.Element, name: str, order: list[str]) -> None:
    """Check that what stands in an element is known, is there and is in the schema's order."""
    names = [child.tag.removeprefix(TCX) for child in element]
    assert set(names) <= set(order), names
    assert set(names) >= NEEDED[name], names
    places = [order.index(one) for one in names]
    assert places == sorted(places)


def text(element: ET.Element, path: str) -> str:
    found = element.find("/".join(f"{TCX}{part}" for part in path.split("/")))
    assert found is not None, path
    assert found.text is not None, path
    return found.text


def test_a_tcx_file_tells_direction_in_words_and_by_number() -> None:
    found = read_tcx(tcx_of(activity(INTERVALS)))
    laps = found.findall(f"{TCX}Lap")
    assert [text(lap, "Notes") for lap in laps] == ["Forward", "Backward", "Forward"]
    assert [float(text(lap, "DistanceMeters")) for lap in laps] == pytest.approx([84.0, 30.0, 22.8])
    directions = [int(one.text or "") for one in found.iter(f"{{{OUR_NAMESPACE}}}BeltDirection")]
    assert directions == [1] * 60 + [0] * 3 + [-1] * 30 + [0] + [1] * 20
    speeds = [float(one.text or "") for one in found.iter(f"{{{EXTENSION_NAMESPACE}}}Speed")]
    assert max(speeds) == 1.4
    assert NOTES["readings"] in text(found, "Notes")


@settings(deadline=None, max_examples=40)
@given(steps)
def test_a_tcx_file_adds_up_whatever_was_done(steps: list[Step]) -> None:
    done = activity(steps)
    totals = done.session.totals
    found = read_tcx(tcx_of(done))
    laps = found.findall(f"{TCX}Lap")
    assert sum(int(text(lap, "Calories")) for lap in laps) == round(totals.gross_kcal)
    metres = sum(float(text(lap, "DistanceMeters")) for lap in laps)
    assert metres == pytest.approx(totals.metres, abs=0.006 * len(laps))
    points = list(found.iter(f"{TCX}Trackpoint"))
    times = [text(point, "Time") for point in points]
    assert times == sorted(set(times))
    assert float(text(points[-1], "DistanceMeters")) == pytest.approx(totals.metres, abs=0.006)


@settings(deadline=None, max_examples=40)
@given(steps)
def test_a_csv_file_adds_up_and_holds_every_second(steps: list[Step]) -> None:
    done = activity(steps)
    totals = done.session.totals
    content = b"".join(csv_of(done)).decode()
    assert content.count("\r\n") == content.count("\n")
    header, *rows = csv.reader(io.StringIO(content, newline=""))
    assert tuple(header) == HEADER
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert len(found) == len(done.moments)
    assert sum(int(row["readings"]) for row in found) == totals.readings
    assert float(found[-1]["distance_m"]) == pytest.approx(totals.metres, abs=0.006)
    assert float(found[-1]["gross_kcal"]) == pytest.approx(totals.gross_kcal, abs=0.0006)
    assert float(found[-1]["net_kcal"]) == pytest.approx(totals.net_kcal, abs=0.0006)


def test_a_velocity_in_a_csv_file_is_negative_in_reverse() -> None:
    content = b"".join(csv_of(activity(steps_of((2, -1.0))))).decode()
    first = next(csv.DictReader(io.StringIO(content)))
    assert (first["belt_direction"], first["belt_velocity_m_per_s"]) == ("-1", "-1.000")
    assert first["gait"] == "backward"
    assert first["heart_rate_bpm"] == ""


@pytest.mark.parametrize("write", [fit_of, tcx_of, csv_of])
def test_a_file_without_readings_says_so(write: ActivityWriter) -> None:
    session = session_record("s", T0_MS, duration_s=180.0, backward_s=60.0)
    sums = activity_of(session, "totals", moments_of_totals(session), 0)
    content = b"".join(write(sums)).decode(errors="replace")
    assert "Single readings are not kept any more" in content or content.count(",totals\r\n") == 2
