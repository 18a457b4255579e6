"""The live fold: what the processor does with the log of its partitions' treadmills.

A pure function of the log: the same events in the same order give the same items and states.
Applying any part of the log again changes no sum.

Longer than most files: each kind of event changes the same state, segments and output, in order.
"""

from collections.abc import Iterable, Sequence

import msgspec

from backstride_shared.claims import Claim
from backstride_shared.fold.alerts import watch_devices, watch_readings
from backstride_shared.fold.erasures import end_of_erased, kept_intervals, without_erased
from backstride_shared.fold.folding import (
    Piece,
    claim_of,
    end_session,
    fold_run,
    rates_outside_sessions,
    snapshot_of,
)
from backstride_shared.fold.marks import Verdict, mark_message
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.fold.state import (
    STATE_VERSION,
    ErasedInterval,
    OpenSession,
    TreadmillState,
    encode_state,
)
from backstride_shared.fold.timeline import (
    ENDLESS_MS,
    KEPT_MS,
    end_of,
    holder_at,
    pruned,
    with_claim,
    with_correction,
    with_erasure,
    with_release,
)
from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_DEAD_LETTER_BYTES,
    Checkpoint,
    ClaimEvent,
    Corrected,
    CorrectionEvent,
    DeadLetter,
    EnergyItem,
    EnergyReading,
    EnergySegment,
    Erased,
    ErasureEvent,
    FrameReading,
    ReadingsEvent,
    Refold,
    ReleaseEvent,
    RepairEvent,
    TreadmillEvent,
    encoder,
)
from backstride_shared.topics import KafkaTopic


class FoldOutput(msgspec.Struct):
    """What the events since the last `drain` came to."""

    items: list[EnergyItem]
    dead_letters: list[DeadLetter]
    accepted_readings: int = 0
    duplicate_readings: int = 0
    gap_readings: int = 0
    # messages whose predecessor was lost on the way; their device sends them again
    messages_ahead: int = 0


class _Segment:
    """A segment in the making: grows while treadmill, device, boot and session stay the same."""

    __slots__ = ("boot_id", "device_id", "readings", "session")

    def __init__(self, device_id: str, boot_id: int, session: OpenSession | None) -> None:
        self.device_id = device_id
        self.boot_id = boot_id
        self.session = session
        self.readings: list[EnergyReading] = []


class TreadmillsFold:
    """Folds events of many treadmills; `states` may be filled and emptied from outside."""

    def __init__(self, states: Iterable[TreadmillState] = ()) -> None:
        self.states: dict[str, TreadmillState] = {state.treadmill: state for state in states}
        self._segments: dict[str, _Segment] = {}
        self._output = FoldOutput([], [])
        self._touched: dict[str, bool] = {}

    def apply(self, event: TreadmillEvent) -> None:
        """Fold one event; what comes of it waits for `drain` and `take_checkpoints`."""
        state = self.states.get(event.treadmill)
        if state is None:
            state = TreadmillState(STATE_VERSION, event.treadmill)
            self.states[event.treadmill] = state
        if type(event) is ReadingsEvent:
            self._apply_readings(state, event)
        elif type(event) is ClaimEvent:
            self._apply_claim(state, event.claim)
        elif type(event) is ReleaseEvent:
            self._apply_release(state, event.claim_id, event.released_at_ms)
        elif type(event) is RepairEvent:
            self._apply_repair(state, event)
        elif type(event) is CorrectionEvent:
            self._apply_correction(state, event.claim)
        elif type(event) is ErasureEvent:
            self._apply_erasure(state, event)

    def drain(self) -> FoldOutput:
        """Return and forget what the events came to; states keep what they are."""
        for treadmill in list(self._segments):
            self._finish_segment(self.states[treadmill])
        output = self._output
        self._output = FoldOutput([], [])
        return output

    def take_checkpoints(self) -> list[Checkpoint]:
        """Return the state of every treadmill touched since the last call.

        Call `drain` first, and have its items in the log before these.
        """
        if self._segments:
            message = "checkpoints before their output would hide readings lost in a crash"
            raise RuntimeError(message)
        checkpoints = []
        for treadmill, repeat_stored in self._touched.items():
            state = self.states[treadmill]
            state.claims = pruned(state.claims, state.expiries, state.last_measured_at_ms)
            if state.erased:
                state.erased = kept_intervals(state.erased, state.last_measured_at_ms)
            if len(state.expiries) > len(state.claims):
                kept = {claim.claim_id for claim in state.claims}
                state.expiries = {
                    claim_id: at_ms
                    for claim_id, at_ms in state.expiries.items()
                    if claim_id in kept
                }
            checkpoints.append(
                Checkpoint(treadmill, state.revision, encode_state(state), repeat_stored)
            )
        self._touched = {}
        return checkpoints

    def forget(self, treadmills: Iterable[str]) -> None:
        """Drop treadmills whose partition went to another processor, with all that waits."""
        gone = set(treadmills)
        for treadmill in gone:
            self.states.pop(treadmill, None)
            self._segments.pop(treadmill, None)
            self._touched.pop(treadmill, None)
        self._output.items = [item for item in self._output.items if item.treadmill not in gone]

    # --- readings -----------------------------------------------------------------------------

    def _apply_readings(self, state: TreadmillState, event: ReadingsEvent) -> None:
        marked = mark_message(state.marks, event)
        output = self._output
        output.duplicate_readings += marked.duplicates
        verdict = marked.verdict
        if verdict is Verdict.ACCEPTED:
            output.items += watch_devices(state, event, is_foreign=False)
            output.gap_readings += marked.gap_readings
            state.accepted_count += marked.skips
            self._touched.setdefault(event.treadmill, False)
            if marked.readings:
                self._accept(state, event.device_id, event.boot_id, marked.readings)
        elif verdict is Verdict.DUPLICATE:
            self._touched[event.treadmill] = True
        elif verdict is Verdict.AHEAD:
            output.messages_ahead += 1
        else:
            output.dead_letters.append(_foreign_boot(state, event))
            output.items += watch_devices(state, event, is_foreign=True)
            self._touched.setdefault(event.treadmill, False)

    def _accept(
        self, state: TreadmillState, device_id: str, boot_id: int, readings: list[FrameReading]
    ) -> None:
        count = len(readings)
        self._output.accepted_readings += count
        state.accepted_count += count
        state.readings_count += count
        if state.erased:
            readings = without_erased(state.erased, readings)
            state.erased_count += count - len(readings)
        highest_ms = state.last_measured_at_ms
        for reading in readings:
            if reading.measured_at_ms < highest_ms:
                readings, late = _in_order_and_late(state.last_measured_at_ms, readings)
                self._take_late(state, device_id, boot_id, late)
                break
            highest_ms = reading.measured_at_ms
        if readings:
            for piece in fold_run(state, device_id, boot_id, readings):
                self._add_piece(state, device_id, boot_id, piece)
                if piece.session is None and state.dirty_from_ms is not None:
                    self._rest_after_change(state, piece.readings)
                if piece.readings:
                    claim = claim_of(state, piece.session)
                    self._output.items += watch_readings(
                        state, device_id, boot_id, piece.readings, claim
                    )

    def _rest_after_change(self, state: TreadmillState, rest: Sequence[FrameReading]) -> None:
        """Have a past session folded again that a change has made, and that still goes on.

        It is not open here, but its last reading is held until this one, and a rest belongs to it.
        """
        from_ms = to_ms = state.dirty_until_ms
        if rest[0].measured_at_ms - from_ms <= CLAIMED_IDLE_MS:
            to_ms = rest[-1].measured_at_ms
        else:
            # whoever moved last did so before the change: all of that is over
            state.dirty_from_ms = None
        self._ask_refold(state, from_ms, to_ms, "rest after a change of the past")

    def _take_late(
        self, state: TreadmillState, device_id: str, boot_id: int, late: list[FrameReading]
    ) -> None:
        """Keep readings older than what was folded: the recorder folds their sessions again."""
        from_ms = min(reading.measured_at_ms for reading in late)
        to_ms = max(reading.measured_at_ms for reading in late)
        claim = holder_at(state.claims, state.expiries, from_ms).claim
        self._add_piece(
            state, device_id, boot_id, Piece(None, late, rates_outside_sessions(claim, late))
        )
        self._ask_refold(state, from_ms, to_ms, "late readings")
        session = state.session
        if session is not None:
            if to_ms >= session.started_at_ms - CLAIMED_IDLE_MS:
                _make_dirty(session, from_ms)
        elif to_ms >= state.last_measured_at_ms - CLAIMED_IDLE_MS:
            _remember_dirty(state, from_ms)

    def _add_piece(self, state: TreadmillState, device_id: str, boot_id: int, piece: Piece) -> None:
        session = piece.session
        segment = self._segments.get(state.treadmill)
        if segment is None or (
            segment.session is not session
            or segment.boot_id != boot_id
            or segment.device_id != device_id
        ):
            if segment is not None:
                self._finish_segment(state)
            segment = self._segments[state.treadmill] = _Segment(device_id, boot_id, session)
        is_inside = session is not None
        append = segment.readings.append
        for reading, point in zip(piece.readings, piece.points, strict=True):
            append(
                EnergyReading(
                    reading.seq,
                    reading.measured_at_ms,
                    reading.is_reverse,
                    reading.speed_m_per_s,
                    reading.grade_percent,
                    reading.heart_rate_bpm,
                    reading.is_present,
                    reading.hands,
                    reading.is_emergency_stop,
                    point[0],
                    point[1],
                    point[2],
                    point[3],
                    point[4] if is_inside else None,
                )
            )

    def _finish_segment(self, state: TreadmillState) -> None:
        segment = self._segments.pop(state.treadmill)
        session = segment.session
        snapshot = None
        if session is not None:
            has_ended = session is not state.session
            snapshot = snapshot_of(state, session, session.last_moving_at_ms if has_ended else None)
        self._output.items.append(
            EnergySegment(
                state.treadmill,
                segment.device_id,
                segment.boot_id,
                state.revision,
                segment.readings,
                snapshot,
            )
        )
        if session is not None and session.is_dirty:
            self._ask_refold(
                state, session.dirty_from_ms, session.last_reading_at_ms, "session reaches back"
            )

    # --- claims and repairs -------------------------------------------------------------------

    def _apply_claim(self, state: TreadmillState, claim: Claim) -> None:
        if _is_erased(state, claim.claim_id):
            self._touched.setdefault(state.treadmill, False)
            return
        if any(known.claim_id == claim.claim_id for known in state.claims):
            if claim.released_at_ms is not None:
                self._apply_release(state, claim.claim_id, claim.released_at_ms)
            else:
                self._touched.setdefault(state.treadmill, False)
            return
        state.claims = with_claim(state.claims, claim)
        self._note_change(state)
        end_ms = ENDLESS_MS if claim.released_at_ms is None else claim.released_at_ms
        self._change_past(state, claim.claimed_at_ms, end_ms, "claim of the past")

    def _apply_release(self, state: TreadmillState, claim_id: str, released_at_ms: int) -> None:
        known = next((claim for claim in state.claims if claim.claim_id == claim_id), None)
        if known is None or known.released_at_ms is not None:
            self._touched.setdefault(state.treadmill, False)
            return
        state.claims = with_release(state.claims, claim_id, released_at_ms)
        self._note_change(state)
        self._change_past(state, released_at_ms, ENDLESS_MS, "release of the past")

    def _change_past(self, state: TreadmillState, from_ms: int, until_ms: int, reason: str) -> None:
        """Have folded again what was folded before its claim was known."""
        last_ms = state.last_measured_at_ms
        if from_ms > last_ms:
            return
        self._make_past_dirty(state, from_ms, until_ms)
        self._ask_refold(state, from_ms, min(until_ms, last_ms), reason)

    def _make_past_dirty(self, state: TreadmillState, from_ms: int, until_ms: int) -> None:
        """Note that sums of the open session, or of one that begins soon, cannot be right."""
        last_ms = state.last_measured_at_ms
        session = state.session
        if session is not None:
            holder = holder_at(state.claims, state.expiries, last_ms).claim
            holder_id = holder.claim_id if holder else None
            if session.claim_id != holder_id:
                # what follows is another session, which began in what is folded already
                _make_dirty(session, from_ms)
                ended = end_session(state, last_ms)
                self._add_piece(state, "", 0, ended)
                self._finish_segment(state)
                _remember_dirty(state, from_ms)
            elif until_ms >= session.started_at_ms - CLAIMED_IDLE_MS:
                _make_dirty(session, from_ms)
        elif until_ms >= last_ms - CLAIMED_IDLE_MS:
            _remember_dirty(state, from_ms)

    def _apply_correction(self, state: TreadmillState, claim: Claim) -> None:
        known = next((one for one in state.claims if one.claim_id == claim.claim_id), None)
        version = claim.correction
        last_ms = state.last_measured_at_ms
        self._touched.setdefault(state.treadmill, False)
        if (
            version is None
            or _is_erased(state, claim.claim_id)
            or (known is not None and known.correction is not None and known.correction >= version)
        ):
            return
        if (
            known is None
            and claim.released_at_ms is None
            and claim.claimed_at_ms < last_ms - KEPT_MS
        ):
            # without an end, a claim of long ago would take all that nobody claimed since
            return
        was_until_ms = _end_in(state, claim.claim_id)
        state.claims = with_correction(state.claims, claim)
        self._note_change(state)
        until_ms = max(was_until_ms, _end_in(state, claim.claim_id))
        from_ms = claim.claimed_at_ms
        if from_ms <= last_ms:
            self._make_past_dirty(state, from_ms, until_ms)
        if state.session is not None:
            # a steady belt repeats its rate, which another body does not have
            state.session.energy.was_reverse = None
        self._output.items.append(
            Corrected(
                state.treadmill,
                state.revision,
                version[1],
                claim.claim_id,
                from_ms,
                min(until_ms, last_ms),
            )
        )

    def _apply_erasure(self, state: TreadmillState, event: ErasureEvent) -> None:
        self._touched.setdefault(state.treadmill, False)
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
        self._drop_erased_session(state, interval)
        self._note_change(state)
        self._output.items.append(
            Erased(
                state.treadmill,
                state.revision,
                event.erasure_id,
                claim_id,
                from_ms,
                end_of_erased(interval),
            )
        )

    def _drop_erased_session(self, state: TreadmillState, interval: ErasedInterval) -> None:
        """Let go of an open session that is erased; of one that is in part, as of a wrong one."""
        session, end_ms = state.session, end_of_erased(interval)
        if (
            session is None
            or session.last_reading_at_ms < interval.from_ms
            or session.started_at_ms >= end_ms
        ):
            return
        if session.started_at_ms >= interval.from_ms and session.last_reading_at_ms < end_ms:
            segment = self._segments.get(state.treadmill)
            if segment is not None and segment.session is session:
                state.erased_count += len(segment.readings)
                del self._segments[state.treadmill]
            state.session = None
            return
        _make_dirty(session, interval.from_ms)
        self._add_piece(state, "", 0, end_session(state, state.last_measured_at_ms))
        self._finish_segment(state)
        _remember_dirty(state, interval.from_ms)

    def _apply_repair(self, state: TreadmillState, event: RepairEvent) -> None:
        mark = state.marks.get(event.device_id)
        key = (event.boot_id, event.reading.seq)
        if mark is None or key not in mark.skipped:
            self._output.duplicate_readings += 1
            return
        mark.skipped = [skipped for skipped in mark.skipped if skipped != key]
        mark.skipped_count -= 1
        self._touched.setdefault(state.treadmill, False)
        self._accept(state, event.device_id, event.boot_id, [event.reading])

    def _note_change(self, state: TreadmillState) -> None:
        if state.treadmill in self._segments:
            self._finish_segment(state)
        state.accepted_count += 1
        self._touched.setdefault(state.treadmill, False)

    def _ask_refold(self, state: TreadmillState, from_ms: int, to_ms: int, reason: str) -> None:
        if state.treadmill in self._segments:
            self._finish_segment(state)
        self._output.items.append(Refold(state.treadmill, state.revision, from_ms, to_ms, reason))


def _in_order_and_late(
    highest_ms: int, readings: list[FrameReading]
) -> tuple[list[FrameReading], list[FrameReading]]:
    in_order: list[FrameReading] = []
    late: list[FrameReading] = []
    for reading in readings:
        if reading.measured_at_ms < highest_ms:
            late.append(reading)
        else:
            highest_ms = reading.measured_at_ms
            in_order.append(reading)
    return in_order, late


def _is_erased(state: TreadmillState, claim_id: str) -> bool:
    return any(one.claim_id == claim_id for one in state.erased)


def _end_in(state: TreadmillState, claim_id: str) -> int:
    """Return when a claim of the timeline ends; long ago where it is not in it."""
    for index, claim in enumerate(state.claims):
        if claim.claim_id == claim_id:
            return end_of(state.claims, index, state.expiries)
    return -ENDLESS_MS


def _make_dirty(session: OpenSession, from_ms: int) -> None:
    was_ms = session.dirty_from_ms if session.is_dirty else session.started_at_ms
    session.is_dirty = True
    session.dirty_from_ms = min(was_ms, from_ms)


def _remember_dirty(state: TreadmillState, from_ms: int) -> None:
    state.dirty_from_ms = (
        from_ms if state.dirty_from_ms is None else min(state.dirty_from_ms, from_ms)
    )
    state.dirty_until_ms = state.last_measured_at_ms


def _foreign_boot(state: TreadmillState, event: ReadingsEvent) -> DeadLetter:
    mark = state.marks[event.device_id]
    payload = encoder.encode(event)
    return DeadLetter(
        version=FRAME_VERSION,
        reason=(
            f"boot id {event.boot_id} is lower than {mark.boot_id} and was never seen: "
            "two devices with one id, or a clock gone back"
        ),
        topic=KafkaTopic.TREADMILL_EVENTS,
        received_at_ms=event.received_at_ms,
        payload=payload[:MAX_DEAD_LETTER_BYTES],
        payload_bytes=len(payload),
        treadmill=event.treadmill,
        device_id=event.device_id,
        boot_id=event.boot_id,
    )
