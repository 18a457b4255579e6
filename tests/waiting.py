"""Waits for a condition with a deadline, and shows the last state seen when it never comes.

Tests use these instead of sleeps: they go on as soon as the condition holds,
and a failure tells what was seen instead of it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

_POLL_INTERVAL_S = 0.02  # short against any deadline, long against the cost of a probe


def wait_until(
    probe: Callable[[], T],
    *,
    what: str,
    within_s: float = 10.0,
    holds: Callable[[T], bool] = bool,
) -> T:
    """Call `probe` until `holds` accepts its answer, and return that answer.

    Raises AssertionError naming `what` and the last answer after `within_s` seconds.
    """
    deadline = time.monotonic() + within_s
    while not holds(seen := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(_missed(what, within_s, seen))
        time.sleep(_POLL_INTERVAL_S)
    return seen


@overload
async def eventually(
    probe: Callable[[], Awaitable[T]],
    *,
    what: str,
    within_s: float = ...,
    holds: Callable[[T], bool] = ...,
) -> T: ...
@overload
async def eventually(
    probe: Callable[[], T],
    *,
    what: str,
    within_s: float = ...,
    holds: Callable[[T], bool] = ...,
) -> T: ...
async def eventually(
    probe: Callable[[], T | Awaitable[T]],
    *,
    what: str,
    within_s: float = 10.0,
    holds: Callable[[T], bool] = bool,
) -> T:
    """Do as `wait_until` without blocking the event loop; `probe` may be a coroutine function."""
    deadline = time.monotonic() + within_s
    while True:
        answer = probe()
        seen: T = await answer if isinstance(answer, Awaitable) else answer
        if holds(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(_missed(what, within_s, seen))
        await asyncio.sleep(_POLL_INTERVAL_S)


def _missed(what: str, within_s: float, seen: object) -> str:
    return f"waited {within_s:g} s for {what}; the last state seen was {seen!r}"
