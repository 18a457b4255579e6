import json
import sys
from pathlib import Path

import pytest

from backstride_standalone.adapters.data_folder import DataFolder, DataFolderError


def test_a_new_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "a" / "b") as folder:
        assert folder.logs.is_dir()


def test_a_second_run_is_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as first:
        first.write_run_file({"pid": 4711})

        with pytest.raises(DataFolderError, match=r"another backstride run \(process 4711\) uses"):
            DataFolder(tmp_path)


def test_the_folder_can_be_taken_again_after_its_run(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as first:
        first.write_run_file({"pid": 1})
    with DataFolder(tmp_path) as second:
        assert not (second.path / "run.json").exists()


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("dear to somebody", encoding="utf-8")

    with pytest.raises(DataFolderError, match="holds other files"):
        DataFolder(tmp_path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(DataFolderError, match=r"cannot write to .*Not a directory"):
        DataFolder(tmp_path / "file" / "data")


def test_making_it_empty_deletes_all_but_what_makes_it_ours(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        (tmp_path / "backstride.db").write_text("rows", encoding="utf-8")
        (tmp_path / "outbox").mkdir()
        (tmp_path / "outbox" / "a").write_text("", encoding="utf-8")
        (tmp_path / "elsewhere").symlink_to(Path(sys.prefix))
        assert folder.is_used()

        folder.make_empty()

        assert not folder.is_used()
        with pytest.raises(DataFolderError, match="another backstride run"):
            DataFolder(tmp_path)
    assert Path(sys.prefix).is_dir()


def test_the_run_file_tells_where_the_platform_is(tmp_path: Path) -> None:
    facts: dict[str, str | int] = {"pid": 1, "mqtt_url": "mqtt://127.0.0.1:1883"}

    with DataFolder(tmp_path) as folder:
        folder.write_run_file(facts)

        assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == facts
