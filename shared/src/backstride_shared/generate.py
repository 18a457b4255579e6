"""Writes the files that are made from code: `python -m backstride_shared.generate`.

With `--check` it writes nothing, names the files that differ from what the code says, and ends
with status 1 if there are any.
"""

import argparse
import json
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from backstride_shared.contracts.asyncapi import asyncapi_document
from backstride_shared.contracts.schemas import schema_files
from backstride_shared.contracts.settings import env_example, settings_page

CONTRACTS: Final = Path("docs/contracts")


def generated_files() -> dict[Path, str]:
    """Return the content of every generated file, by its path in the repository."""
    files = {
        CONTRACTS / "asyncapi.json": _json(asyncapi_document()),
        Path("docs/settings.md"): settings_page(),
        Path(".env.example"): env_example(),
    }
    for name, schema in schema_files().items():
        files[CONTRACTS / name] = _json(schema)
    # a service adds what only it can make, such as the gateway's OpenAPI document
    for entry in entry_points(group="backstride.documents"):
        files |= {Path(path): text for path, text in entry.load()().items()}
    return files


def stale_files(root: Path) -> list[Path]:
    """Return the files that differ from what the code says, also those it says nothing of."""
    files = generated_files()
    stale = [path for path, text in files.items() if _read(root / path) != text]
    present = (path.relative_to(root) for path in (root / CONTRACTS).rglob("*.json"))
    stale += [path for path in present if path not in files]
    return sorted(stale)


def write_files(root: Path) -> list[Path]:
    """Write what differs, delete what is not generated any more; return what changed."""
    files = generated_files()
    stale = stale_files(root)
    for path in stale:
        if path in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return stale


def main(arguments: list[str] | None = None) -> int:
    """Write or check; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m backstride_shared.generate", description=__doc__
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the repository's folder")
    options = parser.parse_args(arguments)
    root: Path = options.root
    if not (root / "shared" / "pyproject.toml").is_file():
        _say(f"{root} is not the repository's folder; run this there, or say --root")
        return 2
    changed = stale_files(root) if options.check else write_files(root)
    for path in changed:
        _say(f"{path} {'is not up to date; run: make generated' if options.check else 'written'}")
    return 1 if options.check and changed else 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
