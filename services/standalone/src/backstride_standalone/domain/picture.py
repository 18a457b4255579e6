"""What a person sees of the platform at one moment."""

from dataclasses import dataclass
from typing import NamedTuple

from backstride_standalone.domain.figures import Figures
from backstride_standalone.domain.programs import ProgramView


class LiveTreadmill(NamedTuple):
    """A treadmill's belt and the energy of its session, a moment ago.

    `belt_velocity_m_per_s` is negative in reverse; `session_kcal` is None outside any session.
    """

    treadmill: str
    belt_velocity_m_per_s: float
    session_kcal: float | None
    who: str | None


@dataclass(frozen=True)
class Picture:
    """The state of everything; `figures` is None while the programs do not tell them."""

    programs: tuple[ProgramView, ...]
    figures: Figures | None = None
    treadmills: tuple[LiveTreadmill, ...] = ()
