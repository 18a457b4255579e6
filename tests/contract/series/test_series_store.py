"""What every series store does, asked of the fake and of the real ones."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstride_shared.series import SeriesPoint, SeriesStore
from backstride_shared.series.opening import open_series
from backstride_shared.settings import SeriesBlock
from tests.fakes.in_memory_series import InMemorySeries
from tests.servers.influxdb import InfluxAddress

T0_MS = 1_795_406_900_000


# For the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=["in memory", "sqlite", "influxdb"])
def kind(request: pytest.FixtureRequest) -> str | InfluxAddress:
    if request.param == "influxdb":
        address: InfluxAddress = request.getfixturevalue("influxdb")
        return address
    return str(request.param)


@pytest.fixture
def series(kind: str | InfluxAddress, tmp_path: Path) -> Iterator[SeriesStore]:
    store: SeriesStore
    if isinstance(kind, InfluxAddress):
        store = open_series(kind.fresh_bucket().settings())
    elif kind == "sqlite":
        store = open_series(SeriesBlock(url=f"sqlite:///{tmp_path}/new folder/series.db"))
    else:
        store = InMemorySeries()
    yield store
    store.close()


def point(
    seq: int, at_ms: int = T0_MS, treadmill: str = "gym/one", gross_kcal_per_min: float = 5.0
) -> SeriesPoint:
    return SeriesPoint(
        treadmill=treadmill,
        measured_at_ms=at_ms,
        device_id="device-a",
        boot_id=7,
        seq=seq,
        is_reverse=False,
        speed_m_per_s=1.25,
        grade_percent=0.0,
        heart_rate_bpm=None,
        is_present=None,
        hands=None,
        is_emergency_stop=False,
        gross_kcal_per_min=gross_kcal_per_min,
        net_kcal_per_min=4.0,
        uncertainty_percent=12.0,
        flags=0,
        session_gross_kcal=None,
    )


POINTS = st.builds(
    SeriesPoint,
    treadmill=st.just("gym/any"),
    measured_at_ms=st.integers(T0_MS - 7 * 86_400_000, T0_MS),
    device_id=st.sampled_from(["device-a", "device-b"]),
    boot_id=st.integers(0, 2**53),
    seq=st.integers(1, 2**32 - 1),
    is_reverse=st.booleans(),
    speed_m_per_s=st.floats(0, 8),
    grade_percent=st.floats(-45, 45),
    heart_rate_bpm=st.none() | st.floats(25, 250),
    is_present=st.sampled_from([None, True, False]),
    hands=st.sampled_from([None, "free", "rest", "grip"]),
    is_emergency_stop=st.booleans(),
    gross_kcal_per_min=st.floats(0, 50),
    net_kcal_per_min=st.floats(0, 50),
    uncertainty_percent=st.floats(0, 100),
    flags=st.integers(0, 2**20),
    session_gross_kcal=st.none() | st.floats(0, 10_000),
)


def test_an_empty_store_has_nothing(series: SeriesStore) -> None:
    assert series.count() == 0
    assert series.read("gym/one", 0, 2**53) == []
    assert series.next_measured_at_ms("gym/one", 0) is None


def test_nothing_is_written_for_no_points(series: SeriesStore) -> None:
    assert series.write([]) == []
    assert series.count() == 0


@given(written=POINTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_point_is_read_as_it_was_written(series: SeriesStore, written: SeriesPoint) -> None:
    series.write([written])

    read = series.read("gym/any", written.measured_at_ms, written.measured_at_ms)

    assert written in read


def test_points_come_by_time_then_number(series: SeriesStore) -> None:
    points = [point(3, T0_MS + 250), point(1), point(4, T0_MS + 250), point(2)]

    series.write(points)

    assert [one.seq for one in series.read("gym/one", T0_MS, T0_MS + 250)] == [1, 2, 3, 4]


def test_both_ends_of_the_asked_time_belong_to_it(series: SeriesStore) -> None:
    series.write([point(number, T0_MS + number) for number in range(5)])

    assert [one.seq for one in series.read("gym/one", T0_MS + 1, T0_MS + 3)] == [1, 2, 3]


def test_a_number_past_a_million_stays_in_its_millisecond(series: SeriesStore) -> None:
    last = point(2_999_999)
    series.write([last])

    assert series.read("gym/one", T0_MS, T0_MS) == [last]
    assert series.read("gym/one", T0_MS + 1, T0_MS + 5) == []


def test_a_treadmill_sees_its_own_points_only(series: SeriesStore) -> None:
    series.write([point(1), point(1, treadmill="gym/two")])

    assert [one.treadmill for one in series.read("gym/two", 0, 2**53)] == ["gym/two"]


def test_a_point_counts_once_however_often_it_is_written(series: SeriesStore) -> None:
    series.write([point(1), point(2), point(1, treadmill="gym/two")])
    series.write([point(2), point(3)])
    series.write([point(1), point(2), point(3)])

    assert series.count() == 4


def test_of_a_point_twice_in_one_call_the_later_one_counts(series: SeriesStore) -> None:
    series.write([point(1), point(1, gross_kcal_per_min=6.0)])

    assert series.count() == 1
    assert series.read("gym/one", T0_MS, T0_MS) == [point(1, gross_kcal_per_min=6.0)]


def test_a_point_written_again_replaces_the_first(series: SeriesStore) -> None:
    series.write([point(1), point(2)])
    changed = msgspec.structs.replace(point(1), gross_kcal_per_min=9.5, flags=3)

    series.write([changed])

    assert series.read("gym/one", T0_MS, T0_MS) == [changed, point(2)]


def test_what_is_no_longer_known_of_a_point_goes_when_it_is_written_again(
    series: SeriesStore,
) -> None:
    known = msgspec.structs.replace(
        point(1), heart_rate_bpm=120.0, session_gross_kcal=3.5, is_present=True, hands="grip"
    )
    series.write([known])

    series.write([point(1)])

    assert series.read("gym/one", T0_MS, T0_MS) == [point(1)]


def test_the_next_point_is_the_first_after_the_moment(series: SeriesStore) -> None:
    series.write([point(1), point(2, T0_MS + 10), point(3, T0_MS + 20, treadmill="gym/two")])

    assert series.next_measured_at_ms("gym/one", T0_MS - 1) == T0_MS
    assert series.next_measured_at_ms("gym/one", T0_MS) == T0_MS + 10
    assert series.next_measured_at_ms("gym/one", T0_MS + 10) is None


def test_what_is_deleted_is_gone_and_its_neighbours_stay(series: SeriesStore) -> None:
    series.write([point(seq, T0_MS + seq) for seq in range(1, 11)])
    series.write([point(5, T0_MS + 5, "gym/two")])

    series.delete("gym/one", T0_MS + 4, T0_MS + 6)

    left = [one.seq for one in series.read("gym/one", 0, 2**53)]
    assert left == [1, 2, 3, 7, 8, 9, 10]
    assert [one.seq for one in series.read("gym/two", 0, 2**53)] == [5]
    assert series.count() == 8


def test_points_of_one_millisecond_are_deleted_together(series: SeriesStore) -> None:
    series.write([point(1, T0_MS), point(999_999, T0_MS), point(1_000_000, T0_MS + 1)])

    series.delete("gym/one", T0_MS, T0_MS)

    assert [one.seq for one in series.read("gym/one", 0, 2**53)] == [1_000_000]


def test_deleting_again_or_where_nothing_is_changes_nothing(series: SeriesStore) -> None:
    series.write([point(1)])
    series.delete("gym/one", T0_MS, T0_MS)
    series.delete("gym/one", T0_MS, T0_MS)
    series.delete("gym/never", 0, 2**53)

    assert series.count() == 0


def test_a_deleted_point_may_be_written_again(series: SeriesStore) -> None:
    series.write([point(1)])
    series.delete("gym/one", T0_MS, T0_MS)
    series.write([point(1)])

    assert series.count() == 1


def test_an_interval_that_ends_before_it_begins_holds_nothing(series: SeriesStore) -> None:
    series.write([point(1)])

    assert series.read("gym/one", T0_MS + 1, T0_MS - 1) == []
    series.delete("gym/one", T0_MS + 1, T0_MS - 1)

    assert series.count() == 1
