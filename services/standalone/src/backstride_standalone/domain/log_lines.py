"""Which lines of a program's log a person at the terminal should see."""

import json
from dataclasses import dataclass
from typing import Any, Final

_SHOWN_LEVELS: Final = frozenset({"warning", "error", "critical", "exception"})
_ROUTINE_FIELDS: Final = frozenset(
    {"event", "level", "service", "timestamp", "exception", "logger"}
)
_OF_TREADMILLS: Final = frozenset({"alert raised", "alert recovered"})
"""What happens on belts is for the operators' page; the terminal tells how the programs are."""
_MAX_CHARACTERS: Final = 300


@dataclass(frozen=True)
class Notice:
    """One line for the terminal."""

    program: str
    level: str
    text: str

    def __str__(self) -> str:
        """Return the line."""
        return f"{self.program}: {self.text}"


def notice_from(program: str, line: str) -> Notice | None:
    """Return what a log line has to say to a person; None for everything below a warning.

    A line that is not one of our events (a traceback, another program's words) stays in the log
    file, except that its program's end is reported with the last of them.
    """
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("level") not in _SHOWN_LEVELS:
        return None
    if event.get("event") in _OF_TREADMILLS:
        return None
    return Notice(program, str(event["level"]), _sentence(event))


def _sentence(event: dict[str, Any]) -> str:
    fields = ", ".join(
        f"{name} {value}" for name, value in event.items() if name not in _ROUTINE_FIELDS
    )
    exception = str(event.get("exception", "")).strip().rpartition("\n")[2]
    details = "; ".join(filter(None, (fields, exception)))
    text = f"{event.get('event', '')}: {details}" if details else str(event.get("event", ""))
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"
