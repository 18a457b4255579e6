import msgspec
import pytest

from backstride_processor.domain.input_frames import (
    UnusableRecordError,
    check_place,
    dead_letter_of_event,
    dead_letter_of_record,
    events_of,
)
from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_DEAD_LETTER_BYTES,
    EventsFrame,
    ReadingsEvent,
    encoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT
from tests.factories.events import TREADMILL, message, run_of

PARTITION = partition_of(TreadmillKey(TREADMILL), PARTITION_COUNT)


def test_a_frame_gives_its_events_in_their_order() -> None:
    events = [message(run_of(1, 3, 0.0)), message(run_of(4, 3, 3.0))]

    assert events_of(encoder.encode(EventsFrame(FRAME_VERSION, [*events]))) == events


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "no frame of events"),
        (b"\xc1", "no frame of events"),
        (b'{"readings": []}', "no frame of events"),
        (encoder.encode((1, [[9, "unknown kind"]])), "no frame of events"),
        (encoder.encode((2, [])), "frame of version 2, known is 1"),
        (encoder.encode((2, "another shape")), "frame of version 2, known is 1"),
    ],
)
def test_what_is_no_frame_of_ours_is_refused_with_its_reason(record: bytes, reason: str) -> None:
    with pytest.raises(UnusableRecordError, match=reason):
        events_of(record)


def test_an_event_in_the_partition_of_its_treadmill_is_in_its_place() -> None:
    check_place(message([]), PARTITION)


def test_an_event_in_another_partition_is_refused() -> None:
    with pytest.raises(UnusableRecordError, match=f"belongs to partition {PARTITION}"):
        check_place(message([]), (PARTITION + 1) % PARTITION_COUNT)


def test_an_event_of_a_treadmill_without_a_valid_name_is_refused() -> None:
    event = msgspec.structs.replace(message([]), treadmill="Gym 1/belt")

    with pytest.raises(UnusableRecordError, match="'Gym 1' is not of the form"):
        check_place(event, 0)


def test_a_dead_letter_keeps_a_bounded_part_of_the_record_and_its_size() -> None:
    letter = dead_letter_of_record(b"x" * 20_000, "why", 5)

    assert letter.payload == b"x" * MAX_DEAD_LETTER_BYTES
    assert letter.payload_bytes == 20_000
    assert (letter.reason, letter.received_at_ms) == ("why", 5)


def test_the_dead_letter_of_an_event_can_be_sent_again_as_it_is() -> None:
    event = message(run_of(1, 3, 0.0))

    letter = dead_letter_of_event(event, "why", 5)

    assert events_of(letter.payload) == [event]
    assert isinstance(event, ReadingsEvent)
    assert (letter.treadmill, letter.device_id, letter.boot_id) == (
        event.treadmill,
        event.device_id,
        event.boot_id,
    )
