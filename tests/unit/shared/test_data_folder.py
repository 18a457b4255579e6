import json
from pathlib import Path

import pytest

from backstride_shared.data_folder import RUN_FILE, default_data_folder, running_platform


def write_run_file(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUN_FILE).write_text(text, encoding="utf-8")


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def test_a_demo_never_shares_a_folder_with_real_data() -> None:
    assert default_data_folder(is_demo=True) != default_data_folder(is_demo=False)


def test_a_running_platform_is_found_in_its_folder(tmp_path: Path) -> None:
    write_run_file(tmp_path / "mine", json.dumps({"gateway_url": "http://x"}))

    assert running_platform(tmp_path / "mine") == {"gateway_url": "http://x"}
    assert running_platform(tmp_path / "other") is None


def test_the_default_folders_are_looked_at_the_demo_last() -> None:
    assert running_platform() is None
    write_run_file(default_data_folder(is_demo=True), '{"is": "demo"}')
    assert running_platform() == {"is": "demo"}
    write_run_file(default_data_folder(is_demo=False), '{"is": "real"}')
    assert running_platform() == {"is": "real"}


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_a_file_that_cannot_be_read_says_that_nothing_runs(tmp_path: Path, text: str) -> None:
    write_run_file(tmp_path, text)

    assert running_platform(tmp_path) is None
