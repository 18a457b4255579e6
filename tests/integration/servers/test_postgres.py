import psycopg
from sqlalchemy import create_engine, text

from tests.servers.postgres import LocalPostgres, PostgresAddress


def test_databases_of_two_tests_are_apart(postgres: PostgresAddress) -> None:
    first, second = (create_engine(postgres.fresh_database()) for _ in range(2))
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE only_here (number INTEGER)"))

    with second.begin() as connection:
        assert connection.execute(text("SELECT to_regclass('only_here')")).scalar() is None
    first.dispose()
    second.dispose()


def test_what_was_committed_outlives_a_killed_server(own_postgres: LocalPostgres) -> None:
    url = own_postgres.address.url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")

    own_postgres.kill()
    assert not own_postgres.address.answers()
    own_postgres.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(42,)]
