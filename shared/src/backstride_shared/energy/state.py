"""What a session's energy stands on between two readings, and what the model reads of one."""

from typing import Final, Protocol

import msgspec

from backstride_shared.energy.totals import EnergyTotals

ABSENT: Final = 0
STANDING: Final = 1
MOVING: Final = 2


class ReadingLike(Protocol):
    """What the model reads of a reading; unknown is None, and unknown presence is present."""

    @property
    def measured_at_ms(self) -> int:
        """Milliseconds since the epoch."""

    @property
    def is_reverse(self) -> bool:
        """Whether the belt runs in reverse; at rest, whether it last did."""

    @property
    def speed_m_per_s(self) -> float:
        """Unsigned belt speed, 0 to 8."""

    @property
    def grade_percent(self) -> float:
        """Grade of the deck, positive with its front up, -45 to 45."""

    @property
    def heart_rate_bpm(self) -> float | None:
        """Heart rate, 25 to 250."""

    @property
    def hands(self) -> str | None:
        """One of `free`, `rest` and `grip`."""

    @property
    def is_present(self) -> bool | None:
        """Whether somebody is on the belt."""


class EnergyState(msgspec.Struct, array_like=True):
    """Where a session's energy stands: its sums, the reading being held, how steady it is.

    It travels in every checkpoint; new fields are added at the end, with a default.
    """

    totals: EnergyTotals = msgspec.field(default_factory=EnergyTotals)
    # The reading being held, until the next one settles it.
    held_at_ms: int | None = None
    kind: int = ABSENT
    is_reverse: bool = False
    is_backward: bool = False
    is_fused: bool = False
    speed_m_per_s: float = 0.0
    grade_percent: float = 0.0
    hands: str | None = None
    heart_rate_bpm: float | None = None
    gross_kcal_per_min: float = 0.0
    net_kcal_per_min: float = 0.0
    uncertainty_percent: float = 0.0
    # Without X_RAMP, which depends on the time.
    flags: int = 0
    is_ramp: bool = False
    forward_kcal_per_min: float = 0.0
    # What speed alone says, before any heart rate.
    speed_gross_kcal_per_min: float = 0.0
    speed_uncertainty_percent: float = 0.0
    speed_forward_kcal_per_min: float = 0.0
    # The bout: since when the same speed, and the same speed, grade and direction, are held.
    bout_speed_m_per_s: float = 0.0
    bout_grade_percent: float = 0.0
    same_speed_since_ms: int = 0
    steady_since_ms: int = 0
    # None before the first moving reading.
    was_reverse: bool | None = None
    window_readings: int = 0
    window_bpm_sum: float = 0.0
    # of backward gait since anything else was done
    backward_run_seconds: float = 0.0
