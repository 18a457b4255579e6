"""Stores as an older or a newer version of Backstride left them."""

from importlib import resources

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text


def set_revision(engine: Engine, revision: str) -> None:
    """Let the store say that it has this revision of the schema."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


def take_back(engine: Engine, revision: str) -> None:
    """Leave the store as an older version of Backstride had it."""
    config = Config()
    location = str(resources.files("backstride_shared.store") / "migrations")
    config.set_main_option("script_location", location)
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
