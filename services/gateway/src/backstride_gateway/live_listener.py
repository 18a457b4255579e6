"""One live stream's bounded queue, and what it is told.

A listener first gets the whole picture and then what changes. One that is too slow loses the
oldest changes, is told how many, and gets the whole picture again.
"""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Counter

from backstride_gateway.domain.live_view import LiveTreadmill
from backstride_gateway.waking import Waking

MAX_QUEUED_UPDATES: Final = 256

_DROPPED = Counter(
    "backstride_gateway_live_updates_dropped_total", "Updates that slow listeners did not get"
)


@dataclass(frozen=True, slots=True)
class WholePicture:
    """All treadmills that a listener sees; replaces what it knew."""

    event_id: str
    treadmills: tuple[LiveTreadmill, ...]


@dataclass(frozen=True, slots=True)
class TreadmillChanged:
    """One treadmill, whole."""

    event_id: str
    treadmill: LiveTreadmill
    # how it was sent, by who may see what of it: written once for all who see the same
    written: dict[Hashable, bytes] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UpdatesDropped:
    """The listener was too slow: so many updates are gone, the whole picture follows."""

    event_id: str
    count: int


LiveMessage = WholePicture | TreadmillChanged | UpdatesDropped


class Listener:
    """What one live stream has still to be told; lives in one event loop."""

    def __init__(
        self, treadmill: str | None, follower: str, picture: Callable[[], WholePicture]
    ) -> None:
        self.treadmill = treadmill
        self.follower = follower
        self.is_closed = False
        self._picture = picture
        self._is_begun = False
        self._queue: deque[TreadmillChanged] = deque()
        self._dropped = 0
        self._waking = Waking()

    def offer(self, update: TreadmillChanged) -> None:
        """Queue an update; the oldest one goes when the queue is full."""
        if len(self._queue) >= MAX_QUEUED_UPDATES:
            self._queue.popleft()
            self._dropped += 1
            _DROPPED.inc()
        self._queue.append(update)
        self._waking.wake()

    def close(self) -> None:
        """End the stream after what is being sent."""
        self.is_closed = True
        self._waking.wake()

    def wake(self) -> None:
        """Let who waits look again, though nothing may have changed."""
        self._waking.wake()

    def take(self, most: int) -> list[LiveMessage]:
        """Return what is to be told now, oldest first, at most so many changes.

        The first time it is the whole picture, also when the stream ends already.
        """
        # whatever comes from now on wakes again
        self._waking.forget()
        if not self._is_begun:
            self._is_begun = True
            return [self._picture()]
        if self.is_closed:
            return []
        if self._dropped:
            count, self._dropped = self._dropped, 0
            self._queue.clear()
            picture = self._picture()
            return [UpdatesDropped(picture.event_id, count), picture]
        queue = self._queue
        return [queue.popleft() for _ in range(min(most, len(queue)))]

    async def wait(self) -> None:
        """Return when there may be something to take, or the stream ends, or somebody woke it.

        To be called by one, when the last `take` brought nothing.
        """
        await self._waking.wait()
