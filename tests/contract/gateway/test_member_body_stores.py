"""What a store of masses and precautions does, asked of the fake and of the SQL one."""

from dataclasses import dataclass
from datetime import date

import pytest

from backstride_gateway.adapters.sql_member_body import SqlMemberBody
from backstride_gateway.adapters.sql_members import SqlMembers
from backstride_gateway.domain.masses import MassEntry
from backstride_gateway.domain.members import Member, Profile
from backstride_gateway.member_body import AcceptedPrecautions, MemberBodyStore
from backstride_gateway.ports import Members
from tests.factories.databases import Database
from tests.fakes.gateway_member_body import InMemoryMemberBody
from tests.fakes.gateway_stores import InMemoryMembers

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


@dataclass
class Stores:
    members: Members
    body: MemberBodyStore


@pytest.fixture
def stores(fake_or_database: Database | None) -> Stores:
    if fake_or_database is None:
        members = InMemoryMembers()
        found = Stores(members, InMemoryMemberBody(members))
        add_members(found)
        return found
    engine = fake_or_database.open_as("gateway")
    found = Stores(SqlMembers(engine), SqlMemberBody(engine))
    add_members(found)
    return found


def add_members(stores: Stores) -> None:
    for member_id in ("m", "n"):
        stores.members.add(
            Member(
                member_id=member_id,
                gym_id="gym",
                member_number=member_id,
                is_demo=False,
                created_at_ms=0,
                profile=Profile(display_name=member_id, units="imperial", is_heart_rate_used=False),
            )
        )


def test_masses_are_replaced_with_the_current_one(stores: Stores) -> None:
    stores.body.set_masses("m", [MassEntry(NOVEMBER, None), MassEntry(OCTOBER, 60.5)], None)
    assert stores.body.masses("m") == [MassEntry(OCTOBER, 60.5), MassEntry(NOVEMBER, None)]
    stores.body.set_masses("m", [MassEntry(NOVEMBER, 61.0)], 61.0)
    assert stores.body.masses("m") == [MassEntry(NOVEMBER, 61.0)]
    member, other = stores.members.get("m"), stores.members.get("n")
    assert member is not None
    assert other is not None
    assert member.profile.mass_kg == 61.0
    assert (member.profile.units, member.profile.is_heart_rate_used) == ("imperial", False)
    assert other.profile.mass_kg is None
    assert stores.body.masses("n") == []
    stores.body.set_masses("m", [], None)
    assert stores.body.masses("m") == []


def test_the_first_acceptance_of_a_version_counts(stores: Stores) -> None:
    for version, at_ms in (("1", 10), ("2", 20), ("1", 30)):
        stores.body.accept("m", AcceptedPrecautions(version, at_ms))
    assert stores.body.accepted("m") == [
        AcceptedPrecautions("2", 20),
        AcceptedPrecautions("1", 10),
    ]
    assert stores.body.accepted("n") == []
