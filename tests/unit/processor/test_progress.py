import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_processor.domain.progress import OffsetJumpError, Progress


def test_the_record_that_is_due_is_taken_once() -> None:
    progress = Progress({0: 7})

    assert progress.admit(0, 7)
    assert not progress.admit(0, 7)
    assert progress.due() == {0: 8}


def test_a_record_before_the_start_is_not_taken() -> None:
    progress = Progress({0: 7})

    assert not progress.admit(0, 6)
    assert progress.due() == {}


def test_a_record_of_a_partition_that_is_not_ours_is_not_taken() -> None:
    assert not Progress({0: 7}).admit(1, 0)


def test_missing_records_are_named() -> None:
    progress = Progress({0: 7, 3: 0})

    with pytest.raises(OffsetJumpError, match="partition 0: offset 10 came where 7 was due, 3 rec"):
        progress.admit(0, 10)
    assert progress.due() == {}


def test_only_partitions_that_moved_since_the_last_commit_are_due() -> None:
    progress = Progress({0: 0, 1: 0})
    progress.admit(0, 0)
    progress.admit(1, 0)
    progress.note_committed(progress.due())
    progress.admit(1, 1)

    assert progress.due() == {1: 2}
    assert progress.next_offsets() == {0: 1, 1: 2}


@given(st.lists(st.integers(min_value=0, max_value=9), max_size=60))
def test_no_offset_is_due_before_every_record_below_it_was_taken(offsets: list[int]) -> None:
    progress = Progress({0: 0})
    taken: set[int] = set()
    for offset in offsets:
        with contextlib.suppress(OffsetJumpError):
            if progress.admit(0, offset):
                taken.add(offset)
        assert set(range(progress.due().get(0, 0))) == taken
