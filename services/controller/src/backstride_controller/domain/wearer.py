"""The simulated person on the belt: heart, hands and steps.

The figures are plausible, not measured: they give the rest of the platform something to work on
and make no claim about energy, which is computed from the readings like for anybody else.
"""

import math
from dataclasses import dataclass

from backstride_controller.domain.belt import Belt
from backstride_controller.domain.randomness import Randomness
from backstride_shared.messages import Hands

HEART_RISE_S = 30.0
"""Time constant of the first-order lag towards the heart rate that a workload asks for."""
HEART_FALL_S = 55.0
_GRIP_AFTER_TURN_S = 20.0


@dataclass(frozen=True)
class Habits:
    """What one person brings along."""

    resting_bpm: float
    max_bpm: float
    rail_speed_m_per_s: float
    """Backward and faster than this the person rests a hand on the rail."""


def drawn_habits(randomness: Randomness) -> Habits:
    """Return the habits of a random adult."""
    return Habits(
        resting_bpm=randomness.uniform(54, 74),
        max_bpm=randomness.uniform(165, 195),
        rail_speed_m_per_s=randomness.uniform(0.6, 1.4),
    )


def intensity(belt: Belt) -> float:
    """Return the share of the heart's reserve, 0 to 1, that the belt's motion asks for."""
    speed = belt.speed_m_per_s
    if speed == 0.0:
        return 0.05
    grade = -belt.grade_percent if belt.is_reverse else belt.grade_percent
    share = (0.11 * speed + 0.045 * speed * speed) * (1.25 if belt.is_reverse else 1.0)
    return max(0.08, min(1.0, 0.05 + share + 0.014 * grade * speed))


class Wearer:
    """A person whose heart follows the workload and who holds the rail when unsure."""

    def __init__(self, habits: Habits, randomness: Randomness) -> None:
        """Start rested."""
        self._habits = habits
        self._randomness = randomness
        self._heart_rate_bpm = habits.resting_bpm + 8
        self._since_turn_s = math.inf
        self._was_reverse = False

    def step(self, belt: Belt, dt_s: float, *, is_present: bool) -> None:
        """Let `dt_s` seconds pass with the belt as it is now; an absent person rests."""
        habits = self._habits
        load = intensity(belt) if is_present else 0.05
        target = habits.resting_bpm + load * (habits.max_bpm - habits.resting_bpm)
        lag_s = HEART_RISE_S if target > self._heart_rate_bpm else HEART_FALL_S
        self._heart_rate_bpm += (target - self._heart_rate_bpm) * -math.expm1(-dt_s / lag_s)
        if belt.is_reverse != self._was_reverse:
            self._was_reverse = belt.is_reverse
            self._since_turn_s = 0.0
        else:
            self._since_turn_s += dt_s

    def heart_rate_bpm(self) -> float:
        """Return what a chest strap shows: the heart rate with about 1 bpm of noise."""
        return round(self._heart_rate_bpm + self._randomness.gauss(0.0, 0.8), 1)

    def hands(self, belt: Belt) -> Hands:
        """Return where the hands are: on the rail in the first steps backward and when fast."""
        if not belt.is_reverse or belt.speed_m_per_s == 0.0:
            return "free"
        if self._since_turn_s < _GRIP_AFTER_TURN_S:
            return "grip"
        return "rest" if belt.speed_m_per_s > self._habits.rail_speed_m_per_s else "free"


def cadence_steps_per_min(belt: Belt) -> float:
    """Return the steps a minute of an adult at the belt's speed; 0 at rest.

    Steps grow with the square root of speed in walking; backward steps are shorter and quicker.
    """
    if belt.speed_m_per_s == 0.0:
        return 0.0
    return round(95 * math.sqrt(belt.speed_m_per_s) * (1.08 if belt.is_reverse else 1.0), 1)
