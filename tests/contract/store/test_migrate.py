"""The schema's history leads to the schema, and a program knows whether a store has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from backstride_shared.store.migrate import SchemaError, check_schema, migrate
from backstride_shared.store.opening import open_engine
from backstride_shared.store.schema import metadata
from tests.factories.schemas import set_revision, take_back
from tests.servers.postgres import PostgresAddress


# For the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest) -> PostgresAddress | None:
    if request.param == "sqlite":
        return None
    address: PostgresAddress = request.getfixturevalue("postgres")
    return address


@pytest.fixture
def url(server: PostgresAddress | None, tmp_path: Path) -> str:
    if server is None:
        return f"sqlite:///{tmp_path}/100% new/store.db"
    return server.fresh_database()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def test_the_revisions_lead_to_the_schema_in_code(url: str, engine: Engine) -> None:
    migrate(url)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(url: str, engine: Engine) -> None:
    revision = migrate(url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO refolds_due VALUES ('gym/one', 1, 2, 'late readings', 0, 1)")
        )

    assert migrate(url) == revision
    check_schema(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM refolds_due")).scalar_one() == 1


def test_a_store_without_schema_is_told_from_one_with_it(engine: Engine) -> None:
    with pytest.raises(SchemaError, match=r"no schema yet: run python -m backstride_shared\.store"):
        check_schema(engine)


def test_a_store_of_an_older_version_is_told_and_fits_once_it_is_migrated(
    url: str, engine: Engine
) -> None:
    migrate(url)
    take_back(engine, "0001_first")

    with pytest.raises(SchemaError, match=r"older schema 0001_first.*run python -m backstride_s"):
        check_schema(engine)
    migrate(url)

    check_schema(engine)


def test_a_store_of_a_newer_version_is_left_alone(url: str, engine: Engine) -> None:
    migrate(url)
    set_revision(engine, "9999_from_the_future")

    with pytest.raises(SchemaError, match=r"9999_from_the_future.*a newer version has been"):
        check_schema(engine)
    with pytest.raises(SchemaError, match=r"9999_from_the_future.*a newer version has been"):
        migrate(url)
