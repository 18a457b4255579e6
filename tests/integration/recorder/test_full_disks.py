"""A store whose disk is full: the recorder says so, keeps the readings, goes on with room again."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from backstride_shared.settings import SeriesBlock
from backstride_shared.store.migrate import migrate
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.energy_records import EnergyRecords
from tests.factories.events import message, run_of
from tests.integration.recorder.recorder_process import (
    READY_WITHIN_S,
    Surroundings,
    hearing_stored,
    point_count,
    producer_of,
    running,
    session_rows,
    wait_for_mark,
)
from tests.servers.influxdb import LocalInfluxdb, installed_program
from tests.servers.mosquitto import LocalMosquitto
from tests.servers.postgres import LocalPostgres, folder_for_postgres, installed_programs
from tests.servers.small_disk import fill, skip_without_root, small_disk
from tests.waiting import wait_until

_MIB = 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, ExitStack]]:
    """Lend a folder for a small disk and a stack: what it holds ends before the disk goes."""
    skip_without_root()
    folder = tmp_path / "disk"
    folder.mkdir()
    with ExitStack() as stack:
        yield folder, stack


@pytest.fixture
def surroundings(
    embedded_kafka: EmbeddedKafka, own_mosquitto: LocalMosquitto, tmp_path: Path
) -> Surroundings:
    return Surroundings(
        embedded_kafka.bootstrap_servers,
        own_mosquitto.address.url,
        tmp_path,
        f"sqlite:///{tmp_path}/store.db",
        SeriesBlock(url=f"sqlite:///{tmp_path}/series.db"),
    )


def _counts_once_there_is_room(
    surroundings: Surroundings,
    folder: Path,
    told: str,
    *,
    restart: Callable[[], None] = lambda: None,
    write_more: Callable[[], None] = lambda: None,
) -> None:
    migrate(surroundings.database_url)
    records = EnergyRecords()
    produce = producer_of(surroundings)
    with hearing_stored(surroundings) as stored, running(surroundings):
        produce(records.of(message(run_of(1, 20, 0.0))))
        wait_for_mark(stored, 20)
        filler = fill(folder)
        seq = 20

        def is_told() -> bool:
            # what a server had allocated before takes some readings yet
            nonlocal seq
            produce(records.of(message(run_of(seq + 1, 500, float(seq)), after=(1, seq))))
            seq += 500
            write_more()
            return told in surroundings.log_text()

        wait_until(is_told, what=f"the recorder to say {told!r}", within_s=READY_WITHIN_S)
        wait_until(
            surroundings.waiting_for,
            what="the recorder not to be ready",
            within_s=READY_WITHIN_S,
            holds=bool,
        )

        filler.unlink()
        restart()
        wait_for_mark(stored, seq)
        surroundings.wait_until_ready()
    assert point_count(surroundings) == seq
    assert [count for _, count in session_rows(surroundings)] == [seq]


def test_a_full_disk_under_influxdb_holds_readings_until_there_is_room(
    surroundings: Surroundings, disk: tuple[Path, ExitStack]
) -> None:
    folder, stack = disk
    stack.enter_context(small_disk(folder, 256 * _MIB))
    server = LocalInfluxdb(installed_program(), folder)
    server.start()
    stack.callback(server.stop)

    _counts_once_there_is_room(
        dataclasses.replace(surroundings, series=server.address.fresh_bucket().settings()),
        folder,
        "make room on InfluxDB's disk",
        restart=lambda: _restart(server),
    )


def test_a_full_disk_under_sqlite_holds_readings_until_there_is_room(
    surroundings: Surroundings, disk: tuple[Path, ExitStack]
) -> None:
    folder, stack = disk
    stack.enter_context(small_disk(folder, 8 * _MIB))

    _counts_once_there_is_room(
        dataclasses.replace(
            surroundings,
            database_url=f"sqlite:///{folder}/store.db",
            series=SeriesBlock(url=f"sqlite:///{folder}/series.db"),
        ),
        folder,
        "make room",
    )


def test_a_full_disk_under_postgresql_holds_readings_until_there_is_room(
    surroundings: Surroundings, disk: tuple[Path, ExitStack]
) -> None:
    _, stack = disk
    folder = folder_for_postgres()
    stack.callback(shutil.rmtree, folder)
    stack.enter_context(small_disk(folder, 96 * _MIB))
    server = LocalPostgres(installed_programs(), folder, ["--wal-segsize=1"])
    server.start()
    stack.callback(server.stop)
    operator = stack.enter_context(psycopg.connect(server.address.url, autocommit=True))
    # a log that nothing makes shorter, as when a replica is away
    operator.execute("ALTER SYSTEM SET wal_keep_size = '1GB'")
    operator.execute("SELECT pg_reload_conf()")

    def write_more() -> None:
        # after it each page that is changed goes into the log as a whole
        with suppress(psycopg.OperationalError):
            operator.execute("CHECKPOINT")

    _counts_once_there_is_room(
        dataclasses.replace(surroundings, database_url=server.address.fresh_database()),
        folder,
        "PostgreSQL ends when its disk is full: make room first",
        restart=lambda: _restart(server),
        write_more=write_more,
    )


def _restart(server: LocalInfluxdb | LocalPostgres) -> None:
    server.stop()
    server.start()
