"""Makes a message readable in which a program wrote a float that JSON does not know.

Python and JavaScript libraries write NaN, Infinity and -Infinity, C writes nan and inf. One sensor
that failed must not cost the readings beside its own.
"""

import re
from typing import Final

_NO_NUMBER: Final = re.compile(rb"nan|inf", re.IGNORECASE)
_TEXT_OR_NO_NUMBER: Final = re.compile(
    # a text without an end counts to the end: looked at again from each quote in it, the time
    # would grow with the square of the length
    rb'(?P<text>"(?:[^"\\]++|\\.)*+"?)|[-+]?(?:nan|inf(?:inity)?)\b',
    re.IGNORECASE | re.DOTALL,
)


def as_texts(payload: bytes) -> bytes:
    """Return the message with a text of the same length for each of them; itself without any.

    No number is read from a text, and all that is good stays where it is.
    """
    if _NO_NUMBER.search(payload) is None:
        return payload
    changed = _TEXT_OR_NO_NUMBER.sub(_as_text, payload)
    return payload if changed == payload else changed


def _as_text(found: re.Match[bytes]) -> bytes:
    return found[0] if found["text"] else b'"' + b"?" * (len(found[0]) - 2) + b'"'
