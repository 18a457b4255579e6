"""What only InfluxDB has: tokens, buckets, types, lines that it refuses, a server that goes."""

import dataclasses
import math

import msgspec
import pytest
from influxdb_client.client.write_api import SYNCHRONOUS

from backstride_shared.series import SeriesUnavailableError
from backstride_shared.series.influx_answers import (
    InfluxBucketError,
    InfluxFieldTypeError,
    InfluxTokenError,
)
from backstride_shared.series.influx_series import MOST_POINTS_PER_REQUEST, InfluxSeries
from backstride_shared.series.opening import open_series
from tests.factories.series_points import T0_MS, TREADMILL, run_of_points, series_point
from tests.servers.influxdb import InfluxAddress, InfluxBucket, LocalInfluxdb


def _series(bucket: InfluxBucket) -> InfluxSeries:
    return InfluxSeries(bucket.url, bucket.org, bucket.bucket, bucket.token)


def test_a_wrong_token_is_told_with_its_mend(influx_bucket: InfluxBucket) -> None:
    wrong = dataclasses.replace(influx_bucket, token="guessed")

    with pytest.raises(InfluxTokenError, match="BACKSTRIDE_SERIES__TOKEN"):
        open_series(wrong.settings())


def test_a_token_of_another_bucket_writes_nothing(influxdb: InfluxAddress) -> None:
    mine, other = influxdb.fresh_bucket(), influxdb.fresh_bucket()
    series = _series(dataclasses.replace(mine, token=other.token))

    with pytest.raises(SeriesUnavailableError):
        series.write([series_point(1)])
    series.close()

    series = _series(mine)
    assert series.count() == 0
    series.close()


def test_a_token_that_may_only_read_is_told_when_it_writes(influxdb: InfluxAddress) -> None:
    reader = influxdb.fresh_bucket(actions=("read",))
    series = _series(reader)
    series.check()

    with pytest.raises(InfluxTokenError, match="for this program"):
        series.write([series_point(1)])
    series.close()


def test_a_missing_bucket_is_told_and_used_once_it_is_there(influxdb: InfluxAddress) -> None:
    bucket = influxdb.fresh_bucket(actions=("read", "write"), of_all_buckets=True)
    late = dataclasses.replace(bucket, bucket="made-later")
    series = _series(late)
    with pytest.raises(InfluxBucketError, match="made-later"):
        series.check()
    with pytest.raises(InfluxBucketError, match="made-later"):
        series.write([series_point(1)])

    with influxdb.operator(late.org) as operator:
        operator.buckets_api().create_bucket(bucket_name="made-later", org=late.org)

    series.write([series_point(1)])
    assert series.count() == 1
    series.close()


def test_bad_lines_are_found_and_all_others_are_stored(influx_bucket: InfluxBucket) -> None:
    points = run_of_points(1000)
    for bad in (0, 400, 401, 999):
        points[bad] = msgspec.structs.replace(points[bad], grade_percent=math.nan)
    series = _series(influx_bucket)

    refused = series.write(points)

    assert [one.point.seq for one in refused] == [1, 401, 402, 1000]
    assert "unable to parse" in refused[0].reason
    assert series.read(TREADMILL, 0, 2**53) == [
        point for point in points if not math.isnan(point.grade_percent)
    ]
    series.close()


def test_a_field_of_another_type_holds_readings_back_until_it_is_mended(
    influxdb: InfluxAddress, influx_bucket: InfluxBucket
) -> None:
    """Our lines are never to blame for it, so none of them may become a dead letter."""
    with influxdb.operator(influx_bucket.org) as operator:
        operator.write_api(write_options=SYNCHRONOUS).write(
            influx_bucket.bucket,
            record=f"belt,gym_id=gym,treadmill_id=two grade_percent=3i {T0_MS}000000",
        )
    series = _series(influx_bucket)
    with pytest.raises(InfluxFieldTypeError, match="grade_percent"):
        series.write(run_of_points(10))

    with influxdb.operator(influx_bucket.org) as operator:
        operator.delete_api().delete(
            "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "", influx_bucket.bucket
        )

    assert series.write(run_of_points(10)) == []
    assert series.read(TREADMILL, 0, 2**53) == run_of_points(10)
    series.close()


def test_more_points_than_one_request_holds_are_all_stored(influx_bucket: InfluxBucket) -> None:
    points = run_of_points(2 * MOST_POINTS_PER_REQUEST + 1)
    series = _series(influx_bucket)

    series.write(points)

    assert series.count() == len(points)
    assert series.read(TREADMILL, 0, 2**53) == points
    series.close()


def test_a_server_that_was_killed_keeps_what_it_acknowledged_and_takes_more(
    own_influxdb: LocalInfluxdb,
) -> None:
    series = _series(own_influxdb.address.fresh_bucket())
    series.write(run_of_points(100))

    own_influxdb.kill()
    with pytest.raises(SeriesUnavailableError, match="does not answer"):
        series.write(run_of_points(100, first_seq=101))
    with pytest.raises(SeriesUnavailableError, match="does not answer"):
        series.read(TREADMILL, 0, 2**53)
    own_influxdb.start()

    series.write(run_of_points(100, first_seq=101))
    assert series.count() == 200
    series.close()
