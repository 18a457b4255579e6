"""The folder of finished exports: a file is written under another name and renamed when whole."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from backstride_gateway.export_ports import NoRoomError

_WHOLE: Final = ".zip"
_PART: Final = ".part"
_OWNER_ONLY: Final = 0o700
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ExportFolder:
    """The port `ExportFiles`; the folder is made when it is first written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def writing(self, export_id: str) -> Iterator[BinaryIO]:
        """See the port."""
        part = self._folder / f"{export_id}{_PART}"
        try:
            self._folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
            # no one else of this machine reads it
            descriptor = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
            with os.fdopen(descriptor, "w+b") as file:
                yield file
        except OSError as error:
            if error.errno in _FULL:
                raise NoRoomError(str(error)) from error
            raise
        finally:
            part.unlink(missing_ok=True)

    def keep(self, export_id: str) -> int:
        """See the port."""
        part = self._folder / f"{export_id}{_PART}"
        with part.open("rb") as file:
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        part.rename(self._whole(export_id))
        return size

    def path(self, export_id: str) -> Path | None:
        """See the port."""
        whole = self._whole(export_id)
        return whole if whole.is_file() else None

    def delete(self, export_id: str) -> None:
        """See the port."""
        self._whole(export_id).unlink(missing_ok=True)

    def keep_only(self, export_ids: Iterable[str]) -> None:
        """See the port."""
        kept = {f"{export_id}{_WHOLE}" for export_id in export_ids}
        for path in self._files():
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def used_bytes(self) -> int:
        """See the port."""
        return sum(path.stat().st_size for path in self._files())

    def _whole(self, export_id: str) -> Path:
        return self._folder / f"{export_id}{_WHOLE}"

    def _files(self) -> list[Path]:
        """Return our files; others that may lie there are none of our business."""
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if path.suffix in {_WHOLE, _PART}]
