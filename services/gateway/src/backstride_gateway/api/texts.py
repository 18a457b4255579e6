"""The kinds of text that bodies hold; each is said once, and checked in the same way everywhere."""

import re
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from backstride_gateway.domain.names import plain_name

MAX_NAME_CHARACTERS: Final = 200
MAX_LABEL_CHARACTERS: Final = 100

_PLAIN: Final = "One line, not blank, without control characters"

Name = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME_CHARACTERS, description=_PLAIN),
    AfterValidator(plain_name),
]
"""Of a person, a gym, a treadmill."""

Label = Annotated[
    str,
    Field(min_length=1, max_length=MAX_LABEL_CHARACTERS, description=_PLAIN),
    AfterValidator(plain_name),
]
"""Of what somebody has several of: tokens, cards."""

# PostgreSQL cannot be asked for a NUL
WITHOUT_NUL: Final = r"^[^\x00]*$"

_BEGINS_WITH_A_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _is_written_out(value: object) -> object:
    """Return a date or moment that is written as one, and not as seconds since 1970."""
    if isinstance(value, str) and not _BEGINS_WITH_A_DAY.match(value):
        raise ValueError("write it as ISO 8601 does, 2026-11-28")
    if isinstance(value, int | float):
        raise ValueError("write it as text, as ISO 8601 does")  # noqa: TRY004  pydantic's way
    return value


Day = Annotated[date, BeforeValidator(_is_written_out)]
"""A day of a calendar, 2026-11-28."""

Moment = Annotated[AwareDatetime, BeforeValidator(_is_written_out)]
"""A moment with its offset from UTC, 2026-11-28T12:00:00Z."""

Key = Annotated[str, Field(max_length=36, pattern=WITHOUT_NUL)]
"""An id that we gave out."""
