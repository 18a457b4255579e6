"""A simulated treadmill: a belt that follows segments, with somebody on it."""

from collections.abc import Iterator

from backstride_controller.domain.belt import Belt
from backstride_controller.domain.programmes import Segment
from backstride_controller.domain.randomness import Randomness
from backstride_controller.domain.wearer import Wearer, cadence_steps_per_min, drawn_habits
from backstride_shared.messages import Reading

_IDLE = Segment(duration_s=3600, is_present=False)
_STOPS_PER_HOUR = 0.4
_STOP_LASTS_S = 15.0


class SimulatedTreadmill:
    """Follows its segments as time passes; stands empty when they are over.

    With `has_safety_stops` the cord of the safety clip is pulled now and then while the belt
    moves: it brakes hard, stands for a quarter of a minute, and the segment goes on.
    """

    def __init__(
        self,
        segments: Iterator[Segment],
        randomness: Randomness,
        *,
        has_safety_stops: bool = False,
    ) -> None:
        """Begin with the first segment, the belt at rest."""
        self.belt = Belt()
        self._segments = segments
        self._segment = next(segments, _IDLE)
        self._left_s = self._segment.duration_s
        self._randomness = randomness
        self._wearer = Wearer(drawn_habits(randomness), randomness)
        self._has_safety_stops = has_safety_stops
        self._stop_left_s = 0.0

    def advance(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass."""
        while self._left_s <= 0.0:
            self._segment = next(self._segments, _IDLE)
            self._left_s += self._segment.duration_s
        self._left_s -= dt_s
        segment = self._segment
        self._pull_cord_by_chance(dt_s)
        self.belt.step(
            segment.target_velocity_m_per_s,
            segment.grade_percent,
            dt_s,
            is_safety_stop=self._is_stopped,
        )
        self._wearer.step(self.belt, dt_s, is_present=segment.is_present)

    def reading(self, seq: int, measured_at_ms: int) -> Reading:
        """Return what the controller sees now."""
        belt, segment = self.belt, self._segment
        heart_rate_bpm = segment.heart_rate_bpm
        if heart_rate_bpm is None and segment.is_present:
            heart_rate_bpm = self._wearer.heart_rate_bpm()
        return Reading(
            seq=seq,
            measured_at_ms=measured_at_ms,
            direction="reverse" if belt.is_reverse else "forward",
            speed_m_per_s=round(belt.speed_m_per_s, 3),
            grade_percent=round(belt.grade_percent, 2),
            distance_m=round(belt.distance_m, 2),
            heart_rate_bpm=heart_rate_bpm,
            cadence_steps_per_min=cadence_steps_per_min(belt) if segment.is_present else None,
            is_present=segment.is_present,
            hands=(segment.hands or self._wearer.hands(belt)) if segment.is_present else None,
            is_emergency_stop=self._is_stopped,
        )

    @property
    def _is_stopped(self) -> bool:
        return self._stop_left_s > 0.0 or self._segment.is_safety_stop

    def _pull_cord_by_chance(self, dt_s: float) -> None:
        if self._stop_left_s > 0.0:
            self._stop_left_s -= dt_s
        elif (
            self._has_safety_stops
            and self.belt.velocity_m_per_s != 0.0
            and self._randomness.random() < _STOPS_PER_HOUR / 3600 * dt_s
        ):
            self._stop_left_s = _STOP_LASTS_S
