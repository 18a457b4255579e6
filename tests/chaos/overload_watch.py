"""What the programs' metrics say while more arrives than they can take.

An operator who sees nothing but `/metrics` has to see that they are behind, where, and that it is
over; and nothing may be above its bound.
"""

import time
from collections.abc import Iterable
from typing import Final

from tests.chaos.gym import Gym
from tests.chaos.programs import INGEST, PROCESSOR, RECORDER, Programs
from tests.waiting import wait_until

_LOOK_EVERY_S: Final = 1.0
_SETTLES_WITHIN_S: Final = 120.0
_OUTBOX: Final = "backstride_controller_outbox_readings"
BEHIND: Final = (
    (INGEST, "backstride_ingest_in_flight_messages"),
    (PROCESSOR, "backstride_processor_lag_frames"),
    (RECORDER, "backstride_recorder_lag_records"),
)
"""What tells where readings wait; `docs/guarantees.md` and the boards name them."""
_BOUNDS: Final = (
    ("backstride_ingest_in_flight_messages", "backstride_ingest_in_flight_limit_messages"),
    ("backstride_ingest_in_flight_bytes", "backstride_ingest_in_flight_limit_bytes"),
)
_ONE_MESSAGE_BYTES: Final = 1024 * 1024
"""The bound of bytes is looked at between two messages."""


class OverloadWatch:
    """Notes the highest of what the metrics say, once a second."""

    def __init__(self, programs: Programs, outboxes: Iterable[Gym]) -> None:
        self._programs = programs
        self._outboxes = list(outboxes)
        self._highest: dict[str, float] = {}
        self._next_s = 0.0
        self._broken: set[str] = set()

    def look(self) -> None:
        """Look at the metrics, unless that was a moment ago."""
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _LOOK_EVERY_S
        for gym in self._outboxes:
            self._note(_OUTBOX, gym.waiting_readings())
        for program, name in BEHIND:
            self._note(name, self._programs.metrics(program).get(name))
        counted = self._programs.metrics(INGEST)
        for name, limit in _BOUNDS:
            if counted.get(name, 0.0) > counted.get(limit, 0.0) + _ONE_MESSAGE_BYTES:
                self._broken.add(f"{name} was {counted[name]:.0f}, above {counted[limit]:.0f}")

    def said(self) -> str:
        """Return the highest figures in words."""
        return ", ".join(f"{name} {value:.0f}" for name, value in sorted(self._highest.items()))

    def complaints(self) -> list[str]:
        """Say what the metrics did not tell, once the load is over."""
        told = sorted(self._broken)
        if not self._highest.get(_OUTBOX):
            told.append(f"{_OUTBOX} did not tell that readings wait")
        if not any(self._highest.get(name) for _, name in BEHIND):
            told.append(f"no metric told that a program is behind: {self.said()}")

        def behind() -> dict[str, float]:
            found = {name: self._programs.metrics(one).get(name, -1.0) for one, name in BEHIND}
            return {name: value for name, value in found.items() if value < 0 or value > 100}

        try:
            wait_until(
                behind,
                what="the metrics to tell that it is over",
                within_s=_SETTLES_WITHIN_S,
                holds=lambda found: not found,
            )
        except AssertionError as error:
            told.append(str(error))
        return told

    def _note(self, name: str, value: float | None) -> None:
        if value is not None:
            self._highest[name] = max(value, self._highest.get(name, 0.0))
