"""Where `backstride run` keeps its data, and how other commands find what it has started."""

import json
import os
import sys
from pathlib import Path
from typing import Final

RUN_FILE: Final = "run.json"
"""In the data folder while a platform runs: the addresses of its servers."""


def default_data_folder(*, is_demo: bool) -> Path:
    """Return where data goes when nobody says: the demo never shares a folder with real data."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "backstride" / ("demo" if is_demo else "platform")


def no_platform_text(data_folder: Path | None) -> str:
    """Return in words, for a command line, that no platform was found, and which option helps."""
    if data_folder is not None:
        return (
            f"no platform runs in {data_folder}; give the --data-dir of `backstride run`, "
            "or say where Kafka is with --kafka host:port"
        )
    return (
        "no platform runs in the usual folders; name its folder with --data-dir, as "
        "`backstride run` was given it, or say where Kafka is with --kafka host:port"
    )


def running_platform(data_folder: Path | None = None) -> dict[str, str | int] | None:
    """Return what the platform of a data folder wrote about itself; None when none runs there.

    Without `data_folder` the default folders are looked at, the demo's last.
    """
    folders = (
        [data_folder]
        if data_folder
        else [
            default_data_folder(is_demo=False),
            default_data_folder(is_demo=True),
        ]
    )
    for folder in folders:
        try:
            facts = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(facts, dict):
            return facts
    return None
