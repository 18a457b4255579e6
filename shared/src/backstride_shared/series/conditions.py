"""What was so at a reading, packed into one number: choices of a few, and which values are known.

One small number instead of six columns or fields. The positions are in stored data for ever.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from backstride_shared.messages import Hands
from backstride_shared.series.ports import SeriesPoint

# 1 reverse, 2 emergency stop, 4 presence known, 8 present, 16 and 32 the hands,
# 64 heart rate known, 128 energy of the session known
_IS_REVERSE: Final = 1
_IS_EMERGENCY_STOP: Final = 2
_PRESENCE: Final[dict[bool | None, int]] = {None: 0, False: 4, True: 12}
_PRESENCE_MASK: Final = 12
_HANDS: Final[dict[Hands | None, int]] = {None: 0, "free": 16, "rest": 32, "grip": 48}
_HANDS_MASK: Final = 48
_HAS_HEART_RATE: Final = 64
_HAS_SESSION: Final = 128
_PRESENCE_OF: Final = {bits: presence for presence, bits in _PRESENCE.items()}
_HANDS_OF: Final = {bits: hands for hands, bits in _HANDS.items()}


class Conditions(NamedTuple):
    """The unpacked number."""

    is_reverse: bool
    is_emergency_stop: bool
    is_present: bool | None
    hands: Hands | None
    has_heart_rate: bool
    has_session: bool


def packed(point: SeriesPoint) -> int:
    """Return the conditions of a point as a number from 0 to 255."""
    return (
        _IS_REVERSE * point.is_reverse
        | _IS_EMERGENCY_STOP * point.is_emergency_stop
        | _PRESENCE[point.is_present]
        | _HANDS[point.hands]
        | _HAS_HEART_RATE * (point.heart_rate_bpm is not None)
        | _HAS_SESSION * (point.session_gross_kcal is not None)
    )


@lru_cache(maxsize=256)
def unpacked(bits: int) -> Conditions:
    """Return what a number of `packed` says."""
    return Conditions(
        is_reverse=bool(bits & _IS_REVERSE),
        is_emergency_stop=bool(bits & _IS_EMERGENCY_STOP),
        is_present=_PRESENCE_OF[bits & _PRESENCE_MASK],
        hands=_HANDS_OF[bits & _HANDS_MASK],
        has_heart_rate=bool(bits & _HAS_HEART_RATE),
        has_session=bool(bits & _HAS_SESSION),
    )
