"""When a session goes on and when it is over, in event time."""

from typing import Final

CLAIMED_IDLE_MS: Final = 10 * 60 * 1000
"""Rests belong to a workout: a claim ends this long after its last moving reading."""
UNCLAIMED_IDLE_MS: Final = 2 * 60 * 1000
"""Two people who did not claim the treadmill should not become one session."""


def idle_ms(claim_id: str | None) -> int:
    """Return how long a session may stand still before it is over."""
    return UNCLAIMED_IDLE_MS if claim_id is None else CLAIMED_IDLE_MS


def is_over(claim_id: str | None, last_moving_at_ms: int, now_ms: int) -> bool:
    """Return whether a session is over at `now_ms`; asked by readers, never written by a timer."""
    return now_ms - last_moving_at_ms > idle_ms(claim_id)
