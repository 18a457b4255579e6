"""Writes the boards and the alert rules: `python -m infra.grafana.dashboards`.

With `--check` it writes nothing, names the files that differ from the code, and ends with status 1
if there are any. Grafana reads the files at its start and again every few seconds.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from infra.grafana.alert_rules import rules
from infra.grafana.boards import floor, gym_day, pipeline, safety, treadmill

HERE: Final = Path(__file__).resolve().parent
BOARDS: Final = {
    "floor": floor,
    "treadmill": treadmill,
    "gym-day": gym_day,
    "pipeline": pipeline,
    "safety": safety,
}
_WRITTEN: Final = "# Written by make generated; do not edit.\n"


def boards() -> dict[str, dict[str, Any]]:
    """Return every board as Grafana reads it, by its name."""
    return {
        name: json.loads(json.dumps(module.build().build(), cls=JSONEncoder))
        for name, module in BOARDS.items()
    }


def files() -> dict[Path, str]:
    """Return the text of every generated file."""
    written = {
        HERE / "generated" / f"{name}.json": json.dumps(board, indent=1, sort_keys=True) + "\n"
        for name, board in boards().items()
    }
    text = yaml.safe_dump(rules(), sort_keys=False, width=100, allow_unicode=True)
    written[HERE / "provisioning/alerting/rules.yaml"] = _WRITTEN + text
    return written


def stale_files() -> list[Path]:
    """Return the files that differ from the code, and boards that the code does not know."""
    wanted = files()
    stale = [path for path, text in wanted.items() if _read(path) != text]
    return sorted(stale + [path for path in HERE.glob("generated/*.json") if path not in wanted])


def main() -> int:
    """Write or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    is_check = parser.parse_args().check
    stale = stale_files()
    wanted = files()
    for path in stale:
        if is_check:
            sys.stderr.write(f"{path} is not up to date; run: make generated\n")
        elif path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 1 if is_check and stale else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
