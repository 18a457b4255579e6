import os
from pathlib import Path

from backstride_shared.provision.secret_files import read_secret, write_secret


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_secret_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    write_secret(tmp_path / "folder/secret", "open sesame")

    assert mode(tmp_path / "folder/secret") == 0o600
    assert read_secret(tmp_path / "folder/secret") == "open sesame"


def test_a_file_that_others_may_read_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.touch()
    path.chmod(0o644)
    umask = os.umask(0o077)
    try:
        write_secret(path, "fresh")
    finally:
        os.umask(umask)

    assert mode(path) == 0o644
    assert read_secret(path) == "fresh"
    assert [one.name for one in tmp_path.iterdir()] == ["token"]
