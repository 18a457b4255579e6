"""The decisive test: erase a member on real servers, replay everything, look everywhere."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS
from sqlalchemy import create_engine, func, select
from typer import Typer
from typer.testing import CliRunner

from backstride_processor.cli import rebuild
from backstride_shared.series.influx_lines import PER_MINUTE_MEASUREMENT
from backstride_shared.store.schema import refolds_due
from backstride_shared.topics import PARTITION_COUNT, RECORDER_GROUP, KafkaTopic
from tests.chaos.programs import PROCESSOR, PROGRAMS, RECORDER, Programs
from tests.chaos.servers import Servers, running_servers
from tests.integration.erasure.looking import check_retained, check_tables
from tests.integration.erasure.scene import GYM, Scene
from tests.servers.finding import HOST
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(420)

MINUTE_MS = 60_000
app = Typer()
app.command()(rebuild)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with running_servers(tmp_path / "servers") as lent:
        yield lent


@pytest.fixture
def programs(servers: Servers, tmp_path: Path) -> Iterator[Programs]:
    folder = tmp_path / "programs"
    folder.mkdir()
    with Programs(servers, folder) as lent:
        lent.start(*PROGRAMS)
        lent.wait_ready()
        yield lent


@pytest.fixture
def scene(servers: Servers, programs: Programs) -> Iterator[Scene]:
    address = f"http://{HOST}:{programs.http_port}"
    with httpx.Client(base_url=address, timeout=20.0, trust_env=False) as http:
        yield Scene(http, f"mqtt://{HOST}:{servers.wires.treadmills_mqtt.port}")


def test_an_erased_member_does_not_come_back_by_any_way(
    servers: Servers, programs: Programs, scene: Scene
) -> None:
    scene.begin()
    write_minutes(servers, scene)
    assert points_count(servers, scene) == {"one": 60, "two": 60}

    told = scene.erase()

    removed = {one["what"]: one["count"] for one in told["receipt"]["removed"]}
    assert removed["sessions"] == 2
    assert removed["claims"] == 2
    assert removed["readings, and their minutes"] == 120
    look_everywhere(servers, scene)

    scene.send_everything_again()
    scene.run_anew()
    wait_until_all_is_stored(servers)
    look_everywhere(servers, scene)

    # ended by the run after it, and whole
    (bobs,) = scene.sessions("bob")

    replay_all_of_kafka(servers, programs)
    scene.run_anew()
    wait_until_all_is_stored(servers)
    look_everywhere(servers, scene)
    (kept,) = scene.sessions("bob")
    assert kept["energy"] == bobs["energy"]
    assert scene.receipt() == told


def look_everywhere(servers: Servers, scene: Scene) -> None:
    scene.check_api()
    check_tables(scene, servers.database_url)
    check_retained(scene, scene.mqtt_url)
    assert points_count(servers, scene) == {"one": 0, "two": 0}
    assert minutes_count(servers, scene) == 0


def points_count(servers: Servers, scene: Scene) -> dict[str, int]:
    """Ask InfluxDB itself for what lies where Ada ran."""
    return {
        treadmill: count_in(servers, servers.bucket.bucket, treadmill, from_ms, to_ms + 20_000)
        for treadmill, (from_ms, to_ms) in scene.intervals_ms().items()
    }


def minutes_count(servers: Servers, scene: Scene) -> int:
    minutes = servers.bucket.per_minute_bucket
    assert minutes is not None
    return sum(
        count_in(servers, minutes, treadmill, from_ms - from_ms % MINUTE_MS, to_ms)
        for treadmill, (from_ms, to_ms) in scene.intervals_ms().items()
    )


def count_in(servers: Servers, bucket: str, treadmill: str, from_ms: int, to_ms: int) -> int:
    query = f"""
        from(bucket: "{bucket}")
            |> range(start: time(v: {from_ms}000000), stop: time(v: {to_ms}000000))
            |> filter(fn: (r) => r.gym_id == "{GYM}" and r.treadmill_id == "{treadmill}")
            |> filter(fn: (r) => r._field == "seq" or r._field == "readings")
            |> group()
            |> count()
    """
    with InfluxDBClient(servers.bucket.url, servers.bucket.token, org=servers.bucket.org) as client:
        tables = client.query_api().query(query)
    return sum(int(record["_value"]) for table in tables for record in table.records)


def write_minutes(servers: Servers, scene: Scene) -> None:
    """Write what the tasks of InfluxDB, which run every five minutes, would have."""
    minutes = servers.bucket.per_minute_bucket
    assert minutes is not None
    with InfluxDBClient(servers.bucket.url, servers.bucket.token, org=servers.bucket.org) as client:
        for treadmill, (from_ms, to_ms) in scene.intervals_ms().items():
            for at_ms in range(from_ms - from_ms % MINUTE_MS, to_ms, MINUTE_MS):
                point = Point(PER_MINUTE_MEASUREMENT).tag("gym_id", GYM)
                point = point.tag("treadmill_id", treadmill).field("readings", 30.0)
                point = point.time(at_ms * 1_000_000)
                client.write_api(write_options=SYNCHRONOUS).write(minutes, record=point)
    assert minutes_count(servers, scene) >= 2


def wait_until_all_is_stored(servers: Servers) -> None:
    """Return when the recorder has every record of energy, and has folded again what was due."""
    consumer = Consumer({"bootstrap.servers": servers.kafka_bootstrap, "group.id": RECORDER_GROUP})
    places = [TopicPartition(KafkaTopic.ENERGY, number) for number in range(PARTITION_COUNT)]

    def waiting() -> int:
        committed = consumer.committed(places, timeout=10)
        ends = [consumer.get_watermark_offsets(place, timeout=10)[1] for place in places]
        return sum(end - max(0, one.offset) for end, one in zip(ends, committed, strict=True))

    wait_until(waiting, what="all to be stored", within_s=90, holds=lambda left: left == 0)
    consumer.close()
    engine = create_engine(servers.database_url)
    with engine.connect() as connection:
        wait_until(
            lambda: connection.execute(select(func.count()).select_from(refolds_due)).scalar_one(),
            what="what is due to be folded again",
            within_s=60,
            holds=lambda due: due == 0,
        )
    engine.dispose()


def replay_all_of_kafka(servers: Servers, programs: Programs) -> None:
    """Rebuild the states from the rows and every event, and read every record of energy again."""
    programs.stop(PROCESSOR)
    wait_until(
        lambda: CliRunner().invoke(app, ["--kafka", servers.kafka_bootstrap]).output,
        what="`backstride rebuild` to be done",
        within_s=60,
        holds=lambda said: "states dropped" in said,
    )
    programs.stop(RECORDER)
    group_is_empty = AdminClient({"bootstrap.servers": servers.kafka_bootstrap})
    wait_until(
        lambda: (
            group_is_empty.describe_consumer_groups([RECORDER_GROUP])[RECORDER_GROUP]
            .result(10)
            .members
        ),
        what="the recorder to have left its group",
        within_s=30,
        holds=lambda members: not members,
    )
    consumer = Consumer({"bootstrap.servers": servers.kafka_bootstrap, "group.id": RECORDER_GROUP})
    consumer.commit(
        offsets=[
            TopicPartition(KafkaTopic.ENERGY, partition, 0) for partition in range(PARTITION_COUNT)
        ],
        asynchronous=False,
    )
    consumer.close()
    programs.start(RECORDER, PROCESSOR)
    programs.wait_ready()
