"""What a person sees of the platform at one moment."""

from dataclasses import dataclass
from typing import NamedTuple

from backstride_standalone.domain.figures import Figures
from backstride_standalone.domain.programs import ProgramView


class LiveTreadmill(NamedTuple):
    """A treadmill's belt and the energy of its session, a moment ago.

    `belt_velocity_m_per_s` is negative in reverse; both it and the rate are None while the
    treadmill is silent. `session_energy` is worded for people, empty outside any session.
    """

    treadmill: str
    belt_velocity_m_per_s: float | None
    gross_kcal_per_min: float | None
    session_energy: str = ""
    who: str = ""


@dataclass(frozen=True)
class Picture:
    """The state of everything; `figures` is None while the programs do not tell them."""

    programs: tuple[ProgramView, ...]
    figures: Figures | None = None
    treadmills: tuple[LiveTreadmill, ...] = ()
