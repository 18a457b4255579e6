"""What a store of treadmills' codes does, asked of the fake and of the SQL one."""

import pytest

from backstride_gateway.adapters.sql_treadmill_codes import SqlTreadmillCodes
from backstride_gateway.treadmill_codes import TreadmillCodeStore, TreadmillCodeTakenError
from tests.factories.databases import Database
from tests.fakes.gateway_treadmill_codes import InMemoryTreadmillCodes


@pytest.fixture
def store(fake_or_database: Database | None) -> TreadmillCodeStore:
    if fake_or_database is None:
        return InMemoryTreadmillCodes()
    return SqlTreadmillCodes(fake_or_database.open_as("gateway"))


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
