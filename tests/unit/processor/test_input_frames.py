import msgspec
import pytest

from backstride_processor.domain.input_frames import (
    UnusableRecordError,
    check_place,
    check_readings,
    dead_letter_of_event,
    dead_letter_of_record,
    events_of,
)
from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_DEAD_LETTER_BYTES,
    EventsFrame,
    FrameReading,
    ReadingsEvent,
    RepairEvent,
    Skip,
    encoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT
from tests.factories.events import START_MS, TREADMILL, message, reading, run_of

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
        # text that is no UTF-8, which msgspec tells as Python's own error
        (b"\x92\x01\x91\x99\x01\xa1\xff", "no frame of events"),
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


def test_readings_as_ingest_lets_them_through_are_trusted() -> None:
    check_readings(message(run_of(1, 3, 0.0), skips=[Skip(4, "out-of-range"), Skip(5, "x")]))


@pytest.mark.parametrize(
    "event",
    [
        message([reading(2, 0.0), reading(1, 1.0)]),
        message([reading(1, 0.0), reading(1, 1.0)]),
        message([], skips=[Skip(2, "x"), Skip(2, "x")]),
        message([reading(1, 0.0, speed_m_per_s=float("nan"))]),
        message([reading(1, 0.0, speed_m_per_s=float("inf"))]),
        message([reading(1, 0.0, speed_m_per_s=-1.0)]),
        message([reading(1, 0.0, heart_rate_bpm=float("nan"))]),
        message([FrameReading(1, START_MS, False, 1.0, grade_percent=90.0)]),  # noqa: FBT003
        message([FrameReading(1, 2**62, False, 1.0)]),  # noqa: FBT003
        message([reading(1, 0.0)], received_at_ms=2**63),
        message([reading(1, 0.0)], sent_at_ms=-(2**62)),
        RepairEvent(TREADMILL, "d", 1, reading(1, 0.0, speed_m_per_s=float("nan"))),
    ],
)
def test_readings_that_would_spoil_every_sum_are_refused(
    event: ReadingsEvent | RepairEvent,
) -> None:
    with pytest.raises(UnusableRecordError):
        check_readings(event)
