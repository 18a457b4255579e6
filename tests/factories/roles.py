"""Databases as each program sees them in earnest: as its own role, with that role's rights."""

import secrets
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from backstride_shared.provision.postgres import RIGHTS, set_up
from backstride_shared.store.migrate import migrate
from tests.servers.postgres import PostgresAddress


def database_of(role: str, server: PostgresAddress) -> str:
    """Return a role's URL of a fresh database that is migrated and set up."""
    owners_url = server.fresh_database()
    migrate(owners_url)
    return as_role(role, owners_url)


def as_role(role: str, owners_url: str) -> str:
    """Return a role's URL of a migrated database, which is set up by it."""
    with tempfile.TemporaryDirectory(prefix="backstride-passwords-") as folder:
        for rights in RIGHTS:
            (Path(folder) / rights.role).write_text(_password(rights.role), encoding="utf-8")
        set_up(owners_url, Path(folder))
    url = make_url(owners_url).set(username=role, password=_password(role))
    return url.render_as_string(hide_password=False)


@cache
def _password(role: str) -> str:
    """Return a password; roles are the server's, and all tests of a run share them."""
    return f"{role}-{secrets.token_hex(16)}"
