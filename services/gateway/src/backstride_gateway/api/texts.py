"""The kinds of text that bodies hold; each is said once, and checked in the same way everywhere."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

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

Key = Annotated[str, Field(max_length=36, pattern=WITHOUT_NUL)]
"""An id that we gave out."""
