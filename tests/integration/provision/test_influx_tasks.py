"""What the tasks keep of each minute, on a real server, against sums worked out here."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from pydantic import SecretStr

from backstride_shared.provision.influx_tasks import LATE_NAME, RECENT_NAME
from backstride_shared.provision.influxdb import set_up
from backstride_shared.provision.settings import InfluxSetupBlock
from backstride_shared.series import SeriesPoint
from backstride_shared.series.influx_series import InfluxSeries
from tests.factories.series_points import series_point
from tests.servers.finding import fresh_name
from tests.servers.influxdb import InfluxAddress
from tests.waiting import wait_until

MINUTE_MS = 60_000
DAY_MS = 86_400_000
HELD_AT_MOST_MS = 5_000

Minutes = dict[tuple[str, int], dict[str, float]]
RunTask = Callable[[str], Minutes]


@pytest.fixture
def wanted(influxdb: InfluxAddress, tmp_path: Path) -> InfluxSetupBlock:
    wanted = InfluxSetupBlock(
        url=influxdb.url,
        operator_token=SecretStr(influxdb.operator_token),
        org=fresh_name("org"),
        tokens_folder=tmp_path / "tokens",
    )
    set_up(wanted)
    return wanted


@pytest.fixture
def run_task(influxdb: InfluxAddress, wanted: InfluxSetupBlock) -> RunTask:
    def run(name: str) -> Minutes:
        with influxdb.operator(wanted.org) as client:
            (task,) = client.tasks_api().find_tasks(org=wanted.org, name=name)
            started = client.tasks_api().run_manually(task.id)
            ended = wait_until(
                lambda: _status(client, task.id, started.id),
                what=f"the task {name} to end",
                within_s=30,
                holds=lambda status: status in {"success", "failed", "canceled"},
            )
            assert ended == "success", client.tasks_api().get_logs(task.id)
            return _minutes(client, wanted.per_minute_bucket)

    return run


def _status(client: InfluxDBClient, task_id: str, run_id: str) -> str:
    try:
        return str(client.tasks_api().get_run(task_id, run_id).status)
    except ApiException as error:
        # a run that has just ended is nowhere until InfluxDB has written it down
        return f"not found: {error.reason}"


def _minutes(client: InfluxDBClient, bucket: str) -> Minutes:
    tables = client.query_api().query(
        'from(bucket: bucket) |> range(start: 0) |> filter(fn: (r) => r.gym_id == "gym")',
        params={"bucket": bucket},
    )
    minutes: Minutes = {}
    for table in tables:
        for record in table.records:
            assert record.get_measurement() == "belt_per_minute"
            key = (
                f"{record['gym_id']}/{record['treadmill_id']}",
                round(record.get_time().timestamp() * 1000),
            )
            minutes.setdefault(key, {})[record.get_field()] = record.get_value()
    return minutes


def _expected(points: Sequence[SeriesPoint]) -> Minutes:
    """Work the minutes of one treadmill out, reading by reading."""
    minutes: Minutes = {}
    for number, point in enumerate(points):
        minute_ms = point.measured_at_ms // MINUTE_MS * MINUTE_MS
        of_minute = minutes.setdefault((point.treadmill, minute_ms), {})
        is_last = number + 1 == len(points)
        until_ms = (
            point.measured_at_ms + HELD_AT_MOST_MS if is_last else points[number + 1].measured_at_ms
        )
        held_s = min(until_ms - point.measured_at_ms, HELD_AT_MOST_MS) / 1000
        velocity = point.belt_velocity_m_per_s
        _add(of_minute, "readings", 1)
        _add(of_minute, "gross_kcal", point.gross_kcal_per_min * held_s / 60)
        _add(of_minute, "net_kcal", point.net_kcal_per_min * held_s / 60)
        if velocity != 0:
            _add(of_minute, "forward_s", held_s if velocity > 0 else 0)
            _add(of_minute, "backward_s", held_s if velocity < 0 else 0)
    for (treadmill, minute_ms), of_minute in minutes.items():
        in_minute = [
            one
            for one in points
            if one.treadmill == treadmill
            and one.measured_at_ms // MINUTE_MS * MINUTE_MS == minute_ms
        ]
        velocities = [one.belt_velocity_m_per_s for one in in_minute]
        of_minute["belt_velocity_mean_m_per_s"] = sum(velocities) / len(velocities)
        of_minute["belt_velocity_min_m_per_s"] = min(velocities)
        of_minute["belt_velocity_max_m_per_s"] = max(velocities)
        beats = [one.heart_rate_bpm for one in in_minute if one.heart_rate_bpm is not None]
        if beats:
            of_minute["heart_rate_mean_bpm"] = sum(beats) / len(beats)
    return minutes


def _add(to: dict[str, float], name: str, amount: float) -> None:
    to[name] = to.get(name, 0.0) + amount


def _approx(minutes: Minutes) -> dict[tuple[str, int], object]:
    # a reading's number stands in the nanoseconds of its time, so a duration may lack 1 ms
    return {key: pytest.approx(value, rel=1e-3, abs=1e-3) for key, value in minutes.items()}


def _walk(from_ms: int, treadmill: str = "gym/one") -> list[SeriesPoint]:
    """Return two minutes and a half: forward, a turn, backward, standing, silence, forward."""
    plan = [
        (0, 45, 1.5, False, 6.0),
        (45, 80, 1.0, True, 7.5),
        (80, 95, 0.0, True, 0.0),
        (130, 150, 2.5, False, 11.25),
    ]
    times = [
        (second, speed, is_reverse, kcal)
        for begin, end, speed, is_reverse, kcal in plan
        for second in range(begin, end)
    ]
    return [
        series_point(
            seq,
            from_ms + second * 1000,
            treadmill=treadmill,
            speed_m_per_s=speed,
            is_reverse=is_reverse,
            heart_rate_bpm=110.0 + seq % 20 if second >= 60 else None,
            gross_kcal_per_min=kcal,
        )
        for seq, (second, speed, is_reverse, kcal) in enumerate(times, start=1)
    ]


def _write(wanted: InfluxSetupBlock, points: Sequence[SeriesPoint]) -> None:
    token = (wanted.tokens_folder / "recorder").read_text().strip()
    series = InfluxSeries(wanted.url, wanted.org, wanted.bucket, token)
    assert series.write(points) == []
    series.close()


def _whole_minute_ms(ago_ms: int) -> int:
    return (time.time_ns() // 1_000_000 - ago_ms) // MINUTE_MS * MINUTE_MS


def test_the_last_minutes_are_kept_with_direction_energy_and_heart_rate(
    wanted: InfluxSetupBlock, run_task: RunTask
) -> None:
    walk = _walk(_whole_minute_ms(10 * MINUTE_MS))
    other = _walk(_whole_minute_ms(8 * MINUTE_MS), "gym/two")
    _write(wanted, [*walk, *other])

    minutes = run_task(RECENT_NAME)

    assert len(minutes) == 6
    assert minutes == _approx({**_expected(walk), **_expected(other)})


def test_minutes_are_read_as_they_were_kept(wanted: InfluxSetupBlock, run_task: RunTask) -> None:
    from_ms = _whole_minute_ms(10 * MINUTE_MS)
    _write(wanted, [*_walk(from_ms), *_walk(from_ms, "gym/two")])
    run_task(RECENT_NAME)
    token = (wanted.tokens_folder / "gateway").read_text().strip()
    series = InfluxSeries(wanted.url, wanted.org, wanted.bucket, token, wanted.per_minute_bucket)

    minutes = series.read_minutes("gym/one", from_ms + 70_000, from_ms + 10 * MINUTE_MS)
    none = series.read_minutes("gym/three", from_ms, from_ms + 10 * MINUTE_MS)
    series.close()

    assert none == []
    # the minute in which the interval begins is one of them
    assert [one.from_ms - from_ms for one in minutes] == [MINUTE_MS, 2 * MINUTE_MS]
    first = minutes[0]
    assert (first.readings_count, first.forward_s) == (35, 0.0)
    # backward for 20 s, standing after it
    assert first.reverse_s == pytest.approx(20.0, abs=0.01)
    assert first.gross_kcal == pytest.approx(20.0 * 7.5 / 60, rel=1e-3)
    assert first.max_speed_m_per_s == 1.0
    assert first.heart_rate_bpm == pytest.approx(119.5, abs=2.0)


def test_keeping_a_minute_again_changes_nothing(
    wanted: InfluxSetupBlock, run_task: RunTask
) -> None:
    _write(wanted, _walk(_whole_minute_ms(10 * MINUTE_MS)))

    assert run_task(RECENT_NAME) == run_task(RECENT_NAME)


def test_readings_that_come_days_later_are_kept_too(
    wanted: InfluxSetupBlock, run_task: RunTask
) -> None:
    walk = _walk(_whole_minute_ms(3 * DAY_MS))
    _write(wanted, walk)
    assert run_task(RECENT_NAME) == {}

    assert run_task(LATE_NAME) == _approx(_expected(walk))


def test_a_minute_that_grows_later_is_kept_anew(
    wanted: InfluxSetupBlock, run_task: RunTask
) -> None:
    walk = _walk(_whole_minute_ms(2 * DAY_MS))
    _write(wanted, walk[::2])
    half = run_task(LATE_NAME)

    _write(wanted, walk)
    whole = run_task(LATE_NAME)

    assert half != whole
    assert whole == _approx(_expected(walk))


def test_days_of_late_readings_are_caught_up_run_by_run(
    wanted: InfluxSetupBlock, run_task: RunTask
) -> None:
    early = _walk(_whole_minute_ms(5 * DAY_MS))
    later = [
        msgspec.structs.replace(one, seq=one.seq + 1000)
        for one in _walk(_whole_minute_ms(2 * DAY_MS))
    ]
    _write(wanted, [*early, *later])

    assert run_task(LATE_NAME) == _approx(_expected(early))
    assert run_task(LATE_NAME) == _approx({**_expected(early), **_expected(later)})


def test_nothing_late_keeps_nothing(wanted: InfluxSetupBlock, run_task: RunTask) -> None:
    assert wanted.bucket == "belt"
    assert run_task(LATE_NAME) == {}
