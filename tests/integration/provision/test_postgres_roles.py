"""The programs' roles on a real PostgreSQL, asked by each role itself."""

import secrets
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from backstride_shared.provision.postgres import RIGHTS, PostgresSetupError, set_up
from backstride_shared.store.migrate import migrate
from backstride_shared.store.schema import metadata
from tests.servers.postgres import PostgresAddress

ROLES = [rights.role for rights in RIGHTS]


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    for role in ROLES:
        (tmp_path / role).write_text(secrets.token_hex(16) + "\n")
    return tmp_path


@pytest.fixture
def database(postgres: PostgresAddress, passwords: Path) -> str:
    """Lend a migrated database with its roles; these are the server's, so tests share them."""
    url = postgres.fresh_database()
    migrate(url)
    set_up(url, passwords)
    return url


def connected(database: str, role: str, passwords: Path) -> psycopg.Connection:
    password = (passwords / role).read_text().strip()
    url = make_url(database).set(drivername="postgresql", username=role, password=password)
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def may(connection: psycopg.Connection, statement: LiteralString, *names: str) -> bool:
    try:
        connection.execute(SQL(statement).format(*map(Identifier, names)))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def writable(connection: psycopg.Connection) -> set[str]:
    return {name for name in metadata.tables if may(connection, "DELETE FROM {}", name)}


def readable(connection: psycopg.Connection) -> set[str]:
    return {name for name in metadata.tables if may(connection, "SELECT * FROM {}", name)}


def test_each_program_writes_its_own_tables_and_no_others(database: str, passwords: Path) -> None:
    of_recorder = {"alerts", "corrections", "erasures", "refolds_due", "sessions"}
    of_recorder |= {"treadmill_states"}
    with connected(database, "recorder", passwords) as recorder:
        assert writable(recorder) == readable(recorder) == of_recorder
    with connected(database, "gateway", passwords) as gateway:
        assert readable(gateway) == set(metadata.tables)
        assert writable(gateway) == set(metadata.tables) - of_recorder
    with connected(database, "processor", passwords) as processor:
        assert writable(processor) == set()
        assert readable(processor) == {"treadmill_states"}
        assert may(processor, "UPDATE treadmill_states SET epoch = epoch")
        assert not may(processor, "UPDATE sessions SET epoch = epoch")


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_change_the_schema(database: str, passwords: Path, role: str) -> None:
    with connected(database, role, passwords) as connection:
        connection.execute("SET default_transaction_read_only = off")
        assert not may(connection, "CREATE TABLE mine (id integer)")
        assert not may(connection, "ALTER TABLE sessions ADD COLUMN mine integer")


def test_grafana_sees_sessions_but_no_name_and_no_body(database: str, passwords: Path) -> None:
    with connected(database, "grafana", passwords) as grafana:
        assert readable(grafana) == {"alerts", "sessions"}
        assert may(grafana, "SELECT claim_id, member_id FROM claims")
        assert not may(grafana, "SELECT wearer FROM claims")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            grafana.execute("DELETE FROM sessions")


def test_a_second_run_keeps_the_rights(database: str, passwords: Path) -> None:
    set_up(database, passwords)

    with connected(database, "recorder", passwords) as recorder:
        assert "sessions" in writable(recorder)


def test_a_missing_password_is_told_and_nothing_is_granted(
    postgres: PostgresAddress, passwords: Path
) -> None:
    url = postgres.fresh_database()
    migrate(url)
    (passwords / "grafana").unlink()

    with pytest.raises(PostgresSetupError, match="grafana"):
        set_up(url, passwords)

    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string()) as owner:
        granted = owner.execute("SELECT has_table_privilege('gateway', 'sessions', 'SELECT')")
        assert granted.fetchone() == (False,)
