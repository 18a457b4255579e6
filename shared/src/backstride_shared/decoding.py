"""What decoding bytes of strangers may raise."""

from typing import Final

import msgspec

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""msgspec lets text that is no UTF-8, and nesting deeper than it goes, out as Python's own errors.

Who catches only msgspec's is ended by such a message, and ended again by it after each restart.
"""
