"""The claims of one treadmill over time, and which of them holds at a moment.

The list is in the order of `claimed_at_ms`. A claim holds from its `claimed_at_ms` until it is
released, until the next claim begins, or until it has stood idle (`Expiries`).
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from backstride_shared.claims import Claim
from backstride_shared.energy import Wearer

ENDLESS_MS = 2**62
KEPT_MS = 7 * 24 * 3600 * 1000
"""A late reading may come for seven days, and must find who held the treadmill then."""

Expiries = Mapping[str, int]
"""claim_id to the moment at which the claim ended by idleness."""


class Holder(NamedTuple):
    """Who holds the treadmill: `claim` (None: nobody), unchanged in [from_ms, until_ms)."""

    claim: Claim | None
    from_ms: int
    until_ms: int


def end_of(claims: list[Claim], index: int, expiries: Expiries) -> int:
    """Return the moment at which the claim at `index` ends, ENDLESS_MS if it has not."""
    claim = claims[index]
    end_ms = ENDLESS_MS if claim.released_at_ms is None else claim.released_at_ms
    if claim.trimmed_at_ms is not None:
        end_ms = min(end_ms, max(claim.trimmed_at_ms, claim.claimed_at_ms))
    if index + 1 < len(claims):
        end_ms = min(end_ms, claims[index + 1].claimed_at_ms)
    return min(end_ms, expiries.get(claim.claim_id, ENDLESS_MS))


def holder_at(claims: list[Claim], expiries: Expiries, at_ms: int) -> Holder:
    """Return who holds the treadmill at a moment, and from when until when nothing changes."""
    index = bisect_right(claims, at_ms, key=_claimed_at_ms) - 1
    next_ms = claims[index + 1].claimed_at_ms if index + 1 < len(claims) else ENDLESS_MS
    if index < 0:
        return Holder(None, -ENDLESS_MS, next_ms)
    end_ms = end_of(claims, index, expiries)
    if at_ms < end_ms:
        return Holder(claims[index], claims[index].claimed_at_ms, end_ms)
    return Holder(None, end_ms, next_ms)


def with_claim(claims: list[Claim], claim: Claim) -> list[Claim]:
    """Return the timeline with one more claim at its place."""
    index = bisect_right(claims, claim.claimed_at_ms, key=_claimed_at_ms)
    return [*claims[:index], claim, *claims[index:]]


def with_release(claims: list[Claim], claim_id: str, released_at_ms: int) -> list[Claim]:
    """Return the timeline with a claim ended at a moment, never before it began."""
    return [
        msgspec.structs.replace(claim, released_at_ms=max(released_at_ms, claim.claimed_at_ms))
        if claim.claim_id == claim_id
        else claim
        for claim in claims
    ]


def with_correction(claims: list[Claim], corrected: Claim) -> list[Claim]:
    """Return the timeline with a claim corrected; its release stays, a claim not known comes in."""
    if all(claim.claim_id != corrected.claim_id for claim in claims):
        return with_claim(claims, corrected)
    return [
        msgspec.structs.replace(
            corrected,
            claimed_at_ms=claim.claimed_at_ms,
            released_at_ms=claim.released_at_ms,
        )
        if claim.claim_id == corrected.claim_id
        else claim
        for claim in claims
    ]


def with_erasure(claims: list[Claim], claim_id: str, from_ms: int) -> list[Claim]:
    """Return the timeline with nothing left of a claim but its id and its beginning.

    It holds no moment any more, ends the claim before it, and is known when it comes again.
    """
    others = [claim for claim in claims if claim.claim_id != claim_id]
    known = next((claim for claim in claims if claim.claim_id == claim_id), None)
    at_ms = from_ms if known is None else known.claimed_at_ms
    return with_claim(
        others,
        Claim(claim_id=claim_id, claimed_at_ms=at_ms, wearer=Wearer(), released_at_ms=at_ms),
    )


def pruned(claims: list[Claim], expiries: dict[str, int], now_ms: int) -> list[Claim]:
    """Return the timeline without claims that ended before any reading that may still come.

    One that was corrected since is kept, however old: its session is still to be folded again.
    """
    oldest_ms = now_ms - KEPT_MS
    return [
        claim
        for index, claim in enumerate(claims)
        if end_of(claims, index, expiries) >= oldest_ms
        or (claim.correction is not None and claim.correction[0] >= oldest_ms)
    ]


def _claimed_at_ms(claim: Claim) -> int:
    return claim.claimed_at_ms
