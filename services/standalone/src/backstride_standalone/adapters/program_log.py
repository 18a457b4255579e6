"""A program's log file: bounded, and read along for what a person should see."""

import shutil
from pathlib import Path
from typing import Final

MAX_LOG_BYTES: Final = 5 * 1024 * 1024
"""A log that grew past this is set aside as `.1`; with it a program keeps 10 MiB at most."""
_TAIL_BYTES: Final = 8 * 1024
_MAX_READ_BYTES: Final = 256 * 1024


class ProgramLog:
    """The file that a child appends to, from where the supervisor stands in it."""

    def __init__(self, path: Path) -> None:
        """Begin at the end of what is there already."""
        self.path = path
        self._read_to = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Return the whole lines written since the last call; sets a full file aside."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as log:
            log.seek(self._read_to)
            chunk = log.read(_MAX_READ_BYTES)
        self._read_to += len(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(chunk) < _MAX_READ_BYTES and self._read_to > MAX_LOG_BYTES:
            self._set_aside()
        return [line.decode(errors="replace") for line in lines if line]

    def last_lines(self, count: int) -> list[str]:
        """Return the last lines in the file, for a program that ended."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as log:
            log.seek(max(0, self.path.stat().st_size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return [line for line in lines if line.strip()][-count:]

    def _set_aside(self) -> None:
        # The child keeps its file open in append mode: copied and cut, it goes on at the start.
        shutil.copyfile(self.path, self.path.with_suffix(self.path.suffix + ".1"))
        with self.path.open("r+b") as log:
            log.truncate(0)
        self._read_to = 0
