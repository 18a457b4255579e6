"""Fresh databases with the schema of today, which each program opens as its own role.

The migrations run once; every database is a copy of what they made.
"""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, make_url

from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from tests.factories.roles import set_up_roles, url_as
from tests.servers.postgres import PostgresAddress

OWNER = "owner"
"""Who migrates, and may do everything."""


class Database:
    """A migrated database of one test; on PostgreSQL each role has the rights it has in earnest."""

    def __init__(self, owners_url: str) -> None:
        self._owners_url = owners_url
        self._engines: dict[str, Engine] = {}

    def url_of(self, role: str) -> str:
        """Return the URL by which a program opens it; SQLite knows no roles."""
        if role == OWNER or make_url(self._owners_url).get_backend_name() == "sqlite":
            return self._owners_url
        return url_as(role, self._owners_url)

    def open_as(self, role: str) -> Engine:
        """Return an engine of a program's, the same each time; `close` ends it."""
        if role not in self._engines:
            self._engines[role] = open_engine(self.url_of(role))
        return self._engines[role]

    def close(self) -> None:
        """Let go of all engines."""
        for engine in self._engines.values():
            engine.dispose()


def in_file(path: Path) -> Database:
    """Put a migrated SQLite database into a file that is not there yet."""
    path.write_bytes(_migrated_file())
    return Database(f"sqlite:///{path}")


def on_server(server: PostgresAddress) -> Database:
    """Make a migrated database with all roles on a PostgreSQL."""
    owners_url = server.fresh_database(template=_migrated_template(server))
    set_up_roles(owners_url)
    return Database(owners_url)


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="backstride-schema-") as folder:
        path = Path(folder) / "store.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


@cache
def _migrated_template(server: PostgresAddress) -> str:
    """Return the name of a database to copy."""
    url = server.fresh_database()
    migrate(url)
    name = make_url(url).database
    assert name is not None
    return name
