"""The figures of a running platform, in a file that the gateway reads for its page."""

import json
from pathlib import Path

from backstride_standalone.domain.picture import Picture


class RunStatusFile:
    """`status.json` in the data folder, replaced as a whole so that no reader sees half of it."""

    def __init__(self, path: Path) -> None:
        """Begin without the figures of an earlier run that was killed."""
        self.path = path
        self._partly = path.with_suffix(".part")
        path.unlink(missing_ok=True)

    def write(self, picture: Picture, at_ms: int) -> None:
        """Replace the file; a full disk is not the platform's end, so errors pass as OSError."""
        figures = picture.figures
        document = {
            "at_ms": at_ms,
            "readings": None
            if figures is None
            else {
                "sent": figures.sent,
                "stored": figures.stored,
                "lost": figures.lost,
                "doubled": figures.doubled,
            },
            "programs": [
                {"name": view.name, "state": view.state.value, "restarts": view.restarts}
                for view in picture.programs
            ],
        }
        self._partly.write_text(json.dumps(document) + "\n", encoding="utf-8")
        self._partly.replace(self.path)
