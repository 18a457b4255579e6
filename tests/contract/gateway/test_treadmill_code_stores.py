"""What a store of treadmills' codes does, asked of the fake and of the SQL one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backstride_gateway.adapters.sql_treadmill_codes import SqlTreadmillCodes
from backstride_gateway.treadmill_codes import TreadmillCodeStore, TreadmillCodeTakenError
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from tests.fakes.gateway_treadmill_codes import InMemoryTreadmillCodes
from tests.servers.postgres import PostgresAddress


@pytest.fixture(scope="session", params=["in memory", "sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str | PostgresAddress:
    if request.param == "postgres":
        address: PostgresAddress = request.getfixturevalue("postgres")
        return address
    return str(request.param)


@pytest.fixture
def store(kind: str | PostgresAddress, tmp_path: Path) -> Iterator[TreadmillCodeStore]:
    if kind == "in memory":
        yield InMemoryTreadmillCodes()
        return
    url = (
        kind.fresh_database()
        if isinstance(kind, PostgresAddress)
        else f"sqlite:///{tmp_path}/store.db"
    )
    migrate(url)
    engine = open_engine(url)
    yield SqlTreadmillCodes(engine)
    engine.dispose()


def test_a_code_leads_to_its_treadmill(store: TreadmillCodeStore) -> None:
    store.add("gym/one", "AAAAAA", 1)
    store.add("gym/two", "BBBBBB", 1)
    assert store.of(["gym/one", "gym/two", "gym/three"]) == {
        "gym/one": "AAAAAA",
        "gym/two": "BBBBBB",
    }
    assert store.treadmill("BBBBBB") == "gym/two"
    assert store.treadmill("CCCCCC") is None
    assert store.of([]) == {}


def test_a_treadmill_keeps_the_code_it_has(store: TreadmillCodeStore) -> None:
    store.add("gym/one", "AAAAAA", 1)
    store.add("gym/one", "BBBBBB", 2)
    assert store.of(["gym/one"]) == {"gym/one": "AAAAAA"}
    assert store.treadmill("BBBBBB") is None


def test_two_treadmills_never_share_a_code(store: TreadmillCodeStore) -> None:
    store.add("gym/one", "AAAAAA", 1)
    with pytest.raises(TreadmillCodeTakenError):
        store.add("gym/two", "AAAAAA", 2)
    assert store.of(["gym/two"]) == {}


def test_a_forgotten_code_is_free_again(store: TreadmillCodeStore) -> None:
    store.add("gym/one", "AAAAAA", 1)
    store.forget("gym/one")
    store.forget("gym/one")
    assert store.treadmill("AAAAAA") is None
    store.add("gym/two", "AAAAAA", 2)
    assert store.treadmill("AAAAAA") == "gym/two"
