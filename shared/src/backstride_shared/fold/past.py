"""Changes of what was folded already: which sums are wrong by them, what is to be folded again."""

from backstride_shared.fold.folding import end_session
from backstride_shared.fold.outgoing import Outgoing
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.fold.state import OpenSession, TreadmillState
from backstride_shared.fold.timeline import holder_at


def change_past(
    state: TreadmillState, from_ms: int, until_ms: int, reason: str, outgoing: Outgoing
) -> None:
    """Have folded again what was folded before its claim was known."""
    last_ms = state.last_measured_at_ms
    if from_ms > last_ms:
        return
    make_past_dirty(state, from_ms, until_ms, outgoing)
    outgoing.ask_refold(state, from_ms, min(until_ms, last_ms), reason)


def make_past_dirty(state: TreadmillState, from_ms: int, until_ms: int, outgoing: Outgoing) -> None:
    """Note that sums of the open session, or of one that begins soon, cannot be right."""
    last_ms = state.last_measured_at_ms
    session = state.session
    if session is not None:
        holder = holder_at(state.claims, state.expiries, last_ms).claim
        holder_id = holder.claim_id if holder else None
        if session.claim_id != holder_id:
            # what follows is another session, which began in what is folded already
            end_dirty_session(state, session, from_ms, outgoing)
        elif until_ms >= session.started_at_ms - CLAIMED_IDLE_MS:
            make_dirty(session, from_ms)
    elif until_ms >= last_ms - CLAIMED_IDLE_MS:
        remember_dirty(state, from_ms)


def end_dirty_session(
    state: TreadmillState, session: OpenSession, from_ms: int, outgoing: Outgoing
) -> None:
    """End the open session, whose sums and whose follower's are wrong from `from_ms` on."""
    make_dirty(session, from_ms)
    outgoing.add_piece(state, "", 0, end_session(state, state.last_measured_at_ms))
    outgoing.finish_segment(state)
    remember_dirty(state, from_ms)


def make_dirty(session: OpenSession, from_ms: int) -> None:
    """Note that a session's sums lack what a change since `from_ms` made of it."""
    was_ms = session.dirty_from_ms if session.is_dirty else session.started_at_ms
    session.is_dirty = True
    session.dirty_from_ms = min(was_ms, from_ms)


def remember_dirty(state: TreadmillState, from_ms: int) -> None:
    """Note that a session which begins soon may reach back behind `from_ms`."""
    state.dirty_from_ms = (
        from_ms if state.dirty_from_ms is None else min(state.dirty_from_ms, from_ms)
    )
    state.dirty_until_ms = state.last_measured_at_ms
