"""Short codes that stand on treadmills: typed or scanned, they lead to one treadmill."""

import re
from typing import Final

from backstride_gateway.domain.accounts import CODE_ALPHABET

CODE_CHARACTERS: Final = 6
"""30 bits: short enough to be typed, and no treadmill is found by trying a few."""
CODE_PATTERN: Final = f"[{CODE_ALPHABET}]{{{CODE_CHARACTERS}}}"
_CODE: Final = re.compile(CODE_PATTERN)
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def normal_treadmill_code(text: str) -> str | None:
    """Return a code as it is kept, whatever the case, hyphens and O for 0; None: it is none."""
    code = text.strip().upper().translate(_MISREAD)
    return code if _CODE.fullmatch(code) else None
