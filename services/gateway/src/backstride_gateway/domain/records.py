"""Personal records: the best of all sessions, each with the session that holds it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy import EnergyTotals

RecordKind = Literal[
    "longest-session-s",
    "farthest-session-m",
    "most-gross-kcal",
    "longest-backward-stretch-s",
    "most-backward-s",
    "most-backward-m",
    "fastest-backward-m-per-s",
    "fastest-forward-m-per-s",
    "most-direction-changes",
]

_VALUES: Final[dict[RecordKind, Callable[[EnergyTotals], float]]] = {
    "longest-session-s": lambda totals: totals.moving_seconds,
    "farthest-session-m": lambda totals: totals.metres,
    "most-gross-kcal": lambda totals: totals.gross_kcal,
    "longest-backward-stretch-s": lambda totals: totals.longest_backward_seconds,
    "most-backward-s": lambda totals: totals.backward_seconds,
    "most-backward-m": lambda totals: totals.backward_metres,
    "fastest-backward-m-per-s": lambda totals: totals.backward_max_speed_m_per_s,
    "fastest-forward-m-per-s": lambda totals: totals.forward_max_speed_m_per_s,
    "most-direction-changes": lambda totals: float(totals.direction_changes),
}


@dataclass(frozen=True, slots=True)
class PersonalRecord:
    """The highest value of a kind, in the unit that its name ends with."""

    kind: RecordKind
    value: float
    session: SessionRecord


def records_of(sessions: Iterable[SessionRecord]) -> list[PersonalRecord]:
    """Return the records, in the order of their kinds; what was never done has none.

    Whoever reached a value first holds it.
    """
    found: dict[RecordKind, PersonalRecord] = {}
    for session in sorted(sessions, key=lambda one: (one.started_at_ms, one.session_id)):
        for kind, value_of in _VALUES.items():
            value = value_of(session.totals)
            held = found.get(kind)
            if value > (0.0 if held is None else held.value):
                found[kind] = PersonalRecord(kind, value, session)
    return [found[kind] for kind in _VALUES if kind in found]
