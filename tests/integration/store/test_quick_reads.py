"""Reads past SQLAlchemy leave its connections as it wants them, and name failures as it would."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, bindparam, func, insert, select, text

from backstride_gateway.adapters.quick_reads import QuickQuery
from backstride_gateway.ports import StoreUnavailableError
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine, writing
from backstride_shared.store.schema import gyms
from tests.servers.postgres import LocalPostgres, PostgresAddress

GYM = {"gym_id": "gym", "name": "Gym", "created_at_ms": 1}
FOUND = QuickQuery(select(gyms.c.gym_id, gyms.c.name).where(gyms.c.gym_id == bindparam("gym_id")))
FAILING = QuickQuery(select(1 / (func.length(bindparam("text")) - 1)))


@contextmanager
def opened(address: PostgresAddress) -> Iterator[Engine]:
    url = address.fresh_database()
    migrate(url)
    engine = open_engine(url, trusted_s=60.0)
    with writing(engine).begin() as connection:
        connection.execute(insert(gyms).values(GYM))
    yield engine
    engine.dispose()


def test_a_connection_that_was_read_by_still_takes_changes_back(postgres: PostgresAddress) -> None:
    with opened(postgres) as engine:
        for values in ({"text": "long"}, {"text": "1"}):
            assert FOUND.rows(engine, {"gym_id": "gym"}) == [("gym", "Gym")]
            if values["text"] == "1":
                with pytest.raises(StoreUnavailableError):
                    FAILING.rows(engine, values)
            with engine.connect() as connection:
                connection.execute(text("DELETE FROM gyms"))
                connection.rollback()
        assert FOUND.rows(engine, {"gym_id": "gym"}) == [("gym", "Gym")]
        assert FOUND.rows(engine, {"gym_id": "other"}) == []


def test_what_was_written_before_is_read(postgres: PostgresAddress) -> None:
    with opened(postgres) as engine:
        assert FOUND.rows(engine, {"gym_id": "gym"}) == [("gym", "Gym")]
        with writing(engine).begin() as connection:
            connection.execute(text("UPDATE gyms SET name = 'New'"))
        assert FOUND.rows(engine, {"gym_id": "gym"}) == [("gym", "New")]


def test_a_server_that_went_is_unavailable_until_it_is_back(own_postgres: LocalPostgres) -> None:
    with opened(own_postgres.address) as engine:
        assert FOUND.rows(engine, {"gym_id": "gym"}) == [("gym", "Gym")]
        own_postgres.kill()
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                FOUND.rows(engine, {"gym_id": "gym"})
        own_postgres.start()
        assert FOUND.rows(engine, {"gym_id": "gym"}) == [("gym", "Gym")]
