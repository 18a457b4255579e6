"""What of the claims the stored treadmill states hold, and what must be sent (again)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from backstride_gateway.domain.claiming import StoredClaim
from backstride_shared.claims import Claim
from backstride_shared.fold.state import TreadmillState
from backstride_shared.fold.timeline import KEPT_MS
from backstride_shared.frames import ClaimEvent, ReleaseEvent, TreadmillEvent


def is_delivered(claim: StoredClaim) -> bool:
    """Return whether nothing of a claim is left to send."""
    return claim.is_claim_stored and (claim.released_at_ms is None or claim.is_release_stored)


def confirmed(
    claims: Iterable[StoredClaim], states: Mapping[str, TreadmillState], now_ms: int
) -> list[StoredClaim]:
    """Return the claims of which the stored states hold more than was known, marked so.

    A claim older than the log keeps cannot enter a state any more: it counts as delivered.
    """
    changed: list[StoredClaim] = []
    for claim in claims:
        found = _confirmed(claim, states.get(claim.treadmill), now_ms)
        if found != claim:
            changed.append(found)
    return changed


def events_of(claim: StoredClaim) -> list[TreadmillEvent]:
    """Return the events that tell the log of a claim.

    The release comes apart as well: a claim that the log knows already is not read again.
    """
    events: list[TreadmillEvent] = [
        ClaimEvent(
            claim.treadmill,
            Claim(
                claim_id=claim.claim_id,
                claimed_at_ms=claim.claimed_at_ms,
                wearer=claim.wearer,
                released_at_ms=claim.released_at_ms,
                purpose=claim.purpose,
            ),
        )
    ]
    if claim.released_at_ms is not None:
        events.append(ReleaseEvent(claim.treadmill, claim.claim_id, claim.released_at_ms))
    return events


def _confirmed(claim: StoredClaim, state: TreadmillState | None, now_ms: int) -> StoredClaim:
    if _end_ms(claim) < now_ms - KEPT_MS:
        return replace(claim, is_claim_stored=True, is_release_stored=True)
    if state is None:
        return claim
    found = next((one for one in state.claims if one.claim_id == claim.claim_id), None)
    if found is None:
        # the state lets go of a claim only when it has ended and no reading of it may come
        is_pruned = claim.is_claim_stored and claim.released_at_ms is not None
        return replace(claim, is_release_stored=True) if is_pruned else claim
    return replace(claim, is_claim_stored=True, is_release_stored=found.released_at_ms is not None)


def _end_ms(claim: StoredClaim) -> int:
    return claim.claimed_at_ms if claim.released_at_ms is None else claim.released_at_ms
