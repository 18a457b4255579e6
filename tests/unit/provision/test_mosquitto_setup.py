from pathlib import Path

import pytest

from backstride_shared.provision.mosquitto import (
    FILE_NAME,
    TreadmillsFileError,
    set_up,
)
from backstride_shared.provision.settings import MosquittoSetupBlock


def _wanted(folder: Path) -> MosquittoSetupBlock:
    return MosquittoSetupBlock(
        accounts_folder=folder / "accounts",
        passwords_folder=folder / "passwords",
        treadmills_file=folder / "treadmills",
    )


@pytest.mark.parametrize("text", ["gym", "gym/One", "gym/one/two", "../../etc/passwd"])
def test_a_name_that_is_no_treadmill_writes_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "treadmills").write_text(f"gym/one\n{text}\n")

    with pytest.raises(TreadmillsFileError, match="treadmills"):
        set_up(_wanted(tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == ["treadmills"]


def test_a_missing_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(TreadmillsFileError, match="No such file"):
        set_up(_wanted(tmp_path))


def test_no_password_stands_in_the_brokers_file(tmp_path: Path) -> None:
    (tmp_path / "treadmills").write_text("gym/one\n")
    set_up(_wanted(tmp_path))

    text = (tmp_path / "accounts" / FILE_NAME).read_text()
    passwords = [
        path.read_text().strip() for path in (tmp_path / "passwords").rglob("*") if path.is_file()
    ]

    assert len(passwords) == 6
    assert len(set(passwords)) == 6
    assert not [password for password in passwords if password in text]
