"""Which events a record of `treadmill-events.v1` holds, or why it cannot be used."""

import msgspec

from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_DEAD_LETTER_BYTES,
    DeadLetter,
    EventsFrame,
    TreadmillEvent,
    encoder,
    events_decoder,
)
from backstride_shared.identity import InvalidIdentifierError, parse_treadmill_key, partition_of
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic


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
    except msgspec.MsgspecError as error:
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
    except msgspec.MsgspecError:
        return None
    if isinstance(content, list) and content and isinstance(content[0], int):
        return content[0]
    return None


def _unknown(version: int) -> str:
    return f"frame of version {version}, known is {FRAME_VERSION}"
