"""The judge of the fault suite sees what it is there to see."""

from typing import Any

import msgspec
import pytest

from backstride_shared.series import SeriesPoint
from tests.chaos.judging import Stored, missing_points, shifts_of
from tests.factories.series_points import T0_MS, TREADMILL, series_point


def measured(seq: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  JSON of any kind
    return {
        "treadmill": TREADMILL,
        "device_id": "device-a",
        "boot_id": 7,
        "seq": seq,
        "measured_at_ms": T0_MS + 250 * seq,
        "direction": "forward",
        "speed_m_per_s": 1.25,
        **changes,
    }


def stored(*points: SeriesPoint) -> Stored:
    by_key = {(point.device_id, point.boot_id, point.seq): point for point in points}
    return Stored({TREADMILL: by_key}, len(points))


def point(seq: int, shift_ms: int = 0) -> SeriesPoint:
    return series_point(seq, T0_MS + 250 * seq + shift_ms)


def test_everything_there_as_it_was_measured_is_no_complaint() -> None:
    readings = {TREADMILL: [measured(1), measured(2)]}

    assert missing_points(readings, stored(point(1), point(2))) == []


def test_times_that_are_all_corrected_alike_are_no_complaint() -> None:
    readings = [measured(1), measured(2)]
    kept = stored(point(1, 5_000), point(2, 5_000))

    assert missing_points({TREADMILL: readings}, kept) == []
    assert shifts_of(readings, kept.points[TREADMILL]) == {7: 5_000}


@pytest.mark.parametrize(
    ("kept", "complaint"),
    [
        (stored(point(1)), "no point of"),
        (stored(point(1), msgspec.structs.replace(point(2), speed_m_per_s=1.3)), "became"),
        (stored(point(1), msgspec.structs.replace(point(2), is_reverse=True)), "became"),
        (stored(point(1), point(2, 1)), "became"),
        (stored(point(1), point(2), point(3)), "1 points more"),
    ],
)
def test_what_is_lost_changed_or_added_is_told(kept: Stored, complaint: str) -> None:
    readings = {TREADMILL: [measured(1), measured(2)]}

    (told,) = missing_points(readings, kept)

    assert complaint in told


def test_of_many_complaints_the_first_are_told_and_the_rest_counted() -> None:
    readings = {TREADMILL: [measured(seq) for seq in range(1, 101)]}

    told = missing_points(readings, stored())

    assert len(told) == 6
    assert told[-1] == "and 95 more"
