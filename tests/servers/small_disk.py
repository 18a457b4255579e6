"""A disk of a few MiB, which a test can fill; needs the rights of root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CHUNK = bytes(256 * 1024)


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[None]:
    """Mount a disk of this size on a folder, which has to be empty."""
    size = f"size={size_bytes}"
    mount = ["mount", "-t", "tmpfs", "-o", size, "backstride-small", str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    assert made.returncode == 0, f"a small disk needs the rights of root: {made.stderr}"
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk to its last byte; deleting the file that is returned makes room again."""
    filler = folder / "filler"
    chunk = _CHUNK
    with filler.open("wb", buffering=0) as file:
        while chunk:
            try:
                file.write(chunk)
            except OSError:
                chunk = chunk[: len(chunk) // 2]
        os.fsync(file.fileno())
    return filler


def skip_without_root() -> None:
    """Skip the test where nobody may mount; CI runs as root."""
    if os.geteuid() != 0:
        pytest.skip("a small disk needs the rights of root")
