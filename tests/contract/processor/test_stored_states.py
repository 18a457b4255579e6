"""Every source of stored states gives what the recorder stored, and says when it cannot yet."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import insert

from backstride_processor.adapters.sql_stored_states import SqlStoredStates
from backstride_processor.ports import StoredStates, StoreNotReadyError
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine, writing
from backstride_shared.store.schema import treadmill_states
from tests.component.processor.fakes import MemoryStoredStates

Source = Callable[[Mapping[str, bytes] | None], StoredStates]
"""Makes a source that holds states; None: the store is not there yet."""


@pytest.fixture(params=["memory", "sqlite"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """Return the maker of the fake and of the adapter in turn."""

    def memory(states: Mapping[str, bytes] | None) -> StoredStates:
        return MemoryStoredStates(dict(states or {}), refusals=1 if states is None else 0)

    def sqlite(states: Mapping[str, bytes] | None) -> StoredStates:
        url = f"sqlite:///{tmp_path / 'backstride.db'}"
        if states is not None:
            _fill(url, states)
        return SqlStoredStates(url)

    return memory if request.param == "memory" else sqlite


def _fill(url: str, states: Mapping[str, bytes]) -> None:
    migrate(url)
    engine = open_engine(url)
    with writing(engine).begin() as connection:
        for treadmill, state in states.items():
            row = {
                "treadmill": treadmill,
                "epoch": 0,
                "accepted_count": 1,
                "state": state,
                "written_at_ms": 0,
            }
            connection.execute(insert(treadmill_states).values(row))
    engine.dispose()


def test_every_stored_state_is_given(source: Source) -> None:
    states = {"gym/a": b"state of a", "gym/b": b"state of b"}

    assert source(states).load() == states


def test_an_empty_store_gives_no_state(source: Source) -> None:
    assert source({}).load() == {}


def test_a_store_that_is_not_there_yet_is_not_ready(source: Source) -> None:
    with pytest.raises(StoreNotReadyError):
        source(None).load()


def test_a_missing_file_is_named_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "backstride.db"

    with pytest.raises(StoreNotReadyError, match="does not exist"):
        SqlStoredStates(f"sqlite:///{file}").load()
    assert not file.exists()


def test_a_store_without_a_schema_says_how_to_make_one(tmp_path: Path) -> None:
    file = tmp_path / "backstride.db"
    file.touch()

    with pytest.raises(StoreNotReadyError, match="no schema yet"):
        SqlStoredStates(f"sqlite:///{file}").load()


def test_a_server_that_does_not_answer_is_not_ready() -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"

    with pytest.raises(StoreNotReadyError, match="no answer: OperationalError"):
        SqlStoredStates(url).load()
