"""Acknowledgements of alerts, asked of the fake and of the tables."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from backstride_gateway.acknowledging import Acknowledgement, AcknowledgementStore
from backstride_gateway.adapters.sql_acknowledgements import SqlAcknowledgements
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_shared.store.schema import accounts
from tests.fakes.gateway_acknowledgements import InMemoryAcknowledgements
from tests.servers.postgres import PostgresAddress


@dataclass
class Opened:
    store: AcknowledgementStore
    add_account: Callable[[str, str], object]
    remove_account: Callable[[str], object]


# For the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=["in memory", "sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str | PostgresAddress:
    if request.param == "postgres":
        address: PostgresAddress = request.getfixturevalue("postgres")
        return address
    return str(request.param)


@pytest.fixture
def opened(kind: str | PostgresAddress, tmp_path: Path) -> Iterator[Opened]:
    if kind == "in memory":
        names: dict[str, str] = {}
        fake = InMemoryAcknowledgements(names.get)
        yield Opened(fake, names.__setitem__, names.pop)
        return
    url = (
        kind.fresh_database()
        if isinstance(kind, PostgresAddress)
        else f"sqlite:///{tmp_path}/store.db"
    )
    migrate(url)
    engine = open_engine(url)

    def add_account(account_id: str, name: str) -> None:
        row = {"account_id": account_id, "sign_in_name": name, "password_hash": "-"}
        with engine.begin() as connection:
            connection.execute(
                insert(accounts).values(row | {"role": "operator", "created_at_ms": 1})
            )

    def remove_account(account_id: str) -> None:
        with engine.begin() as connection:
            connection.execute(delete(accounts).where(accounts.c.account_id == account_id))

    yield Opened(SqlAcknowledgements(engine), add_account, remove_account)
    engine.dispose()


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
