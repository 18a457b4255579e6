"""Attempts to sign in or to use a code: slowed down by name and address when they fail."""

import threading

from prometheus_client import Counter

from backstride_gateway.domain.throttling import Throttle
from backstride_gateway.ports import Clock

_REFUSED = Counter(
    "backstride_gateway_attempts_throttled_total", "Attempts to sign in that came too soon"
)


class TooManyAttemptsError(Exception):
    """An attempt that came too soon after failures; `wait_s` says when to try again."""

    def __init__(self, wait_s: int) -> None:
        """Keep the wait."""
        super().__init__(f"try again in {wait_s} s")
        self.wait_s = wait_s


class Attempts:
    """One throttle for all ways in; safe to call from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._throttle = Throttle()
        self._lock = threading.Lock()

    def begin(self, name: str, address: str) -> None:
        """Count an attempt, as a failure until `succeeded` is called.

        Raises:
            TooManyAttemptsError: when it comes too soon.

        """
        with self._lock:
            wait_ms = self._throttle.begin(name, address, self._clock())
        if wait_ms > 0:
            _REFUSED.inc()
            raise TooManyAttemptsError(-(-wait_ms // 1000))

    def succeeded(self, name: str, address: str) -> None:
        """Take back what was counted."""
        with self._lock:
            self._throttle.succeeded(name, address)
