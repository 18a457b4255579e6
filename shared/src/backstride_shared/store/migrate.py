"""Brings the relational store's schema up to date, and tells a program whether it fits.

The supervisor (or `python -m backstride_shared.store`) migrates before the programs start; each
program checks and refuses in words.
"""

import logging
from importlib import resources
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from backstride_shared.store.opening import open_engine, writing

_MIGRATION_LOCK: Final = 0x6261636B73747269
"""The number under which PostgreSQL knows our migrations: any will do, if it stays."""
_LOCATION: Final = str(resources.files("backstride_shared.store") / "migrations")


class SchemaError(Exception):
    """The store's schema is not the one that this program was written for; the text says more."""


def migrate(url: str) -> str:
    """Create or upgrade the schema in the store at `url`; return the revision it then has.

    Safe to call again. SQLAlchemy's errors pass when the store cannot be reached.

    Raises:
        SchemaError: when a newer version of Backstride has already upgraded the store.

    """
    # one line per revision and more: the caller says what there is to say
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = open_engine(url, answers_within_s=None)
    try:
        with writing(engine).begin() as connection:
            _wait_for_turn(connection)
            found = _found(connection)
            if found is not None and found not in _known():
                raise SchemaError(_newer(found))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return _head()
    finally:
        engine.dispose()


def check_schema(engine: Engine) -> None:
    """Return when the store has the schema of this version.

    SQLAlchemy's OperationalError passes when the store cannot be reached.

    Raises:
        SchemaError: when it has none, an older or a newer one.

    """
    with engine.connect() as connection:
        found = _found(connection)
    if found == _head():
        return
    if found is None:
        raise SchemaError("the store has no schema yet: run python -m backstride_shared.store")
    if found in _known():
        raise SchemaError(
            f"the store has the older schema {found}, needed is {_head()}: "
            "run python -m backstride_shared.store"
        )
    raise SchemaError(_newer(found))


def _wait_for_turn(connection: Connection) -> None:
    """Let no other program migrate until this transaction ends; SQLite's writers take turns."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def _newer(found: str) -> str:
    return (
        f"the store has the schema {found}, which this version of Backstride does not know "
        f"(its own is {_head()}): a newer version has been here; run that one"
    )


def _found(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    # a percent sign in a path would be read as an interpolation
    config.set_main_option("script_location", _LOCATION.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _known() -> list[str]:
    """Return the revisions of this version, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _head() -> str:
    return _known()[0]
