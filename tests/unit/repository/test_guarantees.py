"""Every promise of docs/guarantees.md and docs/security.md names a test, and that test exists."""

import re
from pathlib import Path

import pytest

from tests.repository import ROOT

DOCUMENTS = [ROOT / "docs/guarantees.md", ROOT / "docs/security.md"]
_NAMED = re.compile(r"`(test_\w+)`")
_DEFINED = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)


def _tests() -> set[str]:
    return {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in _DEFINED.findall(path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_a_promise_names_exists(document: Path) -> None:
    named = set(_NAMED.findall(document.read_text(encoding="utf-8")))

    assert named
    assert sorted(named - _tests()) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_promise_names_a_test(document: Path) -> None:
    promises = [
        line
        for line in document.read_text(encoding="utf-8").splitlines()
        if line.startswith("- ") and not line.startswith("- Open:")
    ]

    assert promises
    assert [line for line in promises if not _NAMED.search(line)] == []
