from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_ingest.domain.coalescing import EVENT_OVERHEAD_BYTES, Coalescer
from backstride_shared.fold import TreadmillsFold, encode_state
from backstride_shared.fold.alerts import AlertKind
from backstride_shared.frames import (
    FRAME_VERSION,
    EnergyItem,
    EnergyReading,
    EnergySegment,
    ReadingsEvent,
    Skip,
)
from tests.factories.events import DEVICE, TREADMILL, message, run_of


def test_events_of_a_partition_share_a_frame_in_order() -> None:
    coalescer: Coalescer[str] = Coalescer()
    first, second = message(run_of(1, 1, 0)), message(run_of(2, 1, 0), device_id="other")

    assert coalescer.add(3, first, 100, "a") is None
    assert coalescer.add(3, second, 100, "b") is None
    (frame,) = coalescer.take()

    assert (frame.partition, frame.tags) == (3, ["a", "b"])
    assert frame.close().events == [first, second]
    assert frame.close().version == FRAME_VERSION


def test_partitions_have_frames_of_their_own() -> None:
    coalescer: Coalescer[str] = Coalescer()
    coalescer.add(0, message(run_of(1, 1, 0)), 100, "a")
    coalescer.add(1, message(run_of(1, 1, 0)), 100, "b")

    assert len(coalescer) == 2
    assert [(frame.partition, frame.tags) for frame in coalescer.take()] == [(0, ["a"]), (1, ["b"])]
    assert len(coalescer) == 0
    assert coalescer.take() == []


def test_a_frame_is_closed_before_it_has_too_many_readings() -> None:
    coalescer: Coalescer[str] = Coalescer(max_readings=10)
    coalescer.add(0, message(run_of(1, 6, 0)), 10, "a")

    full = coalescer.add(0, message(run_of(7, 4, 0), skips=[Skip(11, "x")]), 10, "b")

    assert full is not None
    assert full.tags == ["a"]
    assert [frame.tags for frame in coalescer.take()] == [["b"]]


def test_a_frame_is_closed_before_it_has_too_many_bytes() -> None:
    coalescer: Coalescer[str] = Coalescer(max_bytes=1000 + 2 * EVENT_OVERHEAD_BYTES)
    coalescer.add(0, message(run_of(1, 1, 0)), 600, "a")

    full = coalescer.add(0, message(run_of(2, 1, 0)), 401, "b")

    assert full is not None
    assert full.tags == ["a"]


def test_a_message_larger_than_a_frame_gets_its_own() -> None:
    coalescer: Coalescer[str] = Coalescer(max_readings=2)

    assert coalescer.add(0, message(run_of(1, 5, 0)), 10, "a") is None
    assert [frame.tags for frame in coalescer.take()] == [["a"]]


def events_of(*messages: ReadingsEvent) -> list[ReadingsEvent]:
    """Return the events of the one frame that these messages come to."""
    coalescer: Coalescer[int] = Coalescer()
    readings_count = sum(len(one.readings) + len(one.skips) for one in messages)
    for number, one in enumerate(messages):
        assert coalescer.add(0, one, 100, number) is None
    (frame,) = coalescer.take()
    assert frame.tags == list(range(len(messages)))
    assert frame.readings_count == readings_count
    events = []
    for event in frame.close().events:
        assert isinstance(event, ReadingsEvent)
        events.append(event)
    return events


def test_messages_that_continue_each_other_become_one_event() -> None:
    whole = message(run_of(1, 6, 0), after=(0, 9), sent_at_ms=5)

    events = events_of(
        message(run_of(1, 2, 0), after=(0, 9), sent_at_ms=5),
        message(run_of(3, 3, 2), after=(1, 2), sent_at_ms=6),
        message(run_of(6, 1, 5), after=(1, 5), sent_at_ms=7),
    )

    assert events == [whole]


def test_a_device_without_an_outbox_has_its_messages_joined_too() -> None:
    assert events_of(message(run_of(1, 1, 0)), message(run_of(4, 1, 3))) == [
        message([*run_of(1, 1, 0), *run_of(4, 1, 3)])
    ]


@pytest.mark.parametrize(
    "later",
    [
        message(run_of(2, 1, 1), boot_id=2, after=(1, 1)),
        message(run_of(2, 1, 1), device_id="other", after=(1, 1)),
        message(run_of(2, 1, 1), skips=[Skip(3, "x")], after=(1, 1)),
        message(run_of(3, 1, 1), after=(1, 2)),
        message(run_of(2, 1, 1), after=None),
        message(run_of(1, 2, 0), after=(0, 9)),
    ],
    ids=["boot", "device", "skip", "hole", "says nothing", "sent again"],
)
def test_a_message_that_does_not_simply_continue_is_an_event_of_its_own(
    later: ReadingsEvent,
) -> None:
    earlier = message(run_of(1, 1, 0), after=(0, 9))

    assert events_of(earlier, later) == [earlier, later]


def test_what_two_devices_of_a_treadmill_send_keeps_its_order() -> None:
    messages = [
        message(run_of(1, 1, 0)),
        message(run_of(1, 1, 1), device_id="other"),
        message(run_of(2, 1, 2)),
    ]

    assert events_of(*messages) == messages


# Steps of a device: by how much seq rises (0 and less: sent again), whether it says `after`.
_STEPS = st.lists(
    st.tuples(st.integers(-2, 3), st.integers(1, 3), st.booleans(), st.sampled_from([DEVICE, "b"])),
    min_size=1,
    max_size=20,
)


@given(_STEPS)
def test_joined_messages_fold_to_the_same_state_and_points(
    steps: list[tuple[int, int, bool, str]],
) -> None:
    messages: list[ReadingsEvent] = []
    last_seq = dict.fromkeys([DEVICE, "b"], 0)
    for rise, count, says_after, device_id in steps:
        first_seq = max(1, last_seq[device_id] + rise)
        after = (1, first_seq - 1) if says_after and first_seq > 1 else None
        readings = run_of(first_seq, count, first_seq)
        messages.append(message(readings, device_id=device_id, after=after))
        last_seq[device_id] = first_seq + count - 1

    one_by_one, joined = TreadmillsFold(), TreadmillsFold()
    for one in messages:
        one_by_one.apply(one)
    for event in events_of(*messages):
        joined.apply(event)

    expected, found = one_by_one.drain(), joined.drain()
    for fold in (one_by_one, joined):
        # two devices in conflict are watched message by message: peace is noticed a message later
        fold.states[TREADMILL].alerts.pop(AlertKind.DEVICE_CONFLICT, None)
    assert encode_state(joined.states[TREADMILL]) == encode_state(one_by_one.states[TREADMILL])
    assert _points_of(found.items) == _points_of(expected.items)
    assert found.gap_readings == expected.gap_readings
    assert found.duplicate_readings == expected.duplicate_readings


def _points_of(items: Sequence[EnergyItem]) -> list[EnergyReading]:
    return [
        reading for item in items if isinstance(item, EnergySegment) for reading in item.readings
    ]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), max_size=40))
def test_no_event_is_lost_and_partitions_keep_their_order(events: list[tuple[int, int]]) -> None:
    coalescer: Coalescer[int] = Coalescer(max_readings=8)
    frames = []
    for number, (partition, readings_count) in enumerate(events):
        full = coalescer.add(partition, message(run_of(1, readings_count, 0)), 10, number)
        if full is not None:
            frames.append(full)
    frames += coalescer.take()

    for partition in range(3):
        tags = [tag for frame in frames if frame.partition == partition for tag in frame.tags]
        assert tags == [number for number, event in enumerate(events) if event[0] == partition]
    assert all(frame.readings_count <= 8 for frame in frames)
