"""A member's body mass over time: each entry holds from a local day on, until the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


class FutureMassError(ValueError):
    """A mass from a day that is still to come."""


@dataclass(frozen=True, slots=True, order=True)
class MassEntry:
    """A body mass from a local day on; None: unknown from then on."""

    valid_from_on: date
    mass_kg: float | None


def mass_on(entries: Sequence[MassEntry], day: date) -> float | None:
    """Return the mass that is valid on a day; before the first entry, the first."""
    if not entries:
        return None
    begun = [entry for entry in entries if entry.valid_from_on <= day]
    chosen = max(begun, key=_day) if begun else min(entries, key=_day)
    return chosen.mass_kg


def with_entry(entries: Sequence[MassEntry], new: MassEntry) -> list[MassEntry]:
    """Return the history with one more entry, in place of one of the same day, by days."""
    return sorted([*without_day(entries, new.valid_from_on), new], key=_day)


def without_day(entries: Sequence[MassEntry], day: date) -> list[MassEntry]:
    """Return the history without the entry of a day."""
    return [entry for entry in entries if entry.valid_from_on != day]


def _day(entry: MassEntry) -> date:
    return entry.valid_from_on
