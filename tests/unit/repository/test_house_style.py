"""Rules of the house style that no linter of the shelf knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository import ROOT, packages, shown

EMPTY_MODULE_NAMES = {"base", "common", "core", "helper", "helpers", "misc", "util", "utils"}
EMPTY_CLASS_ENDINGS = ("Helper", "Impl", "Manager", "Utils")
ENVIRONMENT_READERS = {
    "lifecycle",  # the supervisor tells its children there whom they end with
    "main",
    "settings",
}
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


def test_only_settings_and_main_read_the_environment() -> None:
    """A module elsewhere that reads `os.environ` has a setting that no table shows."""
    readers = {
        shown(path)
        for path, node in _parsed(_sources())
        if isinstance(node, ast.Attribute | ast.Call)
        and (ast.unparse(node) == "os.environ" or _called(node) == "os.getenv")
        and path.stem not in ENVIRONMENT_READERS
    }

    assert readers == set()


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
