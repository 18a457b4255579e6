"""PINs and cards of members at consoles, and what a dead letter may hold of them."""

import re
from dataclasses import dataclass
from typing import Final

PIN_PATTERN: Final = "[0-9]{4,8}"
MAX_CARDS: Final = 5
_PIN: Final = re.compile(PIN_PATTERN)
_UP, _DOWN = "01234567890", "09876543210"
_SECRET: Final = re.compile(rb'("(?:pin|card)"\s*:\s*)("(?:[^"\\]|\\.)*"?|[0-9]+)')


class ImplausiblePinError(Exception):
    """A PIN that cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class ConsoleCard:
    """A card of a member; of the number on it, only a slow hash is kept."""

    card_id: str
    member_id: str
    card_hash: str
    name: str
    added_at_ms: int


def check_pin(pin: str) -> None:
    """Return when a PIN may be taken.

    Raises:
        ImplausiblePinError: with what is wrong.

    """
    if _PIN.fullmatch(pin) is None:
        message = "pin has 4 to 8 digits"
        raise ImplausiblePinError(message)
    if len(set(pin)) == 1 or pin in _UP or pin in _DOWN:
        message = "pin is not one digit again and again, and no row such as 1234"
        raise ImplausiblePinError(message)


def normal_card(text: str) -> str:
    """Return what a card says as it is hashed: readers differ in case and separators."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def without_secrets(payload: bytes) -> bytes:
    """Return a console's message without its PIN and card, also one that cannot be read."""
    return _SECRET.sub(rb'\1"***"', payload)
