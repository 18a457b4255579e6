"""What only PostgreSQL has: a server that goes and comes back, and programs that meet there."""

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backstride_shared.store.migrate import check_schema, migrate
from backstride_shared.store.opening import open_engine, writing
from tests.servers.postgres import LocalPostgres, PostgresAddress

INSERT = text("INSERT INTO refolds_due VALUES (:treadmill, 1, 2, 'late readings', 0, 1)")
COUNT = text("SELECT count(*) FROM refolds_due")


def test_an_engine_goes_on_after_the_server_was_killed(own_postgres: LocalPostgres) -> None:
    url = own_postgres.address.fresh_database()
    migrate(url)
    engine = open_engine(url)
    with writing(engine).begin() as connection:
        connection.execute(INSERT, {"treadmill": "gym/one"})

    own_postgres.kill()
    with pytest.raises(OperationalError):
        check_schema(engine)
    own_postgres.start()

    check_schema(engine)
    with writing(engine).begin() as connection:
        connection.execute(INSERT, {"treadmill": "gym/two"})
        assert connection.execute(COUNT).scalar_one() == 2
    engine.dispose()


def test_idle_connections_of_an_engine_that_trusts_are_tried_after_the_server_was_killed(
    own_postgres: LocalPostgres,
) -> None:
    """Restarting the server takes longer than they are trusted."""
    url = own_postgres.address.fresh_database()
    migrate(url)
    engine = open_engine(url, trusted_s=0.01)
    with ExitStack() as several:
        for _ in range(3):
            several.enter_context(engine.connect()).execute(COUNT)

    own_postgres.kill()
    own_postgres.start()

    for _ in range(3):
        with engine.connect() as connection:
            assert connection.execute(COUNT).scalar_one() == 0
    engine.dispose()


def test_a_transaction_that_loses_its_server_leaves_nothing(own_postgres: LocalPostgres) -> None:
    url = own_postgres.address.fresh_database()
    migrate(url)
    engine = open_engine(url)

    connection = writing(engine).connect()
    transaction = connection.begin()
    connection.execute(INSERT, {"treadmill": "gym/one"})
    own_postgres.kill()
    with pytest.raises(OperationalError):
        transaction.commit()
    connection.close()
    own_postgres.start()

    with engine.connect() as again:
        assert again.execute(COUNT).scalar_one() == 0
    engine.dispose()


def test_programs_that_migrate_at_once_take_turns(postgres: PostgresAddress) -> None:
    url = postgres.fresh_database()
    command = [sys.executable, "-m", "backstride_shared.store"]
    environment = {**os.environ, "BACKSTRIDE_DATABASE__URL": url}
    programs = [
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    told = [program.communicate(timeout=60)[1] for program in programs]

    assert [program.returncode for program in programs] == [0, 0, 0], told
    engine = open_engine(url)
    check_schema(engine)
    engine.dispose()


def test_connections_prefer_indexes_also_after_a_rollback(postgres: PostgresAddress) -> None:
    engine = open_engine(postgres.fresh_database())
    ask = text("SHOW random_page_cost")
    with engine.connect() as connection:
        connection.execute(ask)
        connection.rollback()
        assert connection.execute(ask).scalar_one() == "1.1"
    engine.dispose()
