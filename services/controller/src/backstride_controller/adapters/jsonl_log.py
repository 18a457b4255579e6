"""The log of readings made, one JSON line each: {"treadmill", "device_id", "boot_id", …reading}.

The fields of the reading are those of `backstride_shared.messages.Reading`; one that has its
default is left out. The log is written after the outbox's commit and before anything is published,
so that what a killed program had on disk but not in the log still stands in the outbox: `resume`
adds it. Nothing that was published is missing, and no line comes twice.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from backstride_controller.domain.delivery import Position
from backstride_controller.ports import Box, Outbox

_RESUME_ROWS = 1000


class _Line(msgspec.Struct):
    device_id: str
    boot_id: int
    seq: int


class JsonlReadingLog:
    """A `ReadingLog` in a file that later runs continue."""

    def __init__(self, path: Path) -> None:
        """Open the file; a half-written last line is cut off.

        Raises:
            OSError: it cannot be written.

        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._last: dict[str, Position] = {}
        self._lines: list[bytes] = []
        self._file = path.open("ab+")
        self._read_what_is_there()

    def resume(self, boxes: Sequence[Box], outbox: Outbox) -> None:
        """Add the readings which an earlier run put on disk and could not log any more."""
        for box in boxes:
            last = self._last.get(box.device_id)
            while rows := outbox.read_after(box, last, _RESUME_ROWS):
                for row in rows:
                    self.write(box, row.position, row.payload)
                last = rows[-1].position
            self.flush()

    def write(self, box: Box, position: Position, payload: bytes) -> None:
        """Take a reading's JSON; it is written with `flush`."""
        head = f'{{"treadmill":"{box.treadmill}","device_id":"{box.device_id}",'
        # the reading's JSON object goes on where this one begins
        self._lines.append(
            f'{head}"boot_id":{position.boot_id},'.encode() + payload.removeprefix(b"{") + b"\n"
        )

    def flush(self) -> None:
        """Hand what was taken to the operating system, which keeps it when we are killed."""
        if self._lines:
            self._file.write(b"".join(self._lines))
            self._file.flush()
            self._lines.clear()

    def close(self) -> None:
        """Let go of the file."""
        self.flush()
        self._file.close()

    def _read_what_is_there(self) -> None:
        decoder = msgspec.json.Decoder(_Line)
        self._file.seek(0)
        whole = 0
        for text in self._file:
            if not text.endswith(b"\n"):
                break
            whole += len(text)
            line = decoder.decode(text)
            self._last[line.device_id] = Position(line.boot_id, line.seq)
        self._file.truncate(whole)


class NoReadingLog:
    """The `ReadingLog` of programs that were not asked for one."""

    def resume(self, boxes: Sequence[Box], outbox: Outbox) -> None:
        """Do nothing."""

    def write(self, box: Box, position: Position, payload: bytes) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
