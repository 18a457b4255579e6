"""Acknowledgements of alerts, asked of the fake and of the tables."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, insert

from backstride_gateway.acknowledging import Acknowledgement, AcknowledgementStore
from backstride_gateway.adapters.sql_acknowledgements import SqlAcknowledgements
from backstride_shared.store.schema import accounts
from tests.factories.databases import Database
from tests.fakes.gateway_acknowledgements import InMemoryAcknowledgements


@dataclass
class Opened:
    store: AcknowledgementStore
    add_account: Callable[[str, str], object]
    remove_account: Callable[[str], object]


@pytest.fixture
def opened(fake_or_database: Database | None) -> Opened:
    if fake_or_database is None:
        names: dict[str, str] = {}
        fake = InMemoryAcknowledgements(names.get)
        return Opened(fake, names.__setitem__, names.pop)
    engine = fake_or_database.open_as("gateway")

    def add_account(account_id: str, name: str) -> None:
        row = {"account_id": account_id, "sign_in_name": name, "password_hash": "-"}
        with engine.begin() as connection:
            connection.execute(
                insert(accounts).values(row | {"role": "operator", "created_at_ms": 1})
            )

    def remove_account(account_id: str) -> None:
        with engine.begin() as connection:
            connection.execute(delete(accounts).where(accounts.c.account_id == account_id))

    return Opened(SqlAcknowledgements(engine), add_account, remove_account)


def test_the_first_acknowledgement_stays(opened: Opened) -> None:
    opened.add_account("a", "robin")
    opened.add_account("b", "kim")
    assert opened.store.add("alert", "a", 5)
    assert not opened.store.add("alert", "b", 6)
    assert opened.store.of(["alert", "other"]) == {"alert": Acknowledgement("alert", 5, "robin")}


def test_a_demonstration_has_no_names(opened: Opened) -> None:
    opened.store.add("alert", None, 5)
    assert opened.store.of(["alert"]) == {"alert": Acknowledgement("alert", 5, None)}


def test_what_was_acknowledged_stays_so_when_the_account_is_gone(opened: Opened) -> None:
    opened.add_account("a", "robin")
    opened.store.add("alert", "a", 5)
    opened.remove_account("a")
    assert opened.store.of(["alert"]) == {"alert": Acknowledgement("alert", 5, None)}
