"""What messages of readings and repairs change: marks, sessions, alerts, and the past."""

from collections.abc import Sequence

from backstride_shared.fold.alerts import watch_devices, watch_readings
from backstride_shared.fold.erasures import without_erased
from backstride_shared.fold.folding import Piece, claim_of, fold_run, rates_outside_sessions
from backstride_shared.fold.marks import Verdict, mark_message
from backstride_shared.fold.outgoing import Outgoing
from backstride_shared.fold.past import make_dirty, remember_dirty
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.fold.state import TreadmillState
from backstride_shared.fold.timeline import holder_at
from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_DEAD_LETTER_BYTES,
    DeadLetter,
    FrameReading,
    ReadingsEvent,
    RepairEvent,
    encoder,
)
from backstride_shared.topics import KafkaTopic


def apply_readings(state: TreadmillState, event: ReadingsEvent, outgoing: Outgoing) -> None:
    """Fold what is new in a message; the rest is counted, waited for or set aside."""
    marked = mark_message(state.marks, event)
    output = outgoing.output
    output.duplicate_readings += marked.duplicates
    verdict = marked.verdict
    if verdict is Verdict.ACCEPTED:
        output.items += watch_devices(state, event, is_foreign=False)
        output.gap_readings += marked.gap_readings
        state.accepted_count += marked.skips
        outgoing.touched.setdefault(event.treadmill, False)
        if marked.readings:
            _accept(state, event.device_id, event.boot_id, marked.readings, outgoing)
    elif verdict is Verdict.DUPLICATE:
        outgoing.touched[event.treadmill] = True
    elif verdict is Verdict.AHEAD:
        output.messages_ahead += 1
    else:
        output.dead_letters.append(_foreign_boot(state, event))
        output.items += watch_devices(state, event, is_foreign=True)
        outgoing.touched.setdefault(event.treadmill, False)


def apply_repair(state: TreadmillState, event: RepairEvent, outgoing: Outgoing) -> None:
    """Fold a reading that was skipped, once."""
    mark = state.marks.get(event.device_id)
    key = (event.boot_id, event.reading.seq)
    if mark is None or key not in mark.skipped:
        outgoing.output.duplicate_readings += 1
        return
    mark.skipped = [skipped for skipped in mark.skipped if skipped != key]
    mark.skipped_count -= 1
    outgoing.touch(state.treadmill)
    _accept(state, event.device_id, event.boot_id, [event.reading], outgoing)


def _accept(
    state: TreadmillState,
    device_id: str,
    boot_id: int,
    readings: list[FrameReading],
    outgoing: Outgoing,
) -> None:
    count = len(readings)
    outgoing.output.accepted_readings += count
    state.accepted_count += count
    state.readings_count += count
    if state.erased:
        readings = without_erased(state.erased, readings)
        state.erased_count += count - len(readings)
    highest_ms = state.last_measured_at_ms
    for reading in readings:
        if reading.measured_at_ms < highest_ms:
            readings, late = _in_order_and_late(state.last_measured_at_ms, readings)
            _take_late(state, device_id, boot_id, late, outgoing)
            break
        highest_ms = reading.measured_at_ms
    if readings:
        past_until_ms = None if state.dirty_from_ms is None else state.dirty_until_ms
        for piece in fold_run(state, device_id, boot_id, readings):
            outgoing.add_piece(state, device_id, boot_id, piece)
            if piece.session is None and state.dirty_from_ms is not None:
                _rest_after_change(state, piece.readings, outgoing)
            if piece.readings:
                claim = claim_of(state, piece.session)
                outgoing.output.items += watch_readings(
                    state, device_id, boot_id, piece.readings, claim
                )
        session = state.session
        if past_until_ms is not None and session is not None and not session.is_dirty:
            # a new one after a rest: the last reading of what a change has made is held until it
            outgoing.ask_refold(
                state, past_until_ms, past_until_ms, "end after a change of the past"
            )


def _rest_after_change(
    state: TreadmillState, rest: Sequence[FrameReading], outgoing: Outgoing
) -> None:
    """Have a past session folded again that a change has made, and that still goes on.

    It is not open here, but its last reading is held until this one, and a rest belongs to it.
    """
    from_ms = to_ms = state.dirty_until_ms
    if rest[0].measured_at_ms - from_ms <= CLAIMED_IDLE_MS:
        to_ms = rest[-1].measured_at_ms
    else:
        # whoever moved last did so before the change: all of that is over
        state.dirty_from_ms = None
    outgoing.ask_refold(state, from_ms, to_ms, "rest after a change of the past")


def _take_late(
    state: TreadmillState,
    device_id: str,
    boot_id: int,
    late: list[FrameReading],
    outgoing: Outgoing,
) -> None:
    """Keep readings older than what was folded: the recorder folds their sessions again."""
    from_ms = min(reading.measured_at_ms for reading in late)
    to_ms = max(reading.measured_at_ms for reading in late)
    claim = holder_at(state.claims, state.expiries, from_ms).claim
    outgoing.add_piece(
        state, device_id, boot_id, Piece(None, late, rates_outside_sessions(claim, late))
    )
    outgoing.ask_refold(state, from_ms, to_ms, "late readings")
    session = state.session
    if session is not None:
        if to_ms >= session.started_at_ms - CLAIMED_IDLE_MS:
            make_dirty(session, from_ms)
    elif to_ms >= state.last_measured_at_ms - CLAIMED_IDLE_MS:
        remember_dirty(state, from_ms)


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
