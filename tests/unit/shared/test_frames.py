import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_shared.frames import (
    FRAME_VERSION,
    EventsFrame,
    FrameReading,
    ReadingsEvent,
    ReleaseEvent,
    Skip,
    encoder,
    events_decoder,
)

readings = st.builds(
    FrameReading,
    seq=st.integers(1, 2**32 - 1),
    measured_at_ms=st.integers(0, 2**53),
    is_reverse=st.booleans(),
    speed_m_per_s=st.floats(0, 8),
    grade_percent=st.floats(-45, 45),
    heart_rate_bpm=st.none() | st.floats(25, 250),
    is_present=st.none() | st.booleans(),
    hands=st.none() | st.sampled_from(["free", "rest", "grip"]),
    is_emergency_stop=st.booleans(),
    distance_m=st.none() | st.floats(0, 1e6),
    cadence_steps_per_min=st.none() | st.floats(0, 300),
)
events = st.builds(
    ReadingsEvent,
    treadmill=st.just("gym/treadmill"),
    device_id=st.text(max_size=20),
    boot_id=st.integers(0, 2**53),
    received_at_ms=st.integers(0, 2**53),
    sent_at_ms=st.none() | st.integers(0, 2**53),
    after=st.none() | st.tuples(st.integers(0, 2**53), st.integers(1, 2**32 - 1)),
    readings=st.lists(readings, max_size=5),
    skips=st.lists(st.builds(Skip, st.integers(1, 9), st.text(max_size=9)), max_size=2),
)


@given(st.lists(events, max_size=4))
def test_a_frame_says_what_was_put_into_it(frame_events: list[ReadingsEvent]) -> None:
    frame = EventsFrame(FRAME_VERSION, list(frame_events))

    assert events_decoder.decode(encoder.encode(frame)) == frame


def test_an_older_record_without_the_later_fields_is_read() -> None:
    """Fields are only ever appended, with defaults."""
    older = [1, "gym/treadmill", "device-a", 5, 10, None, None, [[1, 9, True, 1.5]]]

    frame = events_decoder.decode(msgspec.msgpack.encode([FRAME_VERSION, [older]]))

    assert frame.events == [
        ReadingsEvent(
            "gym/treadmill",
            "device-a",
            5,
            10,
            None,
            None,
            [FrameReading(seq=1, measured_at_ms=9, is_reverse=True, speed_m_per_s=1.5)],
        )
    ]


def test_fields_of_a_newer_program_are_passed_over() -> None:
    newer = [3, "gym/treadmill", "claim-1", 99, "what came later"]

    frame = events_decoder.decode(msgspec.msgpack.encode([FRAME_VERSION, [newer], "more"]))

    assert frame.events == [ReleaseEvent("gym/treadmill", "claim-1", 99)]


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x91\x01", msgspec.msgpack.encode({"a": 1})])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        events_decoder.decode(data)


def test_a_reading_takes_about_fifty_bytes() -> None:
    reading = FrameReading(4711, 1_795_406_910_250, True, 1.2, -2.5, 131.0, True, "free")  # noqa: FBT003
    frame = EventsFrame(
        FRAME_VERSION,
        [ReadingsEvent("gym/treadmill", "device-a", 5, 10, None, None, [reading] * 500)],
    )

    assert len(encoder.encode(frame)) / 500 < 60
