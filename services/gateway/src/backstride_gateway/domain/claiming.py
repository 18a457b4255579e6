"""Claims of a treadmill over time: who holds it, and what a new claim changes.

At any moment one claim holds at most; a claim ends by release, by the next claim, or by standing
idle for as long as a rest may last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID, uuid5

from backstride_shared.claims import Purpose
from backstride_shared.energy import Wearer
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.messages import MAX_AGE_MS, MAX_AHEAD_MS

_CLAIM_NAMESPACE: Final = UUID("2b1d2bb6-6d0e-5d3b-9c58-0f4f2a8f7c21")


class ClaimTimeError(ValueError):
    """A claim's time lies outside the seven days which the log keeps, or in the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClaim:
    """A claim with the member it belongs to, and what the stored treadmill state holds of it."""

    claim_id: str
    member_id: str
    treadmill: str
    claimed_at_ms: int
    wearer: Wearer
    released_at_ms: int | None = None
    purpose: Purpose | None = None
    is_claim_stored: bool = False
    is_release_stored: bool = False


LastMoving = Mapping[str, int]
"""claim_id to the last moving reading known of it."""


def console_claim_id_of(treadmill: str, console_claim_id: str) -> str:
    """Return the id of a claim made at a console: a repeated message is the same claim."""
    return str(uuid5(_CLAIM_NAMESPACE, f"{treadmill}/{console_claim_id}"))


def check_claim_time(at_ms: int, now_ms: int) -> None:
    """Return when a claim made at `at_ms` may still enter the log.

    Raises:
        ClaimTimeError: when it is older than seven days or more than five minutes ahead.

    """
    if at_ms < now_ms - MAX_AGE_MS:
        raise ClaimTimeError("the claim is older than seven days")
    if at_ms > now_ms + MAX_AHEAD_MS:
        raise ClaimTimeError("the claim lies in the future")


def holding(
    claims: Sequence[StoredClaim], last_moving: LastMoving, at_ms: int
) -> StoredClaim | None:
    """Return the claim that holds at a moment, of the claims of one treadmill in any order."""
    begun = [claim for claim in claims if claim.claimed_at_ms <= at_ms]
    if not begun:
        return None
    latest = max(begun, key=_order)
    if latest.released_at_ms is not None and latest.released_at_ms <= at_ms:
        return None
    active_at_ms = max(latest.claimed_at_ms, last_moving.get(latest.claim_id, 0))
    return latest if at_ms - active_at_ms <= CLAIMED_IDLE_MS else None


def placed(
    claims: Sequence[StoredClaim], new: StoredClaim
) -> tuple[StoredClaim, StoredClaim | None]:
    """Return the new claim as it enters the timeline, and the earlier one which it cuts short.

    A claim of the past ends where the next one begins.
    """
    later = [claim for claim in claims if claim.claimed_at_ms > new.claimed_at_ms]
    if later:
        new = _ended_by(new, later)
    earlier = [claim for claim in claims if claim.claimed_at_ms <= new.claimed_at_ms]
    if not earlier:
        return new, None
    previous = max(earlier, key=_order)
    if previous.released_at_ms is not None and previous.released_at_ms <= new.claimed_at_ms:
        return new, None
    return new, replace(previous, released_at_ms=new.claimed_at_ms, is_release_stored=False)


def until_next(new: StoredClaim, own: Sequence[StoredClaim]) -> StoredClaim:
    """Return a member's claim, ended where their next one elsewhere begins: nobody is at two."""
    later = [
        claim
        for claim in own
        if claim.claimed_at_ms > new.claimed_at_ms and claim.treadmill != new.treadmill
    ]
    return _ended_by(new, later) if later else new


def released(claim: StoredClaim, at_ms: int) -> StoredClaim:
    """Return the claim ended at a moment, never before it began."""
    return replace(claim, released_at_ms=max(at_ms, claim.claimed_at_ms), is_release_stored=False)


def _ended_by(claim: StoredClaim, later: Sequence[StoredClaim]) -> StoredClaim:
    ends_ms = [one.claimed_at_ms for one in later]
    if claim.released_at_ms is not None:
        ends_ms.append(claim.released_at_ms)
    return replace(claim, released_at_ms=min(ends_ms))


def _order(claim: StoredClaim) -> tuple[int, str]:
    return claim.claimed_at_ms, claim.claim_id
