"""The repository as its own tests see it: its files, packages and their modules."""

import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Package:
    """One of our distributions: its folder and what its pyproject.toml declares."""

    folder: Path

    @property
    def name(self) -> str:
        """The one name which folder, distribution and module share."""
        return self.folder.name

    @property
    def source(self) -> Path:
        """The folder of its modules."""
        return self.folder / "src" / f"backstride_{self.name}"

    @property
    def modules(self) -> list[Path]:
        """All Python files of the package."""
        return sorted(self.source.rglob("*.py"))

    @property
    def project(self) -> dict[str, object]:
        """The table `project` of its pyproject.toml."""
        text = (self.folder / "pyproject.toml").read_text(encoding="utf-8")
        table: dict[str, object] = tomllib.loads(text)["project"]
        return table

    @property
    def extra_dependencies(self) -> list[str]:
        """What its extras need."""
        extras = self.project.get("optional-dependencies", {})
        assert isinstance(extras, dict)
        return [str(name) for names in extras.values() for name in names]

    @property
    def dependencies(self) -> list[str]:
        """What it needs, extras included."""
        needed = self.project["dependencies"]
        assert isinstance(needed, list)
        return [*map(str, needed), *self.extra_dependencies]


def services() -> list[Package]:
    """Return every service, found by its folder."""
    return [Package(folder) for folder in sorted((ROOT / "services").iterdir()) if folder.is_dir()]


def packages() -> list[Package]:
    """Return `shared` and every service."""
    return [Package(ROOT / "shared"), *services()]


def files() -> list[Path]:
    """Return the files under version control, and new ones that are not ignored.

    Skips the test in a copy that is no git checkout.
    """
    listed = _listed_by_git()
    if listed is None:
        pytest.skip("not a git checkout")
    return [path for path in listed if path.is_file()]


@cache
def _listed_by_git() -> list[Path] | None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if listing.returncode != 0:
        return None
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def text_of(path: Path) -> str | None:
    """Return the text of a file, or None when its bytes are no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def shown(path: Path) -> str:
    """Return a path as messages show it."""
    return path.relative_to(ROOT).as_posix()
