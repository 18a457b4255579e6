"""Every source of stored states gives what the recorder stored, and says when it cannot yet."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import insert

from backstride_processor.adapters.sql_stored_states import SqlStoredStates
from backstride_processor.ports import StoredStates, StoreNotReadyError
from backstride_shared.fold import TreadmillState, decode_state, encode_state
from backstride_shared.fold.state import STATE_VERSION
from backstride_shared.store.opening import writing
from backstride_shared.store.schema import treadmill_states
from tests.component.processor.fakes import MemoryStoredStates
from tests.factories.databases import Database
from tests.servers.postgres import PostgresAddress

NOW_MS = 1_795_406_900_123

Source = Callable[[Sequence[TreadmillState] | None], StoredStates]
"""Makes a source that holds states; None: the store is not there yet."""


@pytest.fixture
def source(
    fake_or_server: str | PostgresAddress | None, fake_or_database: Database | None, tmp_path: Path
) -> Source:
    """Return the maker of a source: of the fake, or of the adapter on either store."""

    def memory(states: Sequence[TreadmillState] | None) -> StoredStates:
        rows = {state.treadmill: encode_state(state) for state in states or ()}
        return MemoryStoredStates(rows, refusals=1 if states is None else 0)

    if fake_or_database is None:
        return memory
    database = fake_or_database

    def sql(states: Sequence[TreadmillState] | None) -> StoredStates:
        if states is None:
            not_migrated = (
                fake_or_server.fresh_database()
                if isinstance(fake_or_server, PostgresAddress)
                else f"sqlite:///{tmp_path / 'absent.db'}"
            )
            return SqlStoredStates(not_migrated, lambda: NOW_MS)
        _fill(database, states)
        return SqlStoredStates(database.url_of("processor"), lambda: NOW_MS)

    return sql


def _fill(database: Database, states: Sequence[TreadmillState]) -> None:
    with writing(database.open_as("recorder")).begin() as connection:
        for state in states:
            row = {
                "treadmill": state.treadmill,
                "epoch": state.epoch,
                "accepted_count": state.accepted_count,
                "state": encode_state(state),
                "written_at_ms": 0,
            }
            connection.execute(insert(treadmill_states).values(row))


def _state(treadmill: str, epoch: int, accepted_count: int) -> TreadmillState:
    return TreadmillState(
        STATE_VERSION, treadmill, epoch=epoch, accepted_count=accepted_count, readings_count=7
    )


def test_the_revision_of_every_row_is_given(source: Source) -> None:
    states = [_state("gym/a", 0, 5), _state("gym/b", 2, 9)]

    assert source(states).revisions() == {"gym/a": (0, 5), "gym/b": (2, 9)}


def test_an_empty_store_has_no_revision(source: Source) -> None:
    assert source([]).revisions() == {}


def test_a_row_that_is_taken_over_is_in_a_new_epoch(source: Source) -> None:
    stored = source([_state("gym/a", 0, 5), _state("gym/b", 2, 9)])

    taken = stored.take_over(["gym/a"])

    assert list(taken) == ["gym/a"]
    assert decode_state(taken["gym/a"]) == _state("gym/a", 1, 5)
    assert stored.revisions() == {"gym/a": (1, 5), "gym/b": (2, 9)}


def test_a_treadmill_without_a_row_gets_one_that_knows_nothing(source: Source) -> None:
    stored = source([])

    taken = stored.take_over(["gym/new"])

    assert decode_state(taken["gym/new"]) == TreadmillState(STATE_VERSION, "gym/new", epoch=1)
    assert stored.revisions() == {"gym/new": (1, 0)}


def test_nothing_to_take_over_is_nothing(source: Source) -> None:
    assert source([]).take_over([]) == {}


def test_a_store_that_is_not_there_yet_is_not_ready(source: Source) -> None:
    with pytest.raises(StoreNotReadyError):
        source(None).revisions()


def test_a_missing_file_is_named_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "backstride.db"

    with pytest.raises(StoreNotReadyError, match="does not exist"):
        SqlStoredStates(f"sqlite:///{file}", lambda: NOW_MS).revisions()
    assert not file.exists()


def test_a_store_without_a_schema_says_how_to_make_one(tmp_path: Path) -> None:
    file = tmp_path / "backstride.db"
    file.touch()

    with pytest.raises(StoreNotReadyError, match="no schema yet"):
        SqlStoredStates(f"sqlite:///{file}", lambda: NOW_MS).revisions()


def test_a_server_that_does_not_answer_is_not_ready() -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"

    with pytest.raises(StoreNotReadyError, match="no answer: OperationalError"):
        SqlStoredStates(url, lambda: NOW_MS).revisions()
