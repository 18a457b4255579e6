"""The roles that programs have on a PostgreSQL in earnest, with passwords of this run."""

import secrets
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from backstride_shared.provision.postgres import RIGHTS, set_up


def set_up_roles(owners_url: str) -> None:
    """Give every role its rights in a migrated database."""
    with tempfile.TemporaryDirectory(prefix="backstride-passwords-") as folder:
        for rights in RIGHTS:
            (Path(folder) / rights.role).write_text(_password(rights.role), encoding="utf-8")
        set_up(owners_url, Path(folder))


def url_as(role: str, owners_url: str) -> str:
    """Return a role's URL of a database whose roles are set up."""
    url = make_url(owners_url).set(username=role, password=_password(role))
    return url.render_as_string(hide_password=False)


@cache
def _password(role: str) -> str:
    """Return a password; roles are the server's, and all tests of a run share them."""
    return f"{role}-{secrets.token_hex(16)}"
