"""What the gateway of a demonstration asks for, by a file."""

from pathlib import Path


class KillRequestFile:
    """The port `KillRequests`: the gateway makes the file, we remove it."""

    def __init__(self, path: Path) -> None:
        """Begin without what was asked of an earlier run."""
        self._path = path
        path.unlink(missing_ok=True)

    def take(self) -> bool:
        """See the port."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
