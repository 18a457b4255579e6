"""A recorder whose database has another schema: it says so, loses nothing, goes on when mended."""

from pathlib import Path

import pytest
from sqlalchemy import text

from backstride_shared.settings import SeriesBlock
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.energy_records import EnergyRecords
from tests.factories.events import message, run_of
from tests.factories.schemas import set_revision, take_back
from tests.integration.recorder.recorder_process import (
    Surroundings,
    hearing_stored,
    producer_of,
    running,
    session_rows,
    wait_for_mark,
    wait_until_told,
)
from tests.servers.mosquitto import LocalMosquitto
from tests.servers.postgres import PostgresAddress


# For the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest) -> PostgresAddress | None:
    if request.param == "sqlite":
        return None
    address: PostgresAddress = request.getfixturevalue("postgres")
    return address


@pytest.fixture
def surroundings(
    server: PostgresAddress | None,
    embedded_kafka: EmbeddedKafka,
    own_mosquitto: LocalMosquitto,
    tmp_path: Path,
) -> Surroundings:
    url = f"sqlite:///{tmp_path}/store.db" if server is None else server.fresh_database()
    migrate(url)
    return Surroundings(
        embedded_kafka.bootstrap_servers,
        own_mosquitto.address.url,
        tmp_path,
        url,
        SeriesBlock(url=f"sqlite:///{tmp_path}/series.db"),
    )


def test_an_older_schema_is_waited_out(surroundings: Surroundings) -> None:
    engine = open_engine(surroundings.database_url)
    take_back(engine, "0001_first")
    with hearing_stored(surroundings) as stored, running(surroundings):
        producer_of(surroundings)(EnergyRecords().of(message(run_of(1, 20, 0.0))))
        wait_until_told(surroundings, "the older schema 0001_first")
        wait_until_told(surroundings, "run python -m backstride_shared.store")
        assert "relational store" in (surroundings.waiting_for() or [])

        migrate(surroundings.database_url)

        wait_for_mark(stored, 20)
    engine.dispose()
    assert [count for _, count in session_rows(surroundings)] == [20]


def test_a_newer_schema_is_left_alone_until_it_fits(surroundings: Surroundings) -> None:
    """Mended here by the version; in earnest by the program of the newer release."""
    engine = open_engine(surroundings.database_url)
    with engine.connect() as connection:
        own = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    set_revision(engine, "9999_from_the_future")
    with hearing_stored(surroundings) as stored, running(surroundings):
        producer_of(surroundings)(EnergyRecords().of(message(run_of(1, 20, 0.0))))
        wait_until_told(surroundings, "a newer version has been here; run that one")
        assert "relational store" in (surroundings.waiting_for() or [])
        assert session_rows(surroundings) == []

        set_revision(engine, own)

        wait_for_mark(stored, 20)
    engine.dispose()
    assert [count for _, count in session_rows(surroundings)] == [20]
