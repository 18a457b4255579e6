"""What a store says when its disk is full, and what helps."""

from typing import Final

_SIGNS: Final = ("database or disk is full", "no space left on device")


def with_mend(text: str) -> str:
    """Return a store's complaint, with the mend added when its disk is full."""
    if any(sign in text.lower() for sign in _SIGNS):
        return f"{text}: make room on the disk that holds it"
    return text
