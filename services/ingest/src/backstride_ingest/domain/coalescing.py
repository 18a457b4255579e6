"""Gathers events that arrive together into frames, one open frame for each partition.

Messages of a device that follow each other become one event: whoever drains a backlog of single
readings then pays for a message once, here, and not in each program behind.
"""

from typing import Final, Generic, TypeVar

from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_FRAME_BYTES,
    MAX_FRAME_READINGS,
    EventsFrame,
    ReadingsEvent,
)

EVENT_OVERHEAD_BYTES: Final = 256
"""More than an event takes in a frame beside its readings: treadmill, device, times."""

Tag = TypeVar("Tag")


def may_join(earlier: ReadingsEvent, later: ReadingsEvent) -> bool:
    """Return whether one event with the readings of both means the same.

    So it is when nothing can stand between them: the later one says that it comes after the
    earlier one's last reading, or neither says anything of the kind.
    """
    if (
        later.boot_id != earlier.boot_id
        or later.device_id != earlier.device_id
        or earlier.skips
        or later.skips
    ):
        return False
    last_seq = earlier.readings[-1].seq
    if later.readings[0].seq <= last_seq:
        return False
    if earlier.after is None:
        return later.after is None
    return later.after == (earlier.boot_id, last_seq)


class OpenFrame(Generic[Tag]):
    """Events of one partition, and the tags of the messages that brought them."""

    __slots__ = ("_latest", "bytes_at_most", "events", "partition", "readings_count", "tags")

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.events: list[ReadingsEvent] = []
        self.tags: list[Tag] = []
        self.readings_count = 0
        self.bytes_at_most = 0
        # only with a treadmill's latest event: what its other devices sent keeps its place
        self._latest: dict[str, ReadingsEvent] = {}

    def add(self, event: ReadingsEvent, readings_count: int, payload_bytes: int, tag: Tag) -> None:
        """Add an event, or its readings to the event that it continues."""
        self.tags.append(tag)
        self.readings_count += readings_count
        latest = self._latest.get(event.treadmill)
        if latest is not None and may_join(latest, event):
            # an event is frozen, but nobody else has seen it yet
            latest.readings.extend(event.readings)
            self.bytes_at_most += payload_bytes
        else:
            self.events.append(event)
            self._latest[event.treadmill] = event
            self.bytes_at_most += payload_bytes + EVENT_OVERHEAD_BYTES

    def close(self) -> EventsFrame:
        """Return the frame with these events."""
        return EventsFrame(FRAME_VERSION, list(self.events))


class Coalescer(Generic[Tag]):
    """Frames in the making; the caller decides when time is up."""

    def __init__(
        self, max_readings: int = MAX_FRAME_READINGS, max_bytes: int = MAX_FRAME_BYTES
    ) -> None:
        self._max_readings = max_readings
        self._max_bytes = max_bytes
        self._open: dict[int, OpenFrame[Tag]] = {}

    def __len__(self) -> int:
        """Return the number of frames in the making."""
        return len(self._open)

    def add(
        self, partition: int, event: ReadingsEvent, payload_bytes: int, tag: Tag
    ) -> OpenFrame[Tag] | None:
        """Add an event; return the partition's frame if it had to be closed to make room.

        `payload_bytes` must not be less than what its readings and skips take in the frame: as
        JSON they never are. The lists of an event that was added belong to the frame.
        """
        full = None
        readings_count = len(event.readings) + len(event.skips)
        frame = self._open.get(partition)
        if frame is not None and (
            frame.readings_count + readings_count > self._max_readings
            or frame.bytes_at_most + payload_bytes + EVENT_OVERHEAD_BYTES > self._max_bytes
        ):
            full, frame = frame, None
        if frame is None:
            frame = self._open[partition] = OpenFrame(partition)
        frame.add(event, readings_count, payload_bytes, tag)
        return full

    def take(self) -> list[OpenFrame[Tag]]:
        """Return all frames in the making and begin new ones."""
        frames = list(self._open.values())
        self._open.clear()
        return frames
