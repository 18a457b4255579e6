"""Faults on demand: when a link breaks, a message is doubled or delayed, a device starts anew.

All rates and lengths are in treadmill time, so that an accelerated hour has an hour's faults.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from backstride_controller.domain.randomness import Randomness

FaultKind = Literal["dropout", "outage", "reboot"]

_LENGTHS_S: Mapping[FaultKind, tuple[float, float]] = {
    "dropout": (0.5, 10.0),
    "outage": (60.0, 300.0),
    "reboot": (3.0, 12.0),
}


@dataclass(frozen=True)
class FaultRates:
    """How often things go wrong on each treadmill."""

    dropouts_per_hour: float = 0.0
    """The connection breaks and comes back within seconds."""
    outages_per_hour: float = 0.0
    """The network is away for minutes."""
    reboots_per_hour: float = 0.0
    """The controller loses power for a few seconds: new boot id, numbers from 1."""
    duplicates: float = 0.0
    """Share of messages that are sent twice, 0 to 1."""
    jitter_s: float = 0.0
    """Messages wait up to this long before they go out, in order."""


PRESETS: Mapping[str, FaultRates] = {
    "none": FaultRates(),
    "gym": FaultRates(
        dropouts_per_hour=2,
        outages_per_hour=0.1,
        reboots_per_hour=0.05,
        duplicates=0.002,
        jitter_s=0.3,
    ),
    "rough": FaultRates(
        dropouts_per_hour=20,
        outages_per_hour=3,
        reboots_per_hour=4,
        duplicates=0.05,
        jitter_s=2.0,
    ),
}
"""`gym`: a bad wireless network on an ordinary day; `rough`: what tests want to survive."""


class UnknownPresetError(ValueError):
    """No preset of faults has this name."""


def rates_of(preset: str, **overrides: float | None) -> FaultRates:
    """Return the rates of a preset, with single ones given otherwise.

    Raises:
        UnknownPresetError: with the names known.

    """
    if preset not in PRESETS:
        raise UnknownPresetError(f"no faults {preset!r}; known are {', '.join(PRESETS)}")
    given = {name: rate for name, rate in overrides.items() if rate is not None}
    return replace(PRESETS[preset], **given)


class Fault(NamedTuple):
    """Something that goes wrong now, for `lasts_s` of treadmill time."""

    kind: FaultKind
    lasts_s: float


class Faults:
    """Draws the faults of one treadmill as its time passes."""

    def __init__(self, rates: FaultRates, randomness: Randomness, start_s: float) -> None:
        """Draw the first fault of each kind."""
        self.rates = rates
        self._randomness = randomness
        self._per_s: dict[FaultKind, float] = {
            "dropout": rates.dropouts_per_hour / 3600,
            "outage": rates.outages_per_hour / 3600,
            "reboot": rates.reboots_per_hour / 3600,
        }
        self._next_s: dict[FaultKind, float] = {
            kind: start_s + self._drawn_gap_s(per_s)
            for kind, per_s in self._per_s.items()
            if per_s > 0
        }

    def due(self, now_s: float) -> Fault | None:
        """Return a fault whose time has come; the next of its kind comes after it has ended."""
        for kind, next_s in self._next_s.items():
            if next_s <= now_s:
                lasts_s = self._randomness.uniform(*_LENGTHS_S[kind])
                self._next_s[kind] = now_s + lasts_s + self._drawn_gap_s(self._per_s[kind])
                return Fault(kind, lasts_s)
        return None

    def is_doubled(self) -> bool:
        """Return whether the message at hand is sent twice."""
        return self.rates.duplicates > 0 and self._randomness.random() < self.rates.duplicates

    def delay_s(self) -> float:
        """Return how long the next message waits."""
        return self._randomness.uniform(0, self.rates.jitter_s) if self.rates.jitter_s else 0.0

    def _drawn_gap_s(self, per_s: float) -> float:
        # times between independent events follow an exponential distribution
        return -math.log(1.0 - self._randomness.random()) / per_s
