"""What a store says when its disk is full, and what helps."""

from typing import Final

_MAKE_ROOM: Final = "make room on the disk that holds it"
_MENDS: Final = (
    ("database or disk is full", _MAKE_ROOM),
    ("no space left on device", _MAKE_ROOM),
    # PostgreSQL ends when it cannot write its log, and only its own log says why
    ("connection refused", "start it; PostgreSQL ends when its disk is full: make room first"),
)


def with_mend(text: str) -> str:
    """Return a store's complaint, with the mend added when its disk is or may be full."""
    for sign, mend in _MENDS:
        if sign in text.lower():
            return f"{text}: {mend}"
    return text
