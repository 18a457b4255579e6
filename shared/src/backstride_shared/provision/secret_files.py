"""Secrets in files: never half written, readable by their owner alone unless somebody let others.

A file that is there already keeps its mode: whoever made it, even empty, decided who reads it.
"""

import os
from pathlib import Path


def read_secret(path: Path) -> str | None:
    """Return the secret in a file, None when there is no such file."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def write_secret(path: Path, secret: str, owner_uid: int | None = None) -> None:
    """Put a secret into a file, in place of what was there; give it to a user if one is named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{secret}\n")
        # not only at the opening, where the umask counts
        os.fchmod(descriptor, mode)
    if owner_uid is not None:
        os.chown(fresh, owner_uid, -1)
    fresh.replace(path)
