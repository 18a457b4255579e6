"""What claims, releases and corrections of a claim change in a treadmill's state."""

from backstride_shared.claims import Claim
from backstride_shared.fold.outgoing import Outgoing
from backstride_shared.fold.past import change_past, make_past_dirty
from backstride_shared.fold.state import TreadmillState
from backstride_shared.fold.timeline import (
    ENDLESS_MS,
    KEPT_MS,
    end_of,
    with_claim,
    with_correction,
    with_release,
)
from backstride_shared.frames import Corrected


def apply_claim(state: TreadmillState, claim: Claim, outgoing: Outgoing) -> None:
    """Take a claim into the timeline; a known one may only be released."""
    if _is_erased(state, claim.claim_id):
        outgoing.touch(state.treadmill)
        return
    if any(known.claim_id == claim.claim_id for known in state.claims):
        if claim.released_at_ms is not None:
            apply_release(state, claim.claim_id, claim.released_at_ms, outgoing)
        else:
            outgoing.touch(state.treadmill)
        return
    state.claims = with_claim(state.claims, claim)
    outgoing.note_change(state)
    end_ms = ENDLESS_MS if claim.released_at_ms is None else claim.released_at_ms
    change_past(state, claim.claimed_at_ms, end_ms, "claim of the past", outgoing)


def apply_release(
    state: TreadmillState, claim_id: str, released_at_ms: int, outgoing: Outgoing
) -> None:
    """End a claim of the timeline, if it is there and has no end yet."""
    known = next((claim for claim in state.claims if claim.claim_id == claim_id), None)
    if known is None or known.released_at_ms is not None:
        outgoing.touch(state.treadmill)
        return
    state.claims = with_release(state.claims, claim_id, released_at_ms)
    outgoing.note_change(state)
    change_past(state, released_at_ms, ENDLESS_MS, "release of the past", outgoing)


def apply_correction(state: TreadmillState, claim: Claim, outgoing: Outgoing) -> None:
    """Put a newer version of a claim into the timeline, and have its past folded again."""
    known = next((one for one in state.claims if one.claim_id == claim.claim_id), None)
    version = claim.correction
    last_ms = state.last_measured_at_ms
    outgoing.touch(state.treadmill)
    if (
        version is None
        or _is_erased(state, claim.claim_id)
        or (known is not None and known.correction is not None and known.correction >= version)
    ):
        return
    if known is None and claim.released_at_ms is None and claim.claimed_at_ms < last_ms - KEPT_MS:
        # without an end, a claim of long ago would take all that nobody claimed since
        return
    was_until_ms = _end_in(state, claim.claim_id)
    state.claims = with_correction(state.claims, claim)
    outgoing.note_change(state)
    until_ms = max(was_until_ms, _end_in(state, claim.claim_id))
    from_ms = claim.claimed_at_ms
    if from_ms <= last_ms:
        make_past_dirty(state, from_ms, until_ms, outgoing)
    if state.session is not None:
        # a steady belt repeats its rate, which another body does not have
        state.session.energy.was_reverse = None
    outgoing.output.items.append(
        Corrected(
            state.treadmill,
            state.revision,
            version[1],
            claim.claim_id,
            from_ms,
            min(until_ms, last_ms),
        )
    )


def _is_erased(state: TreadmillState, claim_id: str) -> bool:
    return any(one.claim_id == claim_id for one in state.erased)


def _end_in(state: TreadmillState, claim_id: str) -> int:
    """Return when a claim of the timeline ends; long ago where it is not in it."""
    for index, claim in enumerate(state.claims):
        if claim.claim_id == claim_id:
            return end_of(state.claims, index, state.expiries)
    return -ENDLESS_MS
