"""Chance as an argument: what the simulation draws from; `random.Random` fits."""

from typing import Protocol


class Randomness(Protocol):
    """A seeded source of chance."""

    def random(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        ...

    def uniform(self, a: float, b: float) -> float:
        """Return a number between a and b, each as likely as the other."""
        ...

    def gauss(self, mu: float, sigma: float) -> float:
        """Return a normally distributed number."""
        ...
