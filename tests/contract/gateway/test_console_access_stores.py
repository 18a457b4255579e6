"""What a store of PINs and cards does, asked of the fake and of the SQL one; the real hashes."""

from dataclasses import replace

import pytest

from backstride_gateway.adapters.argon2_passwords import Argon2Passwords
from backstride_gateway.adapters.sql_console_access import SqlConsoleAccess
from backstride_gateway.adapters.sql_members import SqlMembers
from backstride_gateway.console_access import CardTakenError, ConsoleAccessStore
from backstride_gateway.domain.console_access import ConsoleCard
from backstride_gateway.domain.members import Member, Profile
from tests.factories.databases import Database
from tests.fakes.gateway_console_access import InMemoryConsoleAccess

CARD = ConsoleCard(card_id="c1", member_id="m", card_hash="h1", name="Key ring", added_at_ms=5)


@pytest.fixture
def store(fake_or_database: Database | None) -> ConsoleAccessStore:
    if fake_or_database is None:
        return InMemoryConsoleAccess()
    engine = fake_or_database.open_as("gateway")
    for member_id in ("m", "n"):
        SqlMembers(engine).add(
            Member(
                member_id=member_id,
                gym_id="gym",
                member_number=member_id,
                is_demo=False,
                created_at_ms=0,
                profile=Profile(display_name=member_id),
            )
        )
    return SqlConsoleAccess(engine)


def test_a_pin_is_replaced_and_removed(store: ConsoleAccessStore) -> None:
    store.set_pin_hash("m", "one", 1)
    store.set_pin_hash("m", "two", 2)
    assert (store.pin_hash("m"), store.pin_hash("n")) == ("two", None)
    store.set_pin_hash("m", None, 3)
    assert store.pin_hash("m") is None


def test_a_card_leads_to_one_member_until_it_is_removed(store: ConsoleAccessStore) -> None:
    store.add_card(CARD)
    other = replace(CARD, card_id="c2", card_hash="h2", added_at_ms=6)
    store.add_card(other)
    with pytest.raises(CardTakenError):
        store.add_card(replace(CARD, card_id="c3", member_id="n"))
    assert store.cards("m") == [CARD, other]
    assert store.card("h1") == CARD
    assert store.card("h9") is None
    assert not store.remove_card("n", "c1")
    assert store.remove_card("m", "c1")
    assert store.card("h1") is None
    assert store.cards("m") == [other]


def test_a_card_has_the_same_slow_hash_each_time() -> None:
    passwords = Argon2Passwords()
    one = passwords.card_hash_of("04A22B9C")
    assert one == Argon2Passwords().card_hash_of("04A22B9C")
    assert one != passwords.card_hash_of("04A22B9D")
    assert len(one) == 64
