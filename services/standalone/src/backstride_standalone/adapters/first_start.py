"""Whether the owner was here already, and the code by which they begin."""

import contextlib
import secrets
import sqlite3
from pathlib import Path
from typing import Final

_BYTES: Final = 10
_GROUP: Final = 4


def set_up_code(database: Path) -> str | None:
    """Return a new code for the owner's first start; None: an administrator exists."""
    if has_admin(database):
        return None
    characters = secrets.token_hex(_BYTES).upper()
    return "-".join(characters[at : at + _GROUP] for at in range(0, len(characters), _GROUP))


def has_admin(database: Path) -> bool:
    """Return whether the database holds an administrator's account."""
    if not database.is_file():
        return False
    # only a look: the gateway decides; without the table there cannot be an administrator, and
    # what is no database at all is the store program's to tell
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as found:
        try:
            query = "SELECT 1 FROM accounts WHERE role = 'admin' LIMIT 1"
            return found.execute(query).fetchone() is not None
        except sqlite3.DatabaseError:
            return False
