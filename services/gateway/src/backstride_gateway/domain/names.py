"""What people and things may be called: one line that shows as it was written.

Names stand beside each other in lists, tables, files and on the wall screen. A line break, a
control character or a change of the writing direction in one of them would spoil what is beside.
"""

import re
from typing import Final
from unicodedata import category

_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Controls (NUL, which PostgreSQL keeps in no text, too), line and paragraph ends, directions."""

_BLANK_OR_INVISIBLE: Final = frozenset("ZC")


class UnfitNameError(ValueError):
    """Nothing and nobody is called that; the text says why."""


def plain_name(text: str) -> str:
    """Return a name without the blanks around it.

    Raises:
        UnfitNameError: when nothing of it would be seen, or it is more than plain text in a line.

    """
    name = text.strip()
    if _UNFIT.search(name) is not None:
        message = "must be one line without control characters or changes of direction"
        raise UnfitNameError(message)
    if all(category(character)[0] in _BLANK_OR_INVISIBLE for character in name):
        message = "must not be blank"
        raise UnfitNameError(message)
    return name
