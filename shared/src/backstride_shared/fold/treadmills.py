"""The live fold: what the processor does with the log of its partitions' treadmills.

A pure function of the log: the same events in the same order give the same items and states.
Applying any part of the log again changes no sum. What each kind of event does stands in
`receiving`, `claiming` and `erasing`.
"""

from collections.abc import Iterable

from backstride_shared.fold.claiming import apply_claim, apply_correction, apply_release
from backstride_shared.fold.erasing import apply_erasure
from backstride_shared.fold.erasures import kept_intervals
from backstride_shared.fold.outgoing import FoldOutput, Outgoing
from backstride_shared.fold.receiving import apply_readings, apply_repair
from backstride_shared.fold.state import STATE_VERSION, TreadmillState, encode_state
from backstride_shared.fold.timeline import pruned
from backstride_shared.frames import (
    Checkpoint,
    ClaimEvent,
    CorrectionEvent,
    ErasureEvent,
    ReadingsEvent,
    ReleaseEvent,
    RepairEvent,
    TreadmillEvent,
)


class TreadmillsFold:
    """Folds events of many treadmills; `states` may be filled and emptied from outside."""

    def __init__(self, states: Iterable[TreadmillState] = ()) -> None:
        self.states: dict[str, TreadmillState] = {state.treadmill: state for state in states}
        self._outgoing = Outgoing()

    def apply(self, event: TreadmillEvent) -> None:
        """Fold one event; what comes of it waits for `drain` and `take_checkpoints`."""
        state = self.states.get(event.treadmill)
        if state is None:
            state = TreadmillState(STATE_VERSION, event.treadmill)
            self.states[event.treadmill] = state
        outgoing = self._outgoing
        if type(event) is ReadingsEvent:
            apply_readings(state, event, outgoing)
        elif type(event) is ClaimEvent:
            apply_claim(state, event.claim, outgoing)
        elif type(event) is ReleaseEvent:
            apply_release(state, event.claim_id, event.released_at_ms, outgoing)
        elif type(event) is RepairEvent:
            apply_repair(state, event, outgoing)
        elif type(event) is CorrectionEvent:
            apply_correction(state, event.claim, outgoing)
        elif type(event) is ErasureEvent:
            apply_erasure(state, event, outgoing)

    def drain(self) -> FoldOutput:
        """Return and forget what the events came to; states keep what they are."""
        return self._outgoing.drain(self.states)

    def take_checkpoints(self) -> list[Checkpoint]:
        """Return the state of every treadmill touched since the last call.

        Call `drain` first, and have its items in the log before these.
        """
        if self._outgoing.segments:
            message = "checkpoints before their output would hide readings lost in a crash"
            raise RuntimeError(message)
        checkpoints = []
        for treadmill, repeat_stored in self._outgoing.touched.items():
            state = self.states[treadmill]
            _let_go_of_what_is_old(state)
            checkpoints.append(
                Checkpoint(treadmill, state.revision, encode_state(state), repeat_stored)
            )
        self._outgoing.touched = {}
        return checkpoints

    def forget(self, treadmills: Iterable[str]) -> None:
        """Drop treadmills whose partition went to another processor, with all that waits."""
        gone = set(treadmills)
        for treadmill in gone:
            self.states.pop(treadmill, None)
        self._outgoing.forget(gone)


def _let_go_of_what_is_old(state: TreadmillState) -> None:
    state.claims = pruned(state.claims, state.expiries, state.last_measured_at_ms)
    if state.erased:
        state.erased = kept_intervals(state.erased, state.last_measured_at_ms)
    if len(state.expiries) > len(state.claims):
        kept = {claim.claim_id for claim in state.claims}
        state.expiries = {
            claim_id: at_ms for claim_id, at_ms in state.expiries.items() if claim_id in kept
        }
