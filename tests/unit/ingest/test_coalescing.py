from hypothesis import given
from hypothesis import strategies as st

from backstride_ingest.domain.coalescing import Coalescer
from backstride_shared.frames import FRAME_VERSION, Skip
from tests.factories.events import message, run_of


def test_events_of_a_partition_share_a_frame_in_order() -> None:
    coalescer: Coalescer[str] = Coalescer()
    first, second = message(run_of(1, 1, 0)), message(run_of(2, 1, 0))

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
    coalescer: Coalescer[str] = Coalescer(max_bytes=1000)
    coalescer.add(0, message(run_of(1, 1, 0)), 600, "a")

    full = coalescer.add(0, message(run_of(2, 1, 0)), 401, "b")

    assert full is not None
    assert full.tags == ["a"]


def test_a_message_larger_than_a_frame_gets_its_own() -> None:
    coalescer: Coalescer[str] = Coalescer(max_readings=2)

    assert coalescer.add(0, message(run_of(1, 5, 0)), 10, "a") is None
    assert [frame.tags for frame in coalescer.take()] == [["a"]]


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
