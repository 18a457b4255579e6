"""Cursors of pages: opaque to clients, checked when they come back.

A checksum in each tells one that was cut, made longer or guessed; it keeps no secret.
"""

import base64
import binascii
from hashlib import blake2b
from typing import Final

from backstride_gateway.api.problems import InvalidCursorError
from backstride_gateway.ports import AlertCursor, SessionCursor

_SEPARATOR: Final = "\n"
_CHECKSUM_BYTES: Final = 6
_NUL: Final = b"\x00"


def encode_cursor(*parts: str) -> str:
    """Return the parts as one opaque word."""
    content = _SEPARATOR.join(parts).encode()
    return base64.urlsafe_b64encode(_checksum(content) + content).decode().rstrip("=")


def _checksum(content: bytes) -> bytes:
    return blake2b(content, digest_size=_CHECKSUM_BYTES).digest()


def decode_cursor(cursor: str, count: int) -> list[str]:
    """Return the parts of a cursor.

    Raises:
        InvalidCursorError: when it is none of ours, or has not `count` parts.

    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
        checksum, content = decoded[:_CHECKSUM_BYTES], decoded[_CHECKSUM_BYTES:]
        parts = content.decode().split(_SEPARATOR)
    except (binascii.Error, ValueError):
        raise InvalidCursorError from None
    # who works the checksum out could still bring what PostgreSQL cannot be asked for
    is_ours = checksum == _checksum(content) and _NUL not in content
    if not is_ours or len(parts) != count or encode_cursor(*parts) != cursor:
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
