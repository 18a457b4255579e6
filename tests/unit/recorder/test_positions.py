"""Holes in the log are noticed."""

from backstride_recorder.domain.positions import Jump, LogPositions


def test_records_one_after_the_other_are_no_jump() -> None:
    positions = LogPositions()
    positions.begin({0: 7, 1: None})

    assert [positions.pass_over(0, 7), positions.pass_over(0, 8)] == [None, None]
    assert positions.pass_over(1, 0) is None


def test_a_hole_between_two_records_is_a_jump() -> None:
    positions = LogPositions()
    positions.begin({0: 7})

    jump = positions.pass_over(0, 10)

    assert jump == Jump(0, 7, 10)
    assert jump.missing_count == 3
    assert positions.pass_over(0, 11) is None


def test_a_log_whose_beginning_has_expired_is_a_jump() -> None:
    positions = LogPositions()
    positions.begin({0: None})

    jump = positions.pass_over(0, 40)

    assert jump is not None
    assert jump.missing_count == 40


def test_a_log_that_begins_anew_is_told_and_misses_nothing() -> None:
    positions = LogPositions()
    positions.begin({0: 7})

    jump = positions.pass_over(0, 0)

    assert jump == Jump(0, 7, 0)
    assert jump.missing_count == 0
    assert positions.pass_over(0, 1) is None


def test_a_partition_of_unknown_progress_is_taken_as_it_comes() -> None:
    positions = LogPositions()
    positions.begin({})

    assert positions.pass_over(0, 40) is None
    assert positions.pass_over(0, 42) == Jump(0, 41, 42)


def test_partitions_taken_over_begin_where_the_last_owner_ended() -> None:
    positions = LogPositions()
    positions.begin({0: 7})
    positions.pass_over(0, 7)

    positions.begin({0: 20, 1: 5})

    assert positions.pass_over(0, 20) is None
    assert positions.pass_over(1, 5) is None
