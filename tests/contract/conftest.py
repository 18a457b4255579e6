"""The stores that contract tests are asked of, each as a program has it in earnest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.databases import Database, in_file, on_server
from tests.servers.postgres import PostgresAddress

IN_MEMORY, SQLITE, POSTGRES = "in memory", "sqlite", "postgres"


# Of the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=[SQLITE, POSTGRES])
def database_server(request: pytest.FixtureRequest) -> PostgresAddress | None:
    """Return where the database of `database` is: a PostgreSQL, or none for a file."""
    return _server(request)


@pytest.fixture
def database(database_server: PostgresAddress | None, tmp_path: Path) -> Iterator[Database]:
    """Lend a migrated SQLite and a migrated PostgreSQL database."""
    made = _made(database_server, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session", params=[IN_MEMORY, SQLITE, POSTGRES])
def fake_or_server(request: pytest.FixtureRequest) -> str | PostgresAddress | None:
    """Return where the database of `fake_or_database` is."""
    return IN_MEMORY if request.param == IN_MEMORY else _server(request)


@pytest.fixture
def fake_or_database(
    fake_or_server: str | PostgresAddress | None, tmp_path: Path
) -> Iterator[Database | None]:
    """Lend what `database` does, and None for the fake in memory."""
    if isinstance(fake_or_server, str):
        yield None
        return
    made = _made(fake_or_server, tmp_path)
    yield made
    made.close()


def _server(request: pytest.FixtureRequest) -> PostgresAddress | None:
    if request.param == SQLITE:
        return None
    address: PostgresAddress = request.getfixturevalue("postgres")
    return address


def _made(server: PostgresAddress | None, tmp_path: Path) -> Database:
    return in_file(tmp_path / "store.db") if server is None else on_server(server)
