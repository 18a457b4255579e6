"""Programmes as data: what a treadmill is told to do, segment by segment.

Speeds in reverse keep to the tiers of use in the calorie model's section 8: up to 0.8 m/s for the
first 30 lifetime minutes of backward walking, 1.2 m/s up to 120 minutes, 1.5 m/s beyond, always
level. The workouts of a demonstration stay at 0.8 m/s, as its members have little practice.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, cycle, dropwhile
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backstride_shared.messages import MAX_SPEED_M_PER_S, Hands


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of time with one target; ramps from the segment before are part of it.

    `heart_rate_bpm` and `hands` None leave them to the simulated wearer.
    """

    duration_s: Annotated[float, Meta(gt=0)]
    speed_m_per_s: Annotated[float, Meta(ge=0, le=MAX_SPEED_M_PER_S)] = 0.0
    direction: Literal["forward", "reverse"] = "forward"
    grade_percent: Annotated[float, Meta(ge=-45, le=45)] = 0.0
    is_present: bool = True
    hands: Hands | None = None
    heart_rate_bpm: Annotated[float, Meta(ge=25, le=250)] | None = None
    is_safety_stop: bool = False

    @property
    def target_velocity_m_per_s(self) -> float:
        """Signed target, negative in reverse."""
        return -self.speed_m_per_s if self.direction == "reverse" else self.speed_m_per_s


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """A named workout; `source` names the publication it follows, if any."""

    name: str
    title: str
    segments: tuple[Segment, ...]
    source: str | None = None

    @property
    def duration_s(self) -> float:
        """Length of all segments together."""
        return sum(segment.duration_s for segment in self.segments)


def _forward(minutes: float, speed_m_per_s: float, grade_percent: float = 0.0) -> Segment:
    return Segment(
        duration_s=60 * minutes, speed_m_per_s=speed_m_per_s, grade_percent=grade_percent
    )


def _reverse(minutes: float, speed_m_per_s: float) -> Segment:
    return Segment(duration_s=60 * minutes, speed_m_per_s=speed_m_per_s, direction="reverse")


def _rest(minutes: float) -> Segment:
    return Segment(duration_s=60 * minutes)


def backward_practice(minutes: float, speed_m_per_s: float = 0.8) -> Programme:
    """Return a practice of backward walking with a short forward walk before and after it."""
    return Programme(
        name=f"backward-practice-{minutes:g}",
        title=f"{minutes:g} minutes of backward walking",
        segments=(
            _forward(3, 1.1),
            _rest(0.25),
            _reverse(minutes, speed_m_per_s),
            _rest(0.25),
            _forward(2, 1.0),
        ),
    )


HEATH_2001_SESSIONS = 12
_HEATH_2001_MINUTES = 15


def heath_2001_session(number: int) -> Programme:
    """Return session 1 to 12 of four weeks of 3 x 15 minutes of backward walking.

    The times are the study's: Heath 2001, Phys Ther Sport 2:171, as the calorie model's section 8
    tells it (n = 8; oxygen uptake fell by 19 %, heart rate by 17 % at the same speed). The speeds
    are ours: the tier that the lifetime minutes before and within a session allow.
    """
    minutes_before = (number - 1) * _HEATH_2001_MINUTES
    speed_m_per_s = _tier_m_per_s(minutes_before)
    return Programme(
        name=f"heath-2001-{number:02d}",
        title=f"Backward training, session {number} of {HEATH_2001_SESSIONS}",
        segments=(_reverse(_HEATH_2001_MINUTES, speed_m_per_s),),
        source="Heath 2001, Phys Ther Sport 2:171",
    )


def _tier_m_per_s(lifetime_backward_minutes: float) -> float:
    for below_minutes, speed_m_per_s in ((30, 0.8), (120, 1.2)):
        if lifetime_backward_minutes < below_minutes:
            return speed_m_per_s
    return 1.5


_WORKOUTS = (
    Programme(
        name="easy-walk",
        title="Easy walk",
        segments=(_forward(3, 1.0), _forward(12, 1.35), _forward(3, 1.0)),
    ),
    Programme(
        name="intervals",
        title="Running intervals",
        segments=(
            _forward(3, 1.4),
            *(segment for _ in range(6) for segment in (_forward(1, 3.2), _forward(1.5, 1.6))),
            _forward(3, 1.2),
        ),
    ),
    Programme(
        name="both-ways",
        title="Forward and backward by turns",
        segments=(
            _forward(2, 1.2),
            *(segment for _ in range(4) for segment in (_reverse(2, 0.8), _forward(2, 1.4))),
            _forward(2, 1.0),
        ),
    ),
    Programme(
        name="reverse-practice",
        title="First steps backward",
        segments=(
            _forward(2, 1.0),
            *(
                segment
                for speed_m_per_s in (0.5, 0.6, 0.7, 0.8)
                for segment in (_rest(0.25), _reverse(2, speed_m_per_s), _rest(0.25))
            ),
            _forward(2, 1.0),
        ),
    ),
    Programme(
        name="incline",
        title="Hill walk",
        segments=(
            _forward(3, 1.2),
            *(_forward(3, 1.25, grade_percent) for grade_percent in (2.0, 5.0, 8.0, 5.0, 2.0)),
            _forward(3, 1.1),
        ),
    ),
    backward_practice(10),
)

PROGRAMMES: Mapping[str, Programme] = {
    programme.name: programme
    for programme in chain(
        _WORKOUTS, (heath_2001_session(number) for number in range(1, HEATH_2001_SESSIONS + 1))
    )
}

MIX = "mix"
"""The name that stands for all workouts by turns; neighbours begin with different ones."""

PAUSE = Segment(duration_s=45, is_present=False)
"""Between two wearers the belt stands empty."""


class UnknownProgrammeError(ValueError):
    """No programme has this name."""


def endless(name: str, treadmill_number: int) -> Iterator[Segment]:
    """Yield the segments of a programme again and again, with nobody on the belt in between.

    Raises:
        UnknownProgrammeError: with the names known.

    """
    if name == MIX:
        return _mix(treadmill_number)
    if name not in PROGRAMMES:
        raise UnknownProgrammeError(
            f"no programme {name!r}; known are {', '.join([MIX, *PROGRAMMES])}"
        )
    return _in_turn([PROGRAMMES[name]])


def _in_turn(programmes: Sequence[Programme]) -> Iterator[Segment]:
    return chain.from_iterable((*programme.segments, PAUSE) for programme in cycle(programmes))


def _mix(treadmill_number: int) -> Iterator[Segment]:
    # every second treadmill begins in reverse, so that whoever looks sees both directions at once
    backward = [each for each in _WORKOUTS if any(s.direction == "reverse" for s in each.segments)]
    forward = [each for each in _WORKOUTS if each not in backward]
    is_odd = treadmill_number % 2 == 1
    first, second = (backward, forward) if is_odd else (forward, backward)
    turn = treadmill_number // 2 % len(first)
    segments = _in_turn([*first[turn:], *second, *first[:turn]])
    if not is_odd:
        return segments
    return dropwhile(lambda segment: segment.direction == "forward", segments)
