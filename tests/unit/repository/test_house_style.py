"""Rules of the house style that no linter of the shelf knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository import ROOT, Package, packages, services, shown

EMPTY_MODULE_NAMES = {"base", "common", "core", "helper", "helpers", "misc", "util", "utils"}
EMPTY_CLASS_ENDINGS = ("Helper", "Impl", "Manager", "Utils")
# Standalone has a composition root for each server that it embeds.
SINGLE_ROOTED = [service for service in services() if service.name != "standalone"]
COMPOSITION_ROOTS = {"__init__", "__main__", "cli", "main", "settings"}
OUTER_PARTS = ("adapters", "api", "cli", "main", "settings")  # what a use case must not know
WAITING = ROOT / "tests/waiting.py"  # the one place that sleeps


def _sources() -> list[Path]:
    return [path for package in packages() for path in package.modules]


def _tests() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def _parsed(paths: list[Path]) -> Iterator[tuple[Path, ast.AST]]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes())):
            yield path, node


def _called(node: ast.AST) -> str:
    """Return what a call calls, as it is written; nothing for other nodes."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [shown(path) for path in _sources() if path.stem in EMPTY_MODULE_NAMES] == []


def test_no_class_has_a_name_that_says_nothing() -> None:
    names = [
        f"{shown(path)}: {node.name}"
        for path, node in _parsed(_sources())
        if isinstance(node, ast.ClassDef)
        and (node.name.startswith("Base") or node.name.endswith(EMPTY_CLASS_ENDINGS))
    ]

    assert names == []


def test_errors_end_in_error() -> None:
    """Names of our exceptions say `Error`, also where they inherit from one of ours."""
    names = [
        f"{shown(path)}: {node.name}"
        for path, node in _parsed(_sources())
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
        and not node.name.endswith("Error")
    ]

    assert names == []


@pytest.mark.parametrize("service", SINGLE_ROOTED, ids=lambda service: service.name)
def test_only_settings_and_main_read_the_environment(service: Package) -> None:
    """A module elsewhere that reads `os.environ` has a setting that no table shows."""
    readers = {
        shown(path)
        for path, node in _parsed(service.modules)
        if isinstance(node, ast.Attribute | ast.Call)
        and (ast.unparse(node) == "os.environ" or _called(node) == "os.getenv")
        and path.stem not in {"main", "settings"}
    }

    assert readers == set()


@pytest.mark.parametrize("service", SINGLE_ROOTED, ids=lambda service: service.name)
def test_a_use_case_knows_ports_and_not_adapters(service: Package) -> None:
    """Complete the layers of import-linter, which has to be told each use case by name."""
    outer = tuple(f"backstride_{service.name}.{part}" for part in OUTER_PARTS)
    use_cases = [path for path in service.source.glob("*.py") if path.stem not in COMPOSITION_ROOTS]
    known = [
        f"{shown(path)}: {node.module}"
        for path, node in _parsed(use_cases)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(outer)
    ]

    assert known == []


def test_tests_wait_for_conditions_and_never_sleep() -> None:
    sleeps = [
        f"{shown(path)}:{node.lineno}"
        for path, node in _parsed([path for path in _tests() if path != WAITING])
        if isinstance(node, ast.Call)
        and _called(node) in {"time.sleep", "asyncio.sleep", "sleep"}
        and ast.unparse(node.args[0]) != "0"  # a zero only lets other coroutines run
    ]

    assert sleeps == []


@pytest.mark.parametrize("patcher", ["monkeypatch.setattr", "mock.patch", "patch"])
def test_no_test_patches_our_own_modules(patcher: str) -> None:
    patches = [
        f"{shown(path)}:{node.lineno}"
        for path, node in _parsed(_tests())
        if isinstance(node, ast.Call)
        and _called(node) == patcher
        and "backstride_" in ast.unparse(node.args[0])
    ]

    assert patches == []
