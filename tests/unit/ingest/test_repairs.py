import json
from typing import Any

import msgspec
import pytest

from backstride_ingest.domain.repairs import NoRepairError, events_to_replay
from backstride_shared.frames import (
    FRAME_VERSION,
    DeadLetter,
    EventsFrame,
    RepairEvent,
    encoder,
)
from backstride_shared.topics import KafkaTopic
from tests.factories.events import TREADMILL, message, run_of
from tests.factories.mqtt_payloads import NOW_MS, raw_reading


def letter_of(payload: bytes, **changes: Any) -> DeadLetter:  # noqa: ANN401  fields of any kind
    letter = DeadLetter(
        version=FRAME_VERSION,
        reason="out-of-range: speed_m_per_s 12 is not in 0 to 8",
        topic=f"backstride/v1/{TREADMILL}/readings",
        received_at_ms=NOW_MS,
        payload=payload,
        payload_bytes=len(payload),
        treadmill=TREADMILL,
        device_id="device-a",
        boot_id=5,
        seq=7,
    )
    return msgspec.structs.replace(letter, **changes)


TOO_FAST = json.dumps(raw_reading(7, speed_m_per_s=12)).encode()


def test_a_mended_reading_becomes_a_repair_of_its_own_number() -> None:
    (event,) = events_to_replay(letter_of(TOO_FAST), {"speed_m_per_s": 1.2, "seq": 99})

    assert isinstance(event, RepairEvent)
    assert (event.treadmill, event.device_id, event.boot_id) == (TREADMILL, "device-a", 5)
    assert (event.reading.seq, event.reading.speed_m_per_s) == (7, 1.2)
    assert event.reading.is_reverse


@pytest.mark.parametrize(
    ("letter", "changes", "reason"),
    [
        (letter_of(TOO_FAST), {}, "12 is not in 0 to 8"),
        (letter_of(TOO_FAST), {"speed_m_per_s": "fast"}, "no reading yet"),
        (letter_of(TOO_FAST), {"speed_m_per_s": 1.0, "measured_at_ms": 0}, "before its message"),
        (letter_of(b"{"), {}, "no reading yet"),
        (letter_of(b'"\xff"'), {}, "no reading yet"),
        (letter_of(TOO_FAST, seq=None), {"speed_m_per_s": 1.0}, "not one numbered reading"),
        (letter_of(TOO_FAST, payload_bytes=99_999), {"speed_m_per_s": 1.0}, "bytes were kept"),
        (letter_of(b"\xc1", topic=KafkaTopic.TREADMILL_EVENTS), {}, "no events"),
        (letter_of(b"\xc1", topic=KafkaTopic.TREADMILL_EVENTS), {"seq": 1}, "cannot be set"),
    ],
)
def test_what_brings_nothing_back_is_refused_in_words(
    letter: DeadLetter, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(NoRepairError, match=reason):
        events_to_replay(letter, changes)


def test_an_event_that_the_processor_set_aside_is_sent_as_it_was() -> None:
    event = message(run_of(1, 3, 0.0))
    payload = encoder.encode(EventsFrame(FRAME_VERSION, [event]))

    letter = letter_of(payload, topic=KafkaTopic.TREADMILL_EVENTS, seq=None)

    assert events_to_replay(letter, {}) == [event]
