import msgspec
import pytest

from backstride_shared.series.influx_lines import body_of, line_of, points_of, time_ns_of
from tests.factories.series_points import T0_MS, series_point

HEADER = [
    "_time",
    "belt_velocity_m_per_s",
    "grade_percent",
    "gross_kcal_per_min",
    "net_kcal_per_min",
    "uncertainty_percent",
    "flags",
    "conditions",
    "seq",
    "boot_id",
    "device_id",
    "heart_rate_bpm",
    "session_kcal",
]


def test_a_line_has_two_tags_signed_velocity_and_its_number_in_the_nanoseconds() -> None:
    line = line_of(
        series_point(
            4_000_017,
            is_reverse=True,
            heart_rate_bpm=131.0,
            session_gross_kcal=42.125,
        )
    )

    assert line == (
        "belt,gym_id=gym,treadmill_id=one "
        "belt_velocity_m_per_s=-1.25,grade_percent=0.0,gross_kcal_per_min=5.0,"
        "net_kcal_per_min=4.0,uncertainty_percent=12.0,flags=0,conditions=193,"
        'seq=4000017i,boot_id=7i,device_id="device-a",'
        f"heart_rate_bpm=131.0,session_kcal=42.125 {T0_MS}000017"
    )


def test_what_is_not_known_is_no_field() -> None:
    line = line_of(series_point(1))

    assert "heart_rate" not in line
    assert "session_kcal" not in line


def test_a_device_cannot_write_fields_by_its_name() -> None:
    sly = msgspec.structs.replace(series_point(1), device_id='a",seq=9i,b="\\')

    assert 'device_id="a\\",seq=9i,b=\\"\\\\"' in line_of(sly)


def test_points_are_lines_of_one_body() -> None:
    assert body_of([series_point(1), series_point(2)]).count(b"\n") == 1
    assert body_of([series_point(1)]).decode() == line_of(series_point(1))


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-23T04:08:20.000000001Z", T0_MS * 1_000_000 + 1),
        ("2026-11-23T04:08:20.25Z", T0_MS * 1_000_000 + 250_000_000),
    ],
)
def test_a_time_is_read_to_the_nanosecond(text: str, nanoseconds: int) -> None:
    assert time_ns_of(text) == nanoseconds


def test_an_older_value_of_what_is_no_longer_known_is_not_read() -> None:
    """InfluxDB keeps fields that the newer line of a point lacks."""
    values = "1.25 0 5 4 12 0 0 1 7 device-a 131 42.5"
    row = ["2026-11-23T04:08:20.000000001Z", *values.split()]

    assert list(points_of("gym/one", HEADER, [row])) == [series_point(1)]


@pytest.mark.parametrize("lacking", ["conditions", "seq", "device_id", "gross_kcal_per_min"])
def test_a_point_that_is_being_written_is_not_there_yet(lacking: str) -> None:
    """A query may meet a point with the first of its fields only."""
    values = "1.25 0 5 4 12 0 0 1 7 device-a 131 42.5"
    whole = ["2026-11-23T04:08:20.000000001Z", *values.split()]
    torn = ["" if name == lacking else value for name, value in zip(HEADER, whole, strict=True)]

    assert list(points_of("gym/one", HEADER, [torn, whole])) == [series_point(1)]


def test_the_first_point_of_all_may_be_met_before_a_field_has_a_column() -> None:
    header = [name for name in HEADER if name != "conditions"]

    assert list(points_of("gym/one", header, [["2026-11-23T04:08:20.000000001Z"]])) == []
