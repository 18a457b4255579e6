"""What the commands that look for a running platform say when they find none."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from backstride_ingest.cli import app as dead_letters
from backstride_processor.cli import rebuild


def _said(app: typer.Typer, *arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code != 0
    return " ".join(result.stderr.split())


@pytest.fixture(autouse=True)
def no_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_option_that_finds_a_platform_with_its_own_folder_is_named() -> None:
    again = typer.Typer()
    again.command()(rebuild)
    for said in (_said(dead_letters, "list"), _said(again)):
        assert "name its folder with --data-dir, as `backstride run` was given it" in said


def test_a_folder_in_which_no_platform_runs_is_named(tmp_path: Path) -> None:
    said = _said(dead_letters, "list", "--data-dir", str(tmp_path / "mine"))
    assert f"no platform runs in {tmp_path / 'mine'};" in said
