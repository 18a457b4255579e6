"""`python -m backstride_shared.provision.postgres`: a role for each program, with no more rights.

Each table is written by one program (`store/schema.py`), and here the database is told so: the
recorder cannot change an account, the processor changes nothing but treadmills' states, and
Grafana, where people type queries of their own, sees no name, password or body mass. Run it after
the migration, before every start; all is changed in one transaction, so that running programs
notice nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import make_url

from backstride_shared.provision.secret_files import read_secret
from backstride_shared.provision.settings import PostgresSetupSettings
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.store.schema import (
    alerts,
    corrections,
    erasures,
    metadata,
    refolds_due,
    sessions,
    treadmill_states,
)
from backstride_shared.telemetry import set_up_logging

log = structlog.get_logger()

CONNECT_TIMEOUT_S: Final = 10
VERSION_TABLE: Final = "alembic_version"
_OF_RECORDER: Final = {
    table.name for table in (alerts, corrections, erasures, refolds_due, sessions, treadmill_states)
}
_ALL: Final = set(metadata.tables)

Statement = sql.SQL | sql.Composed


class Rights(NamedTuple):
    """What a role may read and write; of some tables it may read a few columns only.

    In those of `puts` it may insert and change rows, and delete none.
    """

    role: str
    writes: frozenset[str]
    puts: frozenset[str]
    reads: frozenset[str]
    reads_columns: dict[str, tuple[str, ...]]
    settings: dict[str, str]


RIGHTS: Final = (
    Rights(
        "gateway",
        frozenset(_ALL - _OF_RECORDER),
        frozenset(),
        frozenset({*_ALL, VERSION_TABLE}),
        {},
        {},
    ),
    Rights(
        "recorder",
        frozenset(_OF_RECORDER),
        frozenset(),
        frozenset({*_OF_RECORDER, VERSION_TABLE}),
        {},
        {},
    ),
    # it takes rows over in a new epoch, see docs/decisions/0009
    Rights(
        "processor",
        frozenset(),
        frozenset({treadmill_states.name}),
        frozenset({treadmill_states.name, VERSION_TABLE}),
        {},
        {},
    ),
    Rights(
        "grafana",
        frozenset(),
        frozenset(),
        frozenset({alerts.name, sessions.name}),
        # who was on, as an opaque id; not `wearer`, which is the member's body
        {
            "claims": (
                *("claim_id", "member_id", "treadmill"),
                *("claimed_at_ms", "released_at_ms", "purpose"),
            )
        },
        {"default_transaction_read_only": "on", "statement_timeout": "15s"},
    ),
)


class PostgresSetupError(Exception):
    """The roles cannot be made; the text tells why."""


def main() -> None:
    """Make the roles, or say in one line why not and end with status 1."""
    settings = read_settings_or_exit(PostgresSetupSettings)
    set_up_logging("postgres-setup", settings.telemetry)
    try:
        set_up(settings.database.url, settings.postgres.passwords_folder)
    except (PostgresSetupError, psycopg.Error, OSError) as error:
        log.error("roles not made", error=str(error).strip())  # noqa: TRY400  the text says it all
        raise SystemExit(1) from None


def set_up(owner_url: str, passwords_folder: Path) -> None:
    """Give each role its password and exactly its rights; harmless when it is so already.

    psycopg's errors pass when the server cannot be reached or refuses.

    Raises:
        PostgresSetupError: when a password is missing; nothing is then changed.

    """
    passwords = {rights.role: _password(passwords_folder / rights.role) for rights in RIGHTS}
    url = make_url(owner_url).set(drivername="postgresql")
    with psycopg.connect(
        url.render_as_string(hide_password=False), connect_timeout=CONNECT_TIMEOUT_S
    ) as connection:
        for rights in RIGHTS:
            if not _exists(connection, rights.role):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(_name(rights.role)))
                log.info("role made", role=rights.role)
            connection.execute(_password_of(connection, rights.role, passwords[rights.role]))
            for statement in _statements(rights, connection.info.dbname):
                connection.execute(statement)
    log.info("roles set up", roles=[rights.role for rights in RIGHTS])


def _statements(rights: Rights, database: str) -> Iterator[Statement]:
    role = _name(rights.role)
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(_name(database))
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(_name(database), role)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role)
    if rights.reads:
        yield sql.SQL("GRANT SELECT ON {} TO {}").format(_names(rights.reads), role)
    if rights.writes:
        tables = _names(rights.writes)
        yield sql.SQL("GRANT INSERT, UPDATE, DELETE ON {} TO {}").format(tables, role)
        yield sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role)
    if rights.puts:
        yield sql.SQL("GRANT INSERT, UPDATE ON {} TO {}").format(_names(rights.puts), role)
    for table, columns in rights.reads_columns.items():
        yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(_names(columns), _name(table), role)
    for setting, value in rights.settings.items():
        yield sql.SQL("ALTER ROLE {} SET {} = {}").format(role, _name(setting), sql.Literal(value))


def _password_of(connection: psycopg.Connection, role: str, password: str) -> Statement:
    # encrypted here, so that no log of the server's statements shows it
    encrypted = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    return sql.SQL("ALTER ROLE {} PASSWORD {}").format(_name(role), sql.Literal(encrypted.decode()))


def _exists(connection: psycopg.Connection, role: str) -> bool:
    found = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    return found.fetchone() is not None


def _password(path: Path) -> str:
    password = read_secret(path)
    if not password:
        raise PostgresSetupError(f"there is no password in {path}")
    return password


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _names(names: frozenset[str] | tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in sorted(names))


if __name__ == "__main__":
    main()
