"""Which readings of a message are new."""

from backstride_shared.fold.marks import KEPT_BOOT_IDS, Verdict, mark_message
from backstride_shared.fold.state import Mark
from backstride_shared.frames import Skip
from tests.factories.events import DEVICE, START_MS, message, reading, run_of

DAY_MS = 24 * 3600 * 1000


def seqs(marked_readings: list) -> list[int]:  # type: ignore[type-arg]
    return [one.seq for one in marked_readings]


def test_the_first_message_of_a_device_is_new() -> None:
    marks: dict[str, Mark] = {}

    marked = mark_message(marks, message(run_of(1, 3, 0)))

    assert marked.verdict is Verdict.ACCEPTED
    assert seqs(marked.readings) == [1, 2, 3]
    assert (marks[DEVICE].boot_id, marks[DEVICE].seq) == (1, 3)


def test_a_message_taken_again_is_a_duplicate_and_moves_nothing() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0)))

    marked = mark_message(marks, message(run_of(1, 3, 0)))

    assert marked.verdict is Verdict.DUPLICATE
    assert marked.duplicates == 3
    assert marks[DEVICE].seq == 3


def test_of_an_overlapping_message_only_the_new_part_is_taken() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0)))

    marked = mark_message(marks, message(run_of(2, 4, 1)))

    assert seqs(marked.readings) == [4, 5]
    assert marked.duplicates == 2
    assert marked.gap_readings == 0


def test_a_message_whose_predecessor_was_lost_is_left_for_the_resend() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0)))

    marked = mark_message(marks, message(run_of(7, 3, 6), after=(1, 6)))

    assert marked.verdict is Verdict.AHEAD
    assert marks[DEVICE].seq == 3


def test_an_unknown_device_that_names_a_predecessor_is_left_for_the_resend() -> None:
    marks: dict[str, Mark] = {}

    marked = mark_message(marks, message(run_of(7, 3, 6), after=(1, 6)))

    assert marked.verdict is Verdict.AHEAD
    assert marks == {}


def test_a_predecessor_of_an_older_boot_must_have_been_handled_too() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0)))

    ahead = mark_message(marks, message(run_of(1, 3, 9), boot_id=2, after=(1, 5)))
    follows = mark_message(marks, message(run_of(1, 3, 9), boot_id=2, after=(1, 3)))

    assert ahead.verdict is Verdict.AHEAD
    assert follows.verdict is Verdict.ACCEPTED


def test_a_jump_without_predecessor_is_a_counted_gap() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0)))

    marked = mark_message(marks, message(run_of(6, 2, 5)))

    assert marked.verdict is Verdict.ACCEPTED
    assert marked.gap_readings == 2
    assert marks[DEVICE].gap_count == 2


def test_what_a_device_set_aside_is_no_gap() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0)))

    marked = mark_message(marks, message(run_of(6, 2, 5), after=(1, 3)))

    assert marked.verdict is Verdict.ACCEPTED
    assert marked.gap_readings == 0


def test_a_skip_advances_the_mark_and_is_remembered_for_a_repair() -> None:
    marks: dict[str, Mark] = {}

    marked = mark_message(
        marks, message([reading(1, 0), reading(3, 2)], skips=[Skip(2, "bad"), Skip(4, "bad")])
    )

    assert seqs(marked.readings) == [1, 3]
    assert marked.gap_readings == 0
    assert marks[DEVICE].seq == 4
    assert marks[DEVICE].skipped == [(1, 2), (1, 4)]


def test_a_message_of_skips_alone_is_accepted_once() -> None:
    marks: dict[str, Mark] = {}
    first = mark_message(marks, message([], skips=[Skip(1, "bad")]))
    again = mark_message(marks, message([], skips=[Skip(1, "bad")]))

    assert first.verdict is Verdict.ACCEPTED
    assert again.verdict is Verdict.DUPLICATE
    assert marks[DEVICE].skipped_count == 1


def test_a_lower_boot_that_was_seen_is_a_duplicate() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0)))
    mark_message(marks, message(run_of(1, 3, 9), boot_id=2))

    assert mark_message(marks, message(run_of(1, 3, 0))).verdict is Verdict.DUPLICATE


def test_a_lower_boot_never_seen_is_foreign() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0), boot_id=5))

    assert mark_message(marks, message(run_of(1, 3, 0), boot_id=4)).verdict is Verdict.FOREIGN_BOOT
    assert (marks[DEVICE].boot_id, marks[DEVICE].seq) == (5, 3)


def test_a_replaced_device_starts_its_own_numbering() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message(run_of(1, 3, 0), boot_id=9))

    marked = mark_message(marks, message(run_of(1, 3, 9), boot_id=2, device_id="device-b"))

    assert marked.verdict is Verdict.ACCEPTED
    assert marks[DEVICE].boot_id == 9


def test_known_boots_are_bounded() -> None:
    marks: dict[str, Mark] = {}
    for boot_id in range(1, KEPT_BOOT_IDS + 10):
        mark_message(marks, message(run_of(1, 1, boot_id), boot_id=boot_id))

    assert len(marks[DEVICE].known_boot_ids) == KEPT_BOOT_IDS


def test_a_clock_far_ahead_is_corrected_by_the_difference_seen_first() -> None:
    marks: dict[str, Mark] = {}
    ahead_ms = 3_600_000

    first = mark_message(
        marks,
        message([reading(1, 3600)], sent_at_ms=START_MS + ahead_ms, received_at_ms=START_MS),
    )
    second = mark_message(
        marks,
        message(
            [reading(2, 3601)],
            sent_at_ms=START_MS + ahead_ms + 1000,
            received_at_ms=START_MS + 4000,
        ),
    )

    assert first.readings[0].measured_at_ms == START_MS
    assert second.readings[0].measured_at_ms == START_MS + 1000
    assert marks[DEVICE].clock_shift_ms == -ahead_ms


def test_a_clock_of_1970_is_corrected() -> None:
    marks: dict[str, Mark] = {}

    marked = mark_message(
        marks,
        message([reading(1, -START_MS / 1000 + 5)], sent_at_ms=6000, received_at_ms=START_MS),
    )

    assert marked.readings[0].measured_at_ms == START_MS - 1000


def test_a_message_that_waited_for_days_keeps_its_times() -> None:
    marks: dict[str, Mark] = {}

    marked = mark_message(
        marks,
        message([reading(1, 0)], sent_at_ms=START_MS, received_at_ms=START_MS + 6 * DAY_MS),
    )

    assert marked.readings[0].measured_at_ms == START_MS


def test_a_new_boot_has_its_own_clock() -> None:
    marks: dict[str, Mark] = {}
    mark_message(marks, message([reading(1, 0)], sent_at_ms=6000, received_at_ms=START_MS))

    mark_message(
        marks,
        message([reading(1, 9)], boot_id=2, sent_at_ms=START_MS, received_at_ms=START_MS),
    )

    assert marks[DEVICE].clock_shift_ms == 0
