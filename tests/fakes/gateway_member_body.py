"""Masses and accepted precautions in memory."""

from collections.abc import Sequence
from dataclasses import replace

from backstride_gateway.domain.masses import MassEntry
from backstride_gateway.member_body import AcceptedPrecautions
from tests.fakes.gateway_stores import InMemoryMembers


class InMemoryMemberBody:
    """The port `MemberBodyStore`, over the members whose current mass it keeps."""

    def __init__(self, members: InMemoryMembers) -> None:
        self._members = members
        self._masses: dict[str, list[MassEntry]] = {}
        self._accepted: dict[tuple[str, str], AcceptedPrecautions] = {}

    def masses(self, member_id: str) -> list[MassEntry]:
        return sorted(self._masses.get(member_id, []))

    def set_masses(
        self, member_id: str, entries: Sequence[MassEntry], current_kg: float | None
    ) -> None:
        self._masses[member_id] = list(entries)
        member = self._members.get(member_id)
        assert member is not None
        self._members.replace(replace(member, profile=replace(member.profile, mass_kg=current_kg)))

    def accepted(self, member_id: str) -> list[AcceptedPrecautions]:
        found = [one for (owner, _), one in self._accepted.items() if owner == member_id]
        return sorted(found, key=lambda one: (one.accepted_at_ms, one.version), reverse=True)

    def accept(self, member_id: str, accepted: AcceptedPrecautions) -> None:
        self._accepted.setdefault((member_id, accepted.version), accepted)
