"""A scripted gym in a JSON file: which treadmill runs which segments, who claims it and when.

{"treadmills": [{"treadmill_id": "treadmill-01",
                 "segments": [{"duration_s": 60, "speed_m_per_s": 1.2, "direction": "reverse"}],
                 "claims": [{"at_s": 0, "action": "claim", "member_number": "1001"}]}]}
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backstride_controller.domain.programmes import Segment
from backstride_shared.claims import Purpose
from backstride_shared.identity import ID_PATTERN


class ScriptError(ValueError):
    """The script cannot be read; the text says where it is wrong."""


class ScriptedClaim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member's number keyed in at the console, `at_s` seconds after the run's start."""

    at_s: Annotated[float, Meta(ge=0)]
    action: Literal["claim", "release"]
    member_number: Annotated[str, Meta(min_length=1, max_length=32)]
    purpose: Purpose | None = None


class ScriptedTreadmill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens on one treadmill; after its last segment it stands empty."""

    treadmill_id: Annotated[str, Meta(pattern=f"^{ID_PATTERN}$")]
    segments: Annotated[tuple[Segment, ...], Meta(min_length=1)]
    claims: tuple[ScriptedClaim, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of all segments together."""
        return sum(segment.duration_s for segment in self.segments)


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gym of treadmills with known programmes."""

    treadmills: Annotated[tuple[ScriptedTreadmill, ...], Meta(min_length=1)]


def read_script(path: Path) -> Script:
    """Return the script in a file.

    Raises:
        ScriptError: when it cannot be read, or is not of the form above.

    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Script)
    except OSError as error:
        raise ScriptError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ScriptError(f"{path}: {error}") from error
