"""A claim: whose body, practice and settings a treadmill's readings count for, and when."""

from typing import Literal

import msgspec

from backstride_shared.energy import Wearer
from backstride_shared.messages import Hands

Purpose = Literal["warm-up", "agility", "rehabilitation", "training"]


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A claim as the log knows it: an id without a name, frozen body data, an interval.

    `released_at_ms` None means: until another claim, a release, or ten minutes without motion.
    A correction replaces body data, sets `hands` for the whole session, whatever the readings
    say, or ends the claim at `trimmed_at_ms`, also when it was released later. `correction` is
    (when it was asked for, its id) of the latest one: a lower one changes nothing.
    """

    claim_id: str
    claimed_at_ms: int
    wearer: Wearer
    released_at_ms: int | None = None
    purpose: Purpose | None = None
    hands: Hands | None = None
    trimmed_at_ms: int | None = None
    correction: tuple[int, str] | None = None
