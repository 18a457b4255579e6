"""Prints what one service's image needs of third parties, for `make requirements` to resolve.

It is what the service's and shared's pyproject.toml declare, so there is no list to keep.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EXTRAS_OF_SHARED = {
    "gateway": ["influx", "postgres"],
    "processor": ["postgres"],
    # its image also runs the one-shot set-up of all servers
    "recorder": ["influx", "kafka", "postgres"],
}


def needed(service: str) -> list[str]:
    """Return the requirements of a service against the real servers, without our own packages."""
    shared = _project(ROOT / "shared")
    names = [*_project(ROOT / "services" / service)["dependencies"], *shared["dependencies"]]
    for extra in EXTRAS_OF_SHARED.get(service, []):
        names += shared["optional-dependencies"][extra]
    return sorted({name for name in names if not re.match(r"backstride-", name)})


def _project(folder: Path) -> dict[str, Any]:
    text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


if __name__ == "__main__":
    sys.stdout.write("\n".join(needed(sys.argv[1])) + "\n")
