"""Attempts to sign in or to use a code: slowed down when they fail."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import Counter as Metric

from backstride_gateway.domain.throttling import Counter, Throttle, by_code, by_number, by_scan
from backstride_gateway.ports import Clock

_REFUSED: Final = Metric(
    "backstride_gateway_attempts_throttled_total", "Attempts to sign in that came too soon"
)


class TooManyAttemptsError(Exception):
    """An attempt that came too soon after failures; `wait_s` says when to try again."""

    def __init__(self, wait_s: int) -> None:
        """Keep the wait."""
        super().__init__(f"try again in {wait_s} s")
        self.wait_s = wait_s


class Attempts:
    """One throttle for all ways in; safe to call from several threads.

    Each attempt is counted as a failure until what is returned for it is called. Each method
    raises TooManyAttemptsError when it comes too soon.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._throttle = Throttle()
        self._lock = threading.Lock()

    def sign_in(self, name: str, address: str) -> Callable[[], None]:
        """Begin to try a password; a right one makes the name known at this address."""
        return self._with_password(name, address, is_signed_in=False)

    def confirm(self, name: str, address: str) -> Callable[[], None]:
        """Begin to try the password of somebody who is signed in."""
        return self._with_password(name, address, is_signed_in=True)

    def use_code(self, address: str) -> Callable[[], None]:
        """Begin to try a code of 80 random bits."""
        return self._begin(by_code(address))

    def scan(self, account_id: str, address: str) -> Callable[[], None]:
        """Begin to try the code of a treadmill."""
        return self._begin(by_scan(account_id, address))

    def key_in(self, number: str) -> Callable[[], None]:
        """Begin to try the PIN of a number at a console."""
        return self._begin(by_number(number))

    def _with_password(self, name: str, address: str, *, is_signed_in: bool) -> Callable[[], None]:
        with self._lock:
            counters = self._throttle.by_name(name, address, is_signed_in=is_signed_in)
        take_back = self._begin(counters)

        def was_right() -> None:
            take_back()
            with self._lock:
                self._throttle.know(name, address)

        return was_right

    def _begin(self, counters: Sequence[Counter]) -> Callable[[], None]:
        with self._lock:
            wait_ms = self._throttle.begin(counters, self._clock())
        if wait_ms > 0:
            _REFUSED.inc()
            raise TooManyAttemptsError(-(-wait_ms // 1000))

        def take_back() -> None:
            with self._lock:
                self._throttle.succeeded(counters)

        return take_back
