"""Gathers events that arrive together into frames, one open frame for each partition."""

from typing import Generic, TypeVar

from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_FRAME_BYTES,
    MAX_FRAME_READINGS,
    EventsFrame,
    ReadingsEvent,
)

Tag = TypeVar("Tag")


class OpenFrame(Generic[Tag]):
    """Events of one partition, and the tags of the messages that brought them."""

    __slots__ = ("bytes_at_most", "events", "partition", "readings_count", "tags")

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.events: list[ReadingsEvent] = []
        self.tags: list[Tag] = []
        self.readings_count = 0
        self.bytes_at_most = 0

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
        self, partition: int, event: ReadingsEvent, bytes_at_most: int, tag: Tag
    ) -> OpenFrame[Tag] | None:
        """Add an event; return the partition's frame if it had to be closed to make room.

        `bytes_at_most` must not be less than what the event takes in the frame: its JSON never is.
        """
        full = None
        readings_count = len(event.readings) + len(event.skips)
        frame = self._open.get(partition)
        if frame is not None and (
            frame.readings_count + readings_count > self._max_readings
            or frame.bytes_at_most + bytes_at_most > self._max_bytes
        ):
            full, frame = frame, None
        if frame is None:
            frame = self._open[partition] = OpenFrame(partition)
        frame.events.append(event)
        frame.tags.append(tag)
        frame.readings_count += readings_count
        frame.bytes_at_most += bytes_at_most
        return full

    def take(self) -> list[OpenFrame[Tag]]:
        """Return all frames in the making and begin new ones."""
        frames = list(self._open.values())
        self._open.clear()
        return frames
