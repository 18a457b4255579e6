"""The treadmills' time beside ours: live, or accelerated from the past up to now."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timeline:
    """Maps milliseconds since the start of the program to the treadmills' clock.

    Live it is an anchor plus the monotonic clock, so that time never runs backward in a boot.
    An accelerated run of `duration_ms` starts so far in the past that it ends at now.
    """

    anchor_ms: float
    """Wall clock at the start of the program, taken once."""
    speed_up: float = 1.0
    duration_ms: float | None = None
    """Length of the run in treadmill time; None: it never ends."""
    goes_live: bool = False
    """After an accelerated run time goes on at its usual pace instead of standing still."""

    @property
    def start_ms(self) -> float:
        """The treadmills' time at the start of the program."""
        return self.at_ms(0.0)

    def at_ms(self, elapsed_ms: float) -> float:
        """Return the treadmills' time when `elapsed_ms` have passed since the start."""
        now_ms = self.anchor_ms + elapsed_ms
        if self.duration_ms is None:
            return now_ms
        left_ms = self.duration_ms / self.speed_up - elapsed_ms
        if left_ms > 0:
            return self.anchor_ms + self.duration_ms / self.speed_up - self.speed_up * left_ms
        return now_ms if self.goes_live else self.anchor_ms + self.duration_ms / self.speed_up

    def is_over(self, elapsed_ms: float) -> bool:
        """Return whether the run has reached its end and does not go live."""
        return (
            self.duration_ms is not None
            and not self.goes_live
            and elapsed_ms >= self.duration_ms / self.speed_up
        )
