"""`python -m backstride_shared.store`, as a one-shot service runs it."""

import os
import subprocess
import sys
from pathlib import Path

from backstride_shared.store.migrate import check_schema
from backstride_shared.store.opening import open_engine


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backstride_shared.store"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_migrates_the_store_that_the_environment_names(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"

    done = run(BACKSTRIDE_DATABASE__URL=url)

    assert done.returncode == 0, done.stderr
    engine = open_engine(url)
    check_schema(engine)
    engine.dispose()


def test_a_store_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = run(BACKSTRIDE_DATABASE__URL=f"sqlite:///{tmp_path}/file/store.db")

    assert done.returncode == 1
    assert "store not migrated" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_setting_is_told_by_its_name() -> None:
    done = run()

    assert done.returncode == 2
    assert "BACKSTRIDE_DATABASE" in done.stderr
