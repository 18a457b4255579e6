"""When a program that ended is started again."""

from typing import Final, NamedTuple

FIRST_WAIT_S: Final = 0.2
MOST_WAIT_S: Final = 10.0
SETTLED_AFTER_S: Final = 30.0
"""A program that ran this long did not fail because it was started again."""


class Attempts(NamedTuple):
    """How often a program has failed in a row."""

    failures: int = 0

    def after_end(self, ran_for_s: float) -> "Attempts":
        """Return the count once the program has ended on its own after `ran_for_s`."""
        return Attempts(1 if ran_for_s >= SETTLED_AFTER_S else self.failures + 1)

    @property
    def wait_s(self) -> float:
        """Seconds until the next start: doubling from 0.2 s to 10 s; 0 before any failure."""
        if not self.failures:
            return 0.0
        # the exponent is bounded, so that a program failing for days overflows nothing
        return min(MOST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self.failures - 1, 10))
