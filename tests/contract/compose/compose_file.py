"""docker-compose.yml as data, with anchors and merges resolved and defaults filled in."""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from tests.repository import ROOT

PATH: Final = ROOT / "docker-compose.yml"
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")
# what `make secrets` writes for variables without a default
GIVEN: Final = {"GYM_OPERATOR": "1000:1000"}

Service = dict[str, Any]


def filled_in(text: str, chosen: Mapping[str, str] = GIVEN) -> str:
    """Return the text as compose reads it: variables in place, `$$` for a dollar."""
    marked = text.replace("$$", "\0")
    filled = _VARIABLE.sub(lambda found: chosen.get(found[1]) or found[2] or "", marked)
    return filled.replace("\0", "$")


def document() -> dict[str, Any]:
    """Return the whole file."""
    read: dict[str, Any] = yaml.safe_load(filled_in(PATH.read_text(encoding="utf-8")))
    return read


def services() -> dict[str, Service]:
    """Return every service by its name."""
    found: dict[str, Service] = document()["services"]
    return found


def variables() -> set[str]:
    """Return the variables that the file leaves to a gym."""
    return {found[1] for found in _VARIABLE.finditer(PATH.read_text(encoding="utf-8"))}


def is_one_shot(service: Service) -> bool:
    """Tell whether a service sets something up and ends."""
    return bool(service["restart"] == "no")


def secret_targets(service: Service) -> dict[str, str]:
    """Return each secret of a service by its path inside the container."""
    given = [
        (one, one) if isinstance(one, str) else (one["source"], one["target"])
        for one in service.get("secrets", [])
    ]
    return {f"/run/secrets/{target}": source for source, target in given}


def mounts(service: Service) -> dict[str, str]:
    """Return what is mounted where: path inside the container → volume or path of the host."""
    pairs = (one.split(":") for one in service.get("volumes", []))
    return {pair[1]: pair[0] for pair in pairs}
