"""How SQLite is set up: durable, and two writers wait for each other."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from backstride_shared.store.opening import UnsupportedStoreError, open_engine, writing
from backstride_shared.store.schema import metadata


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/store.db")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_what_is_committed_survives_the_loss_of_power(engine: Engine) -> None:
    """`stored` follows a commit, so SQLite has to wait for the disk: synchronous FULL is 2."""
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_a_claim_of_an_unknown_member_is_refused(engine: Engine) -> None:
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO claims (claim_id, member_id, treadmill, claimed_at_ms, wearer,"
                " is_claim_stored, is_release_stored)"
                " VALUES ('c', 'nobody', 'gym/one', 1, '', 0, 0)"
            )
        )


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    insert = text("INSERT INTO refolds_due VALUES ('gym/one', 1, 2, 'late', 0, 1)")
    with pytest.raises(IntegrityError), engine.begin() as connection:  # noqa: PT012  the second
        connection.execute(insert)
        connection.execute(insert)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM refolds_due")).scalar_one() == 0


def test_writers_that_read_first_take_turns(engine: Engine) -> None:
    """Each reads a counter and writes it back; none fails and no step is lost."""
    with writing(engine).begin() as connection:
        connection.execute(text("INSERT INTO refolds_due VALUES ('gym/one', 0, 0, 'late', 0, 0)"))
    errors: list[Exception] = []

    def count_up() -> None:
        try:
            for _ in range(20):
                with writing(engine).begin() as connection:
                    found = connection.execute(text("SELECT from_ms FROM refolds_due")).scalar_one()
                    connection.execute(
                        text("UPDATE refolds_due SET from_ms = :n"), {"n": found + 1}
                    )
        except Exception as error:  # noqa: BLE001  shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT from_ms FROM refolds_due")).scalar_one() == 60


def test_a_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    with writing(engine).begin() as writer:
        writer.execute(text("INSERT INTO refolds_due VALUES ('gym/one', 0, 0, 'late', 0, 0)"))
        with engine.connect() as reader:
            assert reader.execute(text("SELECT count(*) FROM refolds_due")).scalar_one() == 0


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_postgresql_is_opened_without_connecting(scheme: str) -> None:
    engine = open_engine(f"{scheme}://backstride@127.0.0.1:1/backstride")

    assert engine.dialect.name == "postgresql"
    assert engine.dialect.driver == "psycopg"
    engine.dispose()


def test_a_missing_driver_is_told_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(UnsupportedStoreError, match=r"backstride-shared\[postgres\]"):
        open_engine("postgresql://backstride@127.0.0.1:1/backstride")


def test_another_kind_of_store_is_refused() -> None:
    with pytest.raises(UnsupportedStoreError, match="SQLite or PostgreSQL, not mysql"):
        open_engine("mysql://host/database")
