"""What an erasure changes in a treadmill's state, so that nothing fills the interval again."""

from backstride_shared.fold.erasures import end_of_erased
from backstride_shared.fold.outgoing import Outgoing
from backstride_shared.fold.past import end_dirty_session
from backstride_shared.fold.state import ErasedInterval, TreadmillState
from backstride_shared.fold.timeline import holder_at, with_erasure
from backstride_shared.frames import Erased, ErasureEvent


def apply_erasure(state: TreadmillState, event: ErasureEvent, outgoing: Outgoing) -> None:
    """Take the claim out of the timeline and remember the interval without a name."""
    outgoing.touch(state.treadmill)
    if any(one.erasure_id == event.erasure_id for one in state.erased):
        return
    claim_id, from_ms = event.claim_id, event.from_ms
    interval = ErasedInterval(
        event.erasure_id, claim_id, from_ms, event.until_ms, max(event.active_at_ms, from_ms)
    )
    last_ms = state.last_measured_at_ms
    if claim_id is not None:
        holder = holder_at(state.claims, state.expiries, last_ms).claim
        if holder is not None and holder.claim_id == claim_id:
            interval.active_at_ms = max(interval.active_at_ms, state.last_moving_at_ms)
        state.expiries = {key: at for key, at in state.expiries.items() if key != claim_id}
        state.claims = with_erasure(state.claims, claim_id, from_ms)
    state.erased = [*state.erased, interval]
    _drop_erased_session(state, interval, outgoing)
    outgoing.note_change(state)
    outgoing.output.items.append(
        Erased(
            state.treadmill,
            state.revision,
            event.erasure_id,
            claim_id,
            from_ms,
            end_of_erased(interval),
        )
    )


def _drop_erased_session(
    state: TreadmillState, interval: ErasedInterval, outgoing: Outgoing
) -> None:
    """Let go of an open session that is erased; of one that is in part, as of a wrong one."""
    session, end_ms = state.session, end_of_erased(interval)
    if (
        session is None
        or session.last_reading_at_ms < interval.from_ms
        or session.started_at_ms >= end_ms
    ):
        return
    if session.started_at_ms >= interval.from_ms and session.last_reading_at_ms < end_ms:
        segment = outgoing.segments.get(state.treadmill)
        if segment is not None and segment.session is session:
            state.erased_count += len(segment.readings)
            del outgoing.segments[state.treadmill]
        state.session = None
        return
    end_dirty_session(state, session, interval.from_ms, outgoing)
