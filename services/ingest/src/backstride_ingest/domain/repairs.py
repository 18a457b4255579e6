"""What a dead letter can bring back: the events that are sent when it is replayed.

A reading that was refused by its number left a skip in the log; a repair fills that skip, once.
Everything else is either sent again by its device, or cannot be helped.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from backstride_ingest.domain.readings import problem_of, to_frame
from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import (
    DeadLetter,
    EventsFrame,
    RepairEvent,
    TreadmillEvent,
    events_decoder,
)
from backstride_shared.messages import MAX_AGE_MS, MAX_AHEAD_MS, Reading
from backstride_shared.topics import KafkaTopic

_PROCESSOR_TOPICS: Final = frozenset({KafkaTopic.TREADMILL_EVENTS})


class NoRepairError(ValueError):
    """The letter brings nothing back; the text says why, and what would."""


def events_to_replay(letter: DeadLetter, changes: Mapping[str, Any]) -> list[TreadmillEvent]:
    """Return the events that a letter holds, with `changes` to the fields of its reading.

    Raises:
        NoRepairError: when it holds none that counts.

    """
    if letter.payload_bytes > len(letter.payload):
        raise NoRepairError(
            f"only {len(letter.payload)} of its {letter.payload_bytes} bytes were kept"
        )
    if letter.topic in _PROCESSOR_TOPICS:
        if changes:
            raise NoRepairError("it holds whole events, whose fields cannot be set")
        return _events_in(letter)
    return [_repair(letter, changes)]


def _events_in(letter: DeadLetter) -> list[TreadmillEvent]:
    try:
        frame: EventsFrame = events_decoder.decode(letter.payload)
    except UNREADABLE as error:
        raise NoRepairError(f"it holds no events: {error}") from error
    return frame.events


def _repair(letter: DeadLetter, changes: Mapping[str, Any]) -> RepairEvent:
    if (
        letter.treadmill is None
        or letter.device_id is None
        or letter.boot_id is None
        or letter.seq is None
    ):
        raise NoRepairError(
            "it is not one numbered reading; a device with an outbox sends its message again, "
            "or has set it aside itself"
        )
    try:
        fields = msgspec.json.decode(letter.payload, type=dict[str, Any])
        reading = msgspec.convert({**fields, **changes, "seq": letter.seq}, Reading)
    except UNREADABLE as error:
        raise NoRepairError(f"it is no reading yet: {error}; name good values by --set") from error
    limits_ms = (letter.received_at_ms - MAX_AGE_MS, letter.received_at_ms + MAX_AHEAD_MS)
    if problem := problem_of(reading, limits_ms):
        raise NoRepairError(f"{problem}; name good values by --set")
    return RepairEvent(letter.treadmill, letter.device_id, letter.boot_id, to_frame(reading))
