"""The page for people: its table is the model's, and its figures are the same whenever drawn."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[4] / "docs"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Load the script that draws the figures; it lives beside them, not in a package."""
    spec = importlib.util.spec_from_file_location("figures", DOCS / "figures/make_figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_the_page_is_what_the_model_says(script: ModuleType) -> None:
    page = (DOCS / "does-backwards-burn-twice.md").read_text(encoding="utf-8")

    assert script.with_table(page) == page, "run `make figures`"
    assert script.with_table(page.replace("| 1.20 m/s", "| 1.21 m/s")) == page


def test_a_figure_drawn_twice_is_the_same_bytes(script: ModuleType, tmp_path: Path) -> None:
    drawn = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        with script.styled():
            script.draw_ratio(tmp_path / name)
        drawn.append((tmp_path / name / "ratio-by-speed.svg").read_bytes())

    assert drawn[0] == drawn[1]
    assert b"<svg" in drawn[0]


def test_what_the_page_says_of_the_session_is_what_the_model_says(script: ModuleType) -> None:
    totals = script.session_totals()
    extra = totals.backward_gross_kcal - totals.forward_equivalent_gross_kcal

    assert totals.reverse_dividend == pytest.approx(1.23, abs=0.03)
    assert round(extra) == 13
