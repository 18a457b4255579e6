"""Mosquitto, where it is installed: where to find it and how it is configured for one machine."""

import getpass
import os
import shutil
from pathlib import Path
from typing import Final

_SYSTEM_FOLDERS: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Debian and Homebrew put it where not every user's PATH looks."""

MAX_INFLIGHT_MESSAGES: Final = 20_000
"""With 2 000 in flight ingest waits for Mosquitto instead of working (measured)."""
MAX_QUEUED_MESSAGES: Final = 1_000_000
"""A client that is away: an hour of 4 Hz from 250 treadmills; the default of 1 000 drops rest."""
MAX_QUEUED_BYTES: Final = 256 * 1024 * 1024
AUTOSAVE_S: Final = 5
"""What a kill can take of readings from devices without an outbox, while ingest is away too."""


def find_mosquitto() -> Path | None:
    """Return the program, None where there is none."""
    folders = os.pathsep.join([os.environ.get("PATH", ""), *_SYSTEM_FOLDERS])
    found = shutil.which("mosquitto", path=folders)
    return Path(found) if found else None


def write_configuration(folder: Path, host: str, port: int) -> Path:
    """Write Mosquitto's configuration into `folder`, which will also hold its sessions.

    Every client may do everything, because it listens on loopback only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mosquitto.conf"
    path.write_text(
        "# written by backstride run at each start\n"
        f"listener {port} {host}\n"
        "allow_anonymous true\n"
        # started by root it would become the user mosquitto, who may not write here
        f"user {getpass.getuser()}\n"
        "persistence true\n"
        f"persistence_location {folder}/\n"
        f"autosave_interval {AUTOSAVE_S}\n"
        f"max_inflight_messages {MAX_INFLIGHT_MESSAGES}\n"
        f"max_queued_messages {MAX_QUEUED_MESSAGES}\n"
        f"max_queued_bytes {MAX_QUEUED_BYTES}\n"
        # ids of our own programs last for ever, others may come and never return
        "persistent_client_expiration 14d\n"
        "connection_messages false\n"
        "log_dest stderr\n"
        "log_type error\n"
        "log_type warning\n",
        encoding="utf-8",
    )
    return path
