import ast
import json
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.repository import ROOT, Package, files, packages, shown, text_of

# Where packages were downloaded from is the business of each machine's own configuration.
REGISTRY_HOST = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|crates|maven|golang)\.(?:org|com|io)\b|\bproxy\.golang\b"
)
INDEX_LINE = re.compile(r"^\s*(?:-i\b|--(?:extra-)?index-url|--find-links|-f\b)", re.MULTILINE)
HOME = re.compile(r"(?:/home|/Users|/root)/[\w.-]+")

PINNED = sorted((ROOT / "requirements").glob("*.txt"))


def _normal(name: str) -> str:
    """Return a distribution's name as PyPI compares it, without extras and versions."""
    bare = re.split(r"[\s\[<>=!~;]", name, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", bare).lower()


def _imported_modules(path: Path) -> set[str]:
    """Return the top-level names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_requirement_is_pinned_by_version_and_hash(path: Path) -> None:
    logical = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    requirements = [line for line in logical if line and not line.lstrip().startswith("#")]

    assert requirements
    assert [r for r in requirements if "==" not in r or "--hash=sha256:" not in r] == []


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_a_package_declares_what_it_imports(package: Package) -> None:
    allowed = {_normal(name) for name in package.dependencies} | {f"backstride-{package.name}"}
    distributions = packages_distributions()

    undeclared = {
        f"{shown(path)}: {module}"
        for path in package.modules
        for module in _imported_modules(path) - sys.stdlib_module_names
        if not {_normal(name) for name in distributions.get(module, [module])} & allowed
    }

    assert undeclared == set()


def _pinned(*names: str) -> set[str]:
    """Return the distributions that requirements/<name>.txt pin."""
    return {
        _normal(found)
        for name in names
        for found in re.findall(
            r"^([\w.-]+)==", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE
        )
    }


def test_what_the_packages_declare_is_pinned_for_run() -> None:
    ours = {f"backstride-{package.name}" for package in packages()}
    declared = {
        _normal(name)
        for package in packages()
        for name in package.dependencies
        if name not in package.extra_dependencies
    }

    assert declared - ours - _pinned("run") == set()


def test_what_the_packages_declare_as_extras_is_pinned_for_servers() -> None:
    extras = {_normal(name) for package in packages() for name in package.extra_dependencies}

    assert extras - _pinned("run", "server") == set()


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    # A checkout at the top of the file system has a name too short to be told from a route.
    here = str(ROOT) if len(ROOT.parts) > 2 else None
    found = []
    for path in files():
        text = text_of(path) or ""
        hits = {*REGISTRY_HOST.findall(text), *INDEX_LINE.findall(text), *HOME.findall(text)}
        if here is not None and re.search(rf"{re.escape(here)}(?![\w-])", text):
            hits.add(here)
        found += [f"{shown(path)}: {hit}" for hit in sorted(hits)]

    assert found == []


def test_lock_files_hold_no_download_address() -> None:
    assert not (ROOT / "uv.lock").exists()
    for path in files():
        if path.name == "package-lock.json":
            locked = json.loads(path.read_text(encoding="utf-8"))["packages"]
            assert {name for name, entry in locked.items() if "resolved" in entry} == set()
