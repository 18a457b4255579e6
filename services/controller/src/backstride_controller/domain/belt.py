"""How a treadmill's belt and deck move: ramps, and direction changes only through standstill."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BeltLimits:
    """What the drive can do and what the firmware allows; typical of commercial treadmills."""

    acceleration_m_per_s2: float = 0.35
    deceleration_m_per_s2: float = 0.50
    safety_stop_m_per_s2: float = 2.0
    grade_rate_percent_per_s: float = 0.5
    standstill_s: float = 2.0
    """The belt rests at least this long before it runs the other way."""
    max_forward_m_per_s: float = 5.5
    max_reverse_m_per_s: float = 3.0
    max_grade_percent: float = 15.0


class Belt:
    """A belt that is told where to go and gets there as fast as its limits let it."""

    def __init__(self, limits: BeltLimits | None = None) -> None:
        """Start at rest, level, forward."""
        self.limits = limits or BeltLimits()
        self.velocity_m_per_s = 0.0
        """Signed: negative in reverse."""
        self.is_reverse = False
        """At rest the direction last used."""
        self.grade_percent = 0.0
        self.distance_m = 0.0
        """Way of the belt in both directions together."""
        self._standing_s = self.limits.standstill_s

    @property
    def speed_m_per_s(self) -> float:
        """Unsigned belt speed."""
        return abs(self.velocity_m_per_s)

    def step(
        self,
        target_velocity_m_per_s: float,
        target_grade_percent: float,
        dt_s: float,
        *,
        is_safety_stop: bool = False,
    ) -> None:
        """Move towards the targets for `dt_s` seconds.

        Within one step the belt never passes zero: it stops there, rests for `standstill_s`, and
        only then starts the other way. A safety stop brakes hard and overrides the target.
        """
        limits = self.limits
        before = self.velocity_m_per_s
        target = min(limits.max_forward_m_per_s, target_velocity_m_per_s)
        target = max(-limits.max_reverse_m_per_s, target)
        braking = limits.deceleration_m_per_s2
        if is_safety_stop:
            target, braking = 0.0, limits.safety_stop_m_per_s2
        if before == 0.0:
            self._standing_s += dt_s
            is_turning = target != 0.0 and (target < 0.0) != self.is_reverse
            if is_turning and self._standing_s < limits.standstill_s:
                target = 0.0
        elif target != 0.0 and (target < 0.0) != (before < 0.0):
            target = 0.0
        rate = limits.acceleration_m_per_s2 if abs(target) > abs(before) else braking
        after = _towards(before, target, rate * dt_s)
        self.velocity_m_per_s = after
        if after != 0.0:
            self.is_reverse = after < 0.0
            self._standing_s = 0.0
        self.distance_m += (abs(before) + abs(after)) / 2 * dt_s
        grade = max(-limits.max_grade_percent, min(limits.max_grade_percent, target_grade_percent))
        self.grade_percent = _towards(
            self.grade_percent, grade, limits.grade_rate_percent_per_s * dt_s
        )


def _towards(value: float, target: float, most: float) -> float:
    if abs(target - value) <= most:
        return target
    return value + most if target > value else value - most
