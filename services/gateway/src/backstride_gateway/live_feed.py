"""The live feed: one reader upstream, many listeners, each with a bounded queue.

The store is never polled.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from prometheus_client import Gauge

from backstride_gateway.domain.claiming import LastMoving
from backstride_gateway.domain.live import LivePicture
from backstride_gateway.domain.live_view import ClaimView, LiveTreadmill, last_moving_of, view_of
from backstride_gateway.live_listener import Listener, TreadmillChanged, WholePicture
from backstride_gateway.ports import Clock, StoredState
from backstride_gateway.waking import Waking
from backstride_shared.frames import EnergyItem, StateRecord

PUBLISH_INTERVAL_S: Final = 0.02
"""A change is told at once, then those of this time go out as one: a backlog would send more.

A treadmill at 4 Hz changes ten times more slowly; only faster ones are told of less often.
"""
LOOK_INTERVAL_S: Final = 1.0
"""How often all treadmills are looked at for what changes by time alone."""
MAX_LISTENERS: Final = 2_000
"""Unless the settings say otherwise: each is a socket and at most a queue of what all share."""

_LISTENERS = Gauge("backstride_gateway_live_listeners", "Open live streams")
_TREADMILLS = Gauge("backstride_gateway_treadmills", "Treadmills in the live picture")
_LEFT_OUT = Gauge(
    "backstride_gateway_treadmills_left_out", "Times that a treadmill beyond the bound was heard"
)


MAX_LISTENERS_OF_ONE: Final = 20
"""Unless the settings say otherwise: somebody's phone, screens on walls, tabs left open."""


class TooManyListenersError(Exception):
    """As many live streams are open as the gateway serves."""


class TooManyOfOneError(Exception):
    """As many live streams of one follower are open as one may have."""


class LiveFeed:
    """Holds the live picture and tells its listeners; lives in one event loop."""

    def __init__(
        self,
        clock: Clock,
        max_listeners: int = MAX_LISTENERS,
        max_listeners_of_one: int = MAX_LISTENERS_OF_ONE,
    ) -> None:
        self._clock = clock
        self._max_listeners = max_listeners
        self._max_listeners_of_one = max_listeners_of_one
        self._picture = LivePicture()
        self._claims: dict[str, ClaimView] = {}
        # by the treadmill that they follow, None: all of them
        self._listeners: defaultdict[str | None, set[Listener]] = defaultdict(set)
        self._listeners_count = 0
        self._listeners_of: Counter[str] = Counter()
        self._changed: set[str] = set()
        self._waking = Waking()
        self._shown: dict[str, tuple[object, ...]] = {}
        # ids of another run of the program must not look like ours
        self._epoch = clock()
        self._count = 0
        self._is_closed = False

    # --- what comes in ------------------------------------------------------------------------

    def restore(self, states: Sequence[StoredState], claims: Sequence[ClaimView]) -> None:
        """Begin with what is stored; what the log brought already stays."""
        for stored in states:
            if self._picture.restore(stored.state, stored.written_at_ms):
                self._note(stored.state.treadmill)
        for claim in claims:
            self.take_claim(claim)

    def receive(self, items: Sequence[EnergyItem], arrived_at_ms: int) -> None:
        """Take a record of `energy.v1`."""
        self._note(*self._picture.apply(items, arrived_at_ms))

    def receive_state(self, record: StateRecord) -> None:
        """Take a birth or a last will."""
        if self._picture.apply_state(record):
            self._note(record.treadmill)

    def take_claim(self, view: ClaimView) -> None:
        """Take the latest claim of a treadmill, which may be one that ended."""
        treadmill = view.claim.treadmill
        if self._picture.know(treadmill) is None:
            return
        self._claims[treadmill] = view
        self._note(treadmill)

    def forget_claim(self, treadmill: str) -> None:
        """Show nobody as the holder of a treadmill that has no claim any more."""
        if self._claims.pop(treadmill, None) is not None:
            self._note(treadmill)

    # --- what is asked ------------------------------------------------------------------------

    def treadmills(self) -> list[LiveTreadmill]:
        """Return all treadmills in the order of their names."""
        now_ms = self._clock()
        return [self._view(treadmill, now_ms) for treadmill in sorted(self._picture.treadmills)]

    def treadmill(self, treadmill: str) -> LiveTreadmill | None:
        """Return one treadmill, None when nothing was ever heard of it."""
        if treadmill not in self._picture.treadmills:
            return None
        return self._view(treadmill, self._clock())

    def last_moving(self, treadmill: str) -> LastMoving:
        """Return the last moving reading of the claim whose session is the latest."""
        picture = self._picture.treadmills.get(treadmill)
        latest = self._claims.get(treadmill)
        return last_moving_of(
            None if picture is None else picture.session, None if latest is None else latest.claim
        )

    def whole_picture(self, treadmill: str | None) -> WholePicture:
        """Return what a listener begins with."""
        if treadmill is None:
            return WholePicture(self._event_id(), tuple(self.treadmills()))
        view = self.treadmill(treadmill)
        return WholePicture(self._event_id(), () if view is None else (view,))

    # --- listeners ----------------------------------------------------------------------------

    def listen(self, treadmill: str | None = None, follower: str = "") -> Listener:
        """Return a new listener of one treadmill, or of all; `leave` when its stream ends.

        Raises:
            TooManyOfOneError: when this follower has as many already as one may have.
            TooManyListenersError: when as many listen already as may.

        """
        if self._listeners_of[follower] >= self._max_listeners_of_one:
            raise TooManyOfOneError(f"{self._max_listeners_of_one} at most: close one first")
        if self._listeners_count >= self._max_listeners:
            raise TooManyListenersError
        listener = Listener(treadmill, follower, lambda: self.whole_picture(treadmill))
        if self._is_closed:
            listener.close()
        self._listeners[treadmill].add(listener)
        self._listeners_count += 1
        self._listeners_of[follower] += 1
        _LISTENERS.set(self._listeners_count)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        together = self._listeners.get(listener.treadmill, set())
        if listener not in together:
            return
        together.remove(listener)
        if not together:
            del self._listeners[listener.treadmill]
        self._listeners_count -= 1
        self._listeners_of[listener.follower] -= 1
        if not self._listeners_of[listener.follower]:
            del self._listeners_of[listener.follower]
        _LISTENERS.set(self._listeners_count)

    def close(self) -> None:
        """End every stream, also those that begin later: the program stops."""
        self._is_closed = True
        self.end_streams()

    def end_streams(self) -> None:
        """End every stream that is open now."""
        for together in self._listeners.values():
            for listener in together:
                listener.close()

    async def run(
        self, interval_s: float = PUBLISH_INTERVAL_S, look_interval_s: float = LOOK_INTERVAL_S
    ) -> None:
        """Tell the listeners what changed, for ever; also what changes by time alone."""
        now_s = asyncio.get_running_loop().time
        look_at_s = now_s()
        while True:
            began_s = now_s()
            is_look = began_s >= look_at_s
            if is_look:
                look_at_s = began_s + look_interval_s
            self.publish(is_look_at_all=is_look)
            # at least half of the time is for what else there is to do
            await asyncio.sleep(max(interval_s, now_s() - began_s))
            with suppress(TimeoutError):
                async with asyncio.timeout_at(look_at_s):
                    await self._waking.wait()

    def publish(self, *, is_look_at_all: bool) -> None:
        """Tell the listeners what changed since the last call.

        With `is_look_at_all`, treadmills that fell silent or whose session or claim ran out of
        time are told of as well.
        """
        now_ms = self._clock()
        _TREADMILLS.set(len(self._picture.treadmills))
        _LEFT_OUT.set(self._picture.left_out)
        changed, self._changed = self._changed, set()
        self._waking.forget()
        followed = self._listeners.keys()
        if is_look_at_all:
            looked_at = set(self._picture.treadmills)
        elif None in followed:
            looked_at = changed
        else:
            # a view that nobody is shown costs as much; whoever comes gets the whole picture
            looked_at = changed & followed
        for treadmill in sorted(looked_at):
            view = self._view(treadmill, now_ms)
            shown = (view.status, view.is_session_running, view.claim)
            if treadmill not in changed and self._shown.get(treadmill) == shown:
                continue
            self._shown[treadmill] = shown
            self._count += 1
            update = TreadmillChanged(self._event_id(), view)
            for one in (treadmill, None):
                for listener in self._listeners.get(one, ()):
                    listener.offer(update)

    def _note(self, *treadmills: str) -> None:
        self._changed.update(treadmills)
        if self._changed:
            self._waking.wake()

    def _view(self, treadmill: str, now_ms: int) -> LiveTreadmill:
        return view_of(self._picture.treadmills[treadmill], self._claims.get(treadmill), now_ms)

    def _event_id(self) -> str:
        return f"{self._epoch}-{self._count}"
