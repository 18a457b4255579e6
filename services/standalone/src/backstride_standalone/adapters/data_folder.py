"""The folder that holds everything a platform on one machine keeps: one run at a time."""

import contextlib
import fcntl
import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from backstride_shared.data_folder import RUN_FILE

MARKER: Final = "backstride-data.json"
_LOCK: Final = "lock"
_LAYOUT_VERSION: Final = 1


class DataFolderError(Exception):
    """The folder cannot be used; the text tells a person why, in one line."""


class DataFolder:
    """An open data folder; nobody else can open it until it is closed."""

    def __init__(self, path: Path) -> None:
        """Make the folder if needed, and take it.

        Raises:
            DataFolderError: it is not writable, not ours, or another run uses it.

        """
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not is_ours(self.path) and any(self.path.iterdir()):
                raise DataFolderError(
                    f"{self.path} holds other files; choose an empty folder with --data-dir"
                )
            self._lock = (self.path / _LOCK).open("a")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._lock.close()
                raise DataFolderError(_in_use(self.path)) from None
            self._prepare()
        except OSError as error:
            raise DataFolderError(
                f"cannot write to {self.path}: {error.strerror}; "
                "choose another folder with --data-dir"
            ) from error

    @property
    def logs(self) -> Path:
        """Where the programs' logs go."""
        return self.path / "logs"

    def is_used(self) -> bool:
        """Tell whether an earlier run left anything in it."""
        return any(
            entry.name not in {MARKER, _LOCK} and entry != self.logs
            for entry in self.path.iterdir()
        )

    def make_empty(self) -> None:
        """Delete everything in the folder except that it is ours and taken.

        Raises:
            DataFolderError: when something cannot be deleted.

        """
        try:
            for entry in self.path.iterdir():
                if entry.name in {MARKER, _LOCK}:
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
            self._prepare()
        except OSError as error:
            raise DataFolderError(f"cannot empty {self.path}: {error}") from error

    def write_run_file(self, facts: dict[str, str | int]) -> None:
        """Tell other commands where the running platform is."""
        partly = self.path / f"{RUN_FILE}.part"
        partly.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        partly.replace(self.path / RUN_FILE)

    def close(self) -> None:
        """Let go of the folder."""
        with contextlib.suppress(OSError):
            (self.path / RUN_FILE).unlink(missing_ok=True)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        marker = self.path / MARKER
        if not marker.exists():
            marker.write_text(json.dumps({"layout": _LAYOUT_VERSION}) + "\n", encoding="utf-8")
        self.logs.mkdir(exist_ok=True)


def is_ours(path: Path) -> bool:
    """Tell whether a folder was made by `backstride run`."""
    return (path / MARKER).is_file()


def _in_use(path: Path) -> str:
    pid = ""
    with contextlib.suppress(OSError, ValueError, KeyError):
        facts = json.loads((path / RUN_FILE).read_text(encoding="utf-8"))
        pid = f" (process {facts['pid']})"
    return f"another backstride run{pid} uses {path}; stop it, or choose another --data-dir"
