"""Which events a record of `treadmill-events.v1` holds, or why it cannot be used."""

from typing import Final

import msgspec

from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_DEAD_LETTER_BYTES,
    DeadLetter,
    EventsFrame,
    FrameReading,
    ReadingsEvent,
    RepairEvent,
    TreadmillEvent,
    encoder,
    events_decoder,
)
from backstride_shared.identity import InvalidIdentifierError, parse_treadmill_key, partition_of
from backstride_shared.messages import (
    MAX_GRADE_PERCENT,
    MAX_HEART_RATE_BPM,
    MAX_SPEED_M_PER_S,
    MIN_HEART_RATE_BPM,
)
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic

_LATEST_MS: Final = 2**53
"""Beyond it milliseconds are no whole numbers any more where they are kept as floats."""


class UnusableRecordError(ValueError):
    """A record, or an event in it, that no fold can take; the text is the dead letter's reason."""


def events_of(record: bytes) -> list[TreadmillEvent]:
    """Return the events of a record, in their order.

    Raises:
        UnusableRecordError: when it is no frame, or one of a version that this program does not
            know.

    """
    try:
        frame = events_decoder.decode(record)
    except UNREADABLE as error:
        version = _version_of(record)
        if version is not None and version != FRAME_VERSION:
            raise UnusableRecordError(_unknown(version)) from error
        raise UnusableRecordError(f"no frame of events: {error}") from error
    if frame.version != FRAME_VERSION:
        raise UnusableRecordError(_unknown(frame.version))
    return frame.events


def check_place(event: TreadmillEvent, partition: int) -> None:
    """Return when an event stands in the partition of its treadmill.

    Raises:
        UnusableRecordError: when its treadmill has no valid name, or a producer chose another
            partition: two processors would then fold one treadmill, each half of it.

    """
    try:
        treadmill = parse_treadmill_key(event.treadmill)
    except InvalidIdentifierError as error:
        raise UnusableRecordError(str(error)) from error
    right = partition_of(treadmill, PARTITION_COUNT)
    if partition != right:
        raise UnusableRecordError(
            f"{treadmill} belongs to partition {right}, this came in partition {partition}"
        )


def is_placed(event: TreadmillEvent, partition: int) -> bool:
    """Return whether `check_place` lets an event through."""
    try:
        check_place(event, partition)
    except UnusableRecordError:
        return False
    return True


def check_readings(event: TreadmillEvent) -> None:
    """Return when the fold may trust an event's readings, as ingest lets them through.

    Raises:
        UnusableRecordError: when numbers do not increase or a value is none that a treadmill has;
            one NaN would make a session's sums NaN for ever.

    """
    if isinstance(event, ReadingsEvent):
        if not (
            0 <= event.received_at_ms <= _LATEST_MS and 0 <= (event.sent_at_ms or 0) <= _LATEST_MS
        ):
            raise UnusableRecordError(f"times of another world: {event.received_at_ms} ms")
        _check_order(event)
        readings: list[FrameReading] = event.readings
    elif isinstance(event, RepairEvent):
        readings = [event.reading]
    else:
        return
    for reading in readings:
        heart_rate_bpm = reading.heart_rate_bpm
        if not (
            0.0 <= reading.speed_m_per_s <= MAX_SPEED_M_PER_S
            and -MAX_GRADE_PERCENT <= reading.grade_percent <= MAX_GRADE_PERCENT
            and 0 <= reading.measured_at_ms <= _LATEST_MS
            and (
                heart_rate_bpm is None or MIN_HEART_RATE_BPM <= heart_rate_bpm <= MAX_HEART_RATE_BPM
            )
        ):
            raise UnusableRecordError(f"out of range: {reading}")


def _check_order(event: ReadingsEvent) -> None:
    last_seq = 0
    for reading in event.readings:
        if reading.seq <= last_seq:
            raise UnusableRecordError(f"seq {reading.seq} after {last_seq} in one event")
        last_seq = reading.seq
    last_seq = 0
    for skip in event.skips:
        if skip.seq <= last_seq:
            raise UnusableRecordError(f"skip of seq {skip.seq} after {last_seq} in one event")
        last_seq = skip.seq


def dead_letter_of_record(record: bytes, reason: str, received_at_ms: int) -> DeadLetter:
    """Return the dead letter of a whole record."""
    return DeadLetter(
        version=FRAME_VERSION,
        reason=reason,
        topic=KafkaTopic.TREADMILL_EVENTS,
        received_at_ms=received_at_ms,
        payload=record[:MAX_DEAD_LETTER_BYTES],
        payload_bytes=len(record),
    )


def dead_letter_of_event(event: TreadmillEvent, reason: str, received_at_ms: int) -> DeadLetter:
    """Return the dead letter of one event; its payload is a frame that holds only this event."""
    payload = encoder.encode(EventsFrame(FRAME_VERSION, [event]))
    return DeadLetter(
        version=FRAME_VERSION,
        reason=reason,
        topic=KafkaTopic.TREADMILL_EVENTS,
        received_at_ms=received_at_ms,
        payload=payload[:MAX_DEAD_LETTER_BYTES],
        payload_bytes=len(payload),
        treadmill=event.treadmill,
        device_id=getattr(event, "device_id", None),
        boot_id=getattr(event, "boot_id", None),
    )


def _version_of(record: bytes) -> int | None:
    try:
        content = msgspec.msgpack.decode(record)
    except UNREADABLE:
        return None
    if isinstance(content, list) and content and isinstance(content[0], int):
        return content[0]
    return None


def _unknown(version: int) -> str:
    return f"frame of version {version}, known is {FRAME_VERSION}"
