"""Which readings of a message are new: the mark of each device, gaps, resends, wrong clocks."""

from enum import Enum
from typing import Final, NamedTuple

from backstride_shared.fold.state import Mark
from backstride_shared.frames import FrameReading, ReadingsEvent
from backstride_shared.messages import MAX_AGE_MS, MAX_CLOCK_AHEAD_MS

KEPT_BOOT_IDS: Final = 64
KEPT_SKIPS: Final = 256


class Verdict(Enum):
    """What became of a message."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """Everything in it stands at or below the mark; `stored` should be told again."""
    AHEAD = "ahead"
    """Something before it was lost on the way, and the device still has it: it sends again."""
    FOREIGN_BOOT = "foreign boot"
    """A lower boot id never seen: two devices with one id, or a clock gone back."""


class Marked(NamedTuple):
    """The new readings of a message, with corrected times, and what was counted."""

    verdict: Verdict
    readings: list[FrameReading]
    duplicates: int
    gap_readings: int
    skips: int


def clock_shift_ms(event: ReadingsEvent) -> int:
    """Return what to add to the times of a boot whose first message this is.

    A clock more than 60 s ahead of receipt or more than 7 days behind is wrong; less behind may
    be a message that waited in a queue.
    """
    if event.sent_at_ms is None:
        return 0
    offset_ms = event.received_at_ms - event.sent_at_ms
    return offset_ms if offset_ms < -MAX_CLOCK_AHEAD_MS or offset_ms > MAX_AGE_MS else 0


def mark_message(marks: dict[str, Mark], event: ReadingsEvent) -> Marked:
    """Advance the device's mark over a message and return what in it is new.

    A first message that says `after` something unknown is ahead too: its device still holds what
    came before. `marks` changes only when the verdict is ACCEPTED.
    """
    boot_id = event.boot_id
    mark = marks.get(event.device_id)
    if mark is not None and boot_id < mark.boot_id:
        is_known = boot_id in mark.known_boot_ids
        verdict = Verdict.DUPLICATE if is_known else Verdict.FOREIGN_BOOT
        return Marked(verdict, [], len(event.readings) + len(event.skips), 0, 0)
    if event.after is not None:
        highest = (-1, 0) if mark is None else (mark.boot_id, mark.seq)
        if tuple(event.after) > highest:
            return Marked(Verdict.AHEAD, [], 0, 0, 0)
    if mark is None:
        mark = marks[event.device_id] = Mark(-1, 0)
    if boot_id > mark.boot_id:
        mark.boot_id = boot_id
        mark.seq = 0
        mark.clock_shift_ms = clock_shift_ms(event)
        mark.known_boot_ids = [*mark.known_boot_ids, boot_id][-KEPT_BOOT_IDS:]

    seq = mark.seq
    readings = event.readings
    if readings and readings[0].seq <= seq:
        readings = [reading for reading in readings if reading.seq > seq]
    skips = [skip.seq for skip in event.skips if skip.seq > seq] if event.skips else []
    count = len(readings) + len(skips)
    duplicates = len(event.readings) + len(event.skips) - count
    if not count:
        return Marked(Verdict.DUPLICATE, [], duplicates, 0, 0)
    last_seq = max(readings[-1].seq if readings else 0, skips[-1] if skips else 0)
    # with `after` the device itself says that nothing stands between: what it set aside is no gap
    gap_readings = last_seq - seq - count if event.after is None else 0
    mark.gap_count += gap_readings
    mark.seq = last_seq
    if skips:
        mark.skipped_count += len(skips)
        mark.skipped = [*mark.skipped, *((boot_id, skip) for skip in skips)][-KEPT_SKIPS:]
    if mark.clock_shift_ms:
        readings = [_shifted(reading, mark.clock_shift_ms) for reading in readings]
    return Marked(Verdict.ACCEPTED, readings, duplicates, gap_readings, len(skips))


def _shifted(reading: FrameReading, shift_ms: int) -> FrameReading:
    return FrameReading(
        reading.seq,
        reading.measured_at_ms + shift_ms,
        reading.is_reverse,
        reading.speed_m_per_s,
        reading.grade_percent,
        reading.heart_rate_bpm,
        reading.is_present,
        reading.hands,
        reading.is_emergency_stop,
        reading.distance_m,
        reading.cadence_steps_per_min,
    )
