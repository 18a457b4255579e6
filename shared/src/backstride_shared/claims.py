"""A claim: whose body, practice and settings a treadmill's readings count for, and when."""

from typing import Literal

import msgspec

from backstride_shared.energy import Wearer

Purpose = Literal["warm-up", "agility", "rehabilitation", "training"]


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A claim as the log knows it: an id without a name, frozen body data, an interval.

    `released_at_ms` None means: until another claim, a release, or ten minutes without motion.
    """

    claim_id: str
    claimed_at_ms: int
    wearer: Wearer
    released_at_ms: int | None = None
    purpose: Purpose | None = None
