"""Reads on the event loop see what was written, name failures, and outlive their server."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, Integer, bindparam, func, insert, select, text

from backstride_gateway.adapters.quick_reads import MOST_CONNECTIONS, QuickQuery, QuickReads
from backstride_gateway.ports import StoreUnavailableError, UnstorableError
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine, writing
from backstride_shared.store.schema import gyms
from tests.servers.postgres import LocalPostgres, PostgresAddress
from tests.waiting import eventually

GYM = {"gym_id": "gym", "name": "Gym", "created_at_ms": 1}
FOUND = QuickQuery(select(gyms.c.gym_id, gyms.c.name).where(gyms.c.gym_id == bindparam("gym_id")))
FAILING = QuickQuery(select(bindparam("of", type_=Integer) / bindparam("by", type_=Integer)))
SLEEPING = QuickQuery(select(func.pg_sleep(bindparam("seconds"))))


@dataclass
class Opened:
    engine: Engine
    reads: QuickReads

    async def name(self) -> str:
        """Return the name of the one gym."""
        ((_, name),) = await self.reads.rows(FOUND, {"gym_id": "gym"})
        return str(name)

    def connections(self) -> int:
        """Return how many connections the server has to this database, but for our own."""
        others = text(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with self.engine.connect() as connection:
            return int(connection.execute(others).scalar_one())


@asynccontextmanager
async def opened(address: PostgresAddress, answers_within_s: float = 30.0) -> AsyncIterator[Opened]:
    url = address.fresh_database()
    migrate(url)
    engine = open_engine(url)
    with writing(engine).begin() as connection:
        connection.execute(insert(gyms).values(GYM))
    reads = QuickReads(engine, answers_within_s)
    yield Opened(engine, reads)
    await reads.close()
    engine.dispose()


async def test_what_was_written_before_is_read(postgres: PostgresAddress) -> None:
    async with opened(postgres) as store:
        assert await store.name() == "Gym"
        with writing(store.engine).begin() as connection:
            connection.execute(text("UPDATE gyms SET name = 'New'"))
        assert await store.name() == "New"
        assert await store.reads.rows(FOUND, {"gym_id": "other"}) == []


async def test_a_failing_query_is_named_and_the_next_one_answered(
    postgres: PostgresAddress,
) -> None:
    async with opened(postgres) as store:
        assert await store.name() == "Gym"
        with pytest.raises(UnstorableError, match="division by zero"):
            await store.reads.rows(FAILING, {"of": 1, "by": 0})
        assert await store.name() == "Gym"


async def test_many_at_once_are_answered_by_a_few_connections(postgres: PostgresAddress) -> None:
    async with opened(postgres) as store:
        assert await asyncio.gather(*(store.name() for _ in range(50))) == ["Gym"] * 50
        assert 1 <= store.connections() <= MOST_CONNECTIONS


async def test_who_stops_waiting_leaves_the_others_their_places(postgres: PostgresAddress) -> None:
    async with opened(postgres) as store:
        waiting = [
            asyncio.create_task(store.reads.rows(SLEEPING, {"seconds": 60}))
            for _ in range(MOST_CONNECTIONS)
        ]
        await eventually(
            store.connections,
            what="every place to be taken",
            holds=lambda count: count == MOST_CONNECTIONS,
        )
        for task in waiting:
            task.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended)
        assert await store.name() == "Gym"


async def test_a_server_that_is_silent_is_unavailable(postgres: PostgresAddress) -> None:
    async with opened(postgres, answers_within_s=0.6) as store:
        assert await store.name() == "Gym"
        with pytest.raises(StoreUnavailableError, match=r"did not answer within 0\.3 s"):
            await store.reads.rows(SLEEPING, {"seconds": 60})
        assert await store.name() == "Gym"


async def test_a_lock_is_given_up_at_once_by_both_and_not_waited_for_again(
    postgres: PostgresAddress,
) -> None:
    async with opened(postgres, answers_within_s=2.0) as store:
        await asyncio.gather(*(store.name() for _ in range(50)))
        before = store.connections()
        with store.engine.begin() as connection:
            connection.execute(text("LOCK TABLE gyms IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(StoreUnavailableError, match="lock timeout"):
                await store.name()
            # the one that has the lock came, and the one that waited for it went
            assert store.connections() == before
        assert await store.name() == "Gym"


async def test_what_is_given_up_the_server_ends_too(postgres: PostgresAddress) -> None:
    async with opened(postgres, answers_within_s=0.6) as store:
        with pytest.raises(StoreUnavailableError):
            await store.reads.rows(SLEEPING, {"seconds": 60})
        await eventually(
            store.connections,
            what="the server to end what nobody waits for",
            holds=lambda count: count == 0,
        )


async def test_a_connection_that_cannot_be_set_up_is_closed(postgres: PostgresAddress) -> None:
    # more milliseconds than a setting holds
    async with opened(postgres, answers_within_s=1e9) as store:
        with pytest.raises(UnstorableError):
            await store.name()
        gc.collect()
        assert store.connections() == 0


async def test_who_finds_no_place_in_time_is_told_so(postgres: PostgresAddress) -> None:
    async with opened(postgres, answers_within_s=2.0) as store:
        # three in turn begin in time, each of which is answered in time
        waiting = [
            asyncio.create_task(store.reads.rows(SLEEPING, {"seconds": 0.8}))
            for _ in range(3 * MOST_CONNECTIONS + 1)
        ]
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        told = [str(one) for one in ended if isinstance(one, StoreUnavailableError)]
        assert told == ["the store is too slow for those who wait"]


async def test_a_server_that_went_is_unavailable_until_it_is_back(
    own_postgres: LocalPostgres,
) -> None:
    async with opened(own_postgres.address) as store:
        assert await store.name() == "Gym"
        own_postgres.kill()
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                await store.name()
        own_postgres.start()
        assert await store.name() == "Gym"


async def test_nobody_is_told_of_a_restart_between_two_questions(
    own_postgres: LocalPostgres,
) -> None:
    async with opened(own_postgres.address) as store:
        await asyncio.gather(*(store.name() for _ in range(50)))
        own_postgres.kill()
        own_postgres.start()
        assert await asyncio.gather(*(store.name() for _ in range(50))) == ["Gym"] * 50
