import pytest
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from tests.servers.influxdb import InfluxAddress, InfluxBucket, LocalInfluxdb


def _write(to: InfluxBucket) -> None:
    with InfluxDBClient(to.url, to.token, org=to.org) as client:
        client.write_api(write_options=SYNCHRONOUS).write(to.bucket, record="kept number=42 1000")


def _numbers(of: InfluxBucket) -> list[float]:
    with InfluxDBClient(of.url, of.token, org=of.org) as client:
        tables = client.query_api().query(
            "from(bucket: bucket) |> range(start: 0)", params={"bucket": of.bucket}
        )
        return [record.get_value() for table in tables for record in table.records]


def test_a_token_opens_its_own_bucket_only(influxdb: InfluxAddress) -> None:
    mine, other = influxdb.fresh_bucket(), influxdb.fresh_bucket()

    _write(mine)
    with pytest.raises(ApiException):
        _write(InfluxBucket(other.url, other.org, other.bucket, mine.token))

    assert _numbers(mine) == [42]
    assert _numbers(other) == []


def test_a_point_outlives_a_killed_server(own_influxdb: LocalInfluxdb) -> None:
    bucket = own_influxdb.address.fresh_bucket()
    _write(bucket)

    own_influxdb.kill()
    own_influxdb.start()

    assert _numbers(bucket) == [42]
