"""What a member's body was and is over time, and which precautions they accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from backstride_gateway.domain.masses import (
    FutureMassError,
    MassEntry,
    mass_on,
    with_entry,
    without_day,
)
from backstride_gateway.domain.members import Member, wearer_of
from backstride_gateway.domain.periods import local_date, local_year
from backstride_gateway.domain.precautions import VERSION, precautions_for, programme_for
from backstride_gateway.ports import Clock, SessionHistory
from backstride_shared.energy import Advice


class UnknownMassError(Exception):
    """The member's history has no mass from this day on."""


class PrecautionsOutdatedError(Exception):
    """The precautions that are to be accepted are not the current ones."""


@dataclass(frozen=True, slots=True)
class AcceptedPrecautions:
    """A version that a member accepted, and when."""

    version: str
    accepted_at_ms: int


class MemberBodyStore(Protocol):
    """Masses and accepted precautions; every method may raise StoreUnavailableError."""

    def masses(self, member_id: str) -> list[MassEntry]:
        """Return a member's masses by day."""
        ...

    def set_masses(
        self, member_id: str, entries: Sequence[MassEntry], current_kg: float | None
    ) -> None:
        """Replace a member's masses and the current one of the profile, in one transaction."""
        ...

    def accepted(self, member_id: str) -> list[AcceptedPrecautions]:
        """Return what a member accepted, the latest first."""
        ...

    def accept(self, member_id: str, accepted: AcceptedPrecautions) -> None:
        """Store that a member accepted a version; the first time counts."""
        ...


class MemberBody:
    """Masses over time, and precautions; safe to call from several threads."""

    def __init__(self, store: MemberBodyStore, history: SessionHistory, clock: Clock) -> None:
        self._store = store
        self._history = history
        self._clock = clock

    def masses(self, member: Member) -> list[MassEntry]:
        """Return a member's masses by day; the profile's own where no history was begun."""
        found = self._store.masses(member.member_id)
        if not found and member.profile.mass_kg is not None:
            return [MassEntry(_day(member, member.created_at_ms), member.profile.mass_kg)]
        return found

    def mass_at(self, member: Member, at_ms: int) -> float | None:
        """Return the mass that is valid at a moment, on the member's local day."""
        return mass_on(self.masses(member), _day(member, at_ms))

    def note_mass(
        self, member: Member, mass_kg: float | None, valid_from_on: date | None = None
    ) -> list[MassEntry]:
        """Note a mass from a day on, by default today; return the history.

        Raises:
            FutureMassError: when the day is still to come.

        """
        today = self._today(member)
        day = today if valid_from_on is None else valid_from_on
        if day > today:
            raise FutureMassError(f"valid_from_on {day} is still to come; today is {today}")
        return self._set(member, with_entry(self.masses(member), MassEntry(day, mass_kg)))

    def forget_mass(self, member: Member, valid_from_on: date) -> list[MassEntry]:
        """Take an entry out of the history, and return what is left.

        Raises:
            UnknownMassError: when there is none from this day on.

        """
        entries = self.masses(member)
        left = without_day(entries, valid_from_on)
        if len(left) == len(entries):
            raise UnknownMassError(valid_from_on)
        return self._set(member, left)

    def precautions(self, member: Member) -> tuple[list[Advice], list[str]]:
        """Return the precautions that fit a member now, and a slow start in weeks."""
        now_ms = self._clock()
        wearer = wearer_of(
            member.profile,
            local_year(now_ms, member.profile.time_zone),
            self._history.backward_minutes(member.member_id, now_ms),
        )
        return precautions_for(wearer), programme_for(wearer)

    def accepted(self, member_id: str) -> list[AcceptedPrecautions]:
        """Return what a member accepted, the latest first."""
        return self._store.accepted(member_id)

    def is_due(self, member_id: str) -> bool:
        """Return whether a member has not accepted the current precautions."""
        return all(one.version != VERSION for one in self._store.accepted(member_id))

    def accept(self, member_id: str, version: str) -> None:
        """Note that a member accepted the precautions.

        Raises:
            PrecautionsOutdatedError: when the version is not the current one.

        """
        if version != VERSION:
            raise PrecautionsOutdatedError(f"the current version is {VERSION}")
        self._store.accept(member_id, AcceptedPrecautions(version, self._clock()))

    def _set(self, member: Member, entries: list[MassEntry]) -> list[MassEntry]:
        current_kg = mass_on(entries, self._today(member))
        self._store.set_masses(member.member_id, entries, current_kg)
        return entries

    def _today(self, member: Member) -> date:
        return _day(member, self._clock())


def _day(member: Member, at_ms: int) -> date:
    return local_date(at_ms, ZoneInfo(member.profile.time_zone))
