"""Cursors of pages: opaque to clients, checked when they come back."""

import base64
import binascii

from backstride_gateway.api.problems import InvalidCursorError
from backstride_gateway.ports import AlertCursor, SessionCursor

_SEPARATOR = "\n"


def encode_cursor(*parts: str) -> str:
    """Return the parts as one opaque word."""
    return base64.urlsafe_b64encode(_SEPARATOR.join(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> list[str]:
    """Return the parts of a cursor.

    Raises:
        InvalidCursorError: when it is none of ours, or has not `count` parts.

    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(_SEPARATOR)
    except (binascii.Error, ValueError):
        parts = []
    if len(parts) != count:
        raise InvalidCursorError
    return parts


def decode_session_cursor(cursor: str) -> SessionCursor:
    """Return the place in the list of sessions that a cursor stands for.

    Raises:
        InvalidCursorError: when it is none of ours.

    """
    return SessionCursor(*_moment_and_id(cursor))


def decode_alert_cursor(cursor: str) -> AlertCursor:
    """Return the place in the list of alerts that a cursor stands for.

    Raises:
        InvalidCursorError: when it is none of ours.

    """
    return AlertCursor(*_moment_and_id(cursor))


def _moment_and_id(cursor: str) -> tuple[int, str]:
    at_ms, identifier = decode_cursor(cursor, 2)
    if not at_ms.isdecimal() or len(at_ms) > len(str(2**53)):
        raise InvalidCursorError
    return int(at_ms), identifier
