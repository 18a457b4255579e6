"""What is asked with nearly every request, asked of PostgreSQL's driver itself, on the event loop.

SQLAlchemy takes 0.2 ms of processor time for a query that the driver sends in 0.05, and a way to a
thread and back takes 0.1 more. SQLite, which a platform on one machine has, is asked in the usual
way, in a thread.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, Select
from sqlalchemy.dialects import postgresql

from backstride_gateway.adapters.sql_transactions import reading
from backstride_gateway.ports import StoreUnavailableError, UnstorableError
from backstride_shared.store.opening import ANSWERS_WITHIN_S, connect_to_read

if TYPE_CHECKING:
    from backstride_shared.store.answering_connection import AnsweringAsyncConnection

MOST_CONNECTIONS: Final = 5
"""Beside those of the engine."""
_PSYCOPG: Final = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]

Rows = Sequence[Sequence[Any]]
Values = Mapping[str, object]


class QuickQuery:
    """A query made once, of columns that the driver gives as they are, with named parameters."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self.query: Final = query
        self.text: Final = str(query.compile(dialect=_PSYCOPG))


class QuickReads:
    """Asks the store of an engine; belongs to one event loop.

    A connection on which PostgreSQL is silent is given up after half of `answers_within_s`, and
    another one is asked. A lock is given up after half of that, and not waited for again.
    """

    def __init__(self, engine: Engine, answers_within_s: float = ANSWERS_WITHIN_S) -> None:
        self._engine = engine
        self._answers_within_s = answers_within_s
        self._driver = engine.dialect.loaded_dbapi
        self._idle: list[AnsweringAsyncConnection] = []
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)

    async def rows(self, query: QuickQuery, values: Values) -> Rows:
        """Return all rows, as they are in the store now.

        Raises:
            StoreUnavailableError: when the store cannot be reached or does not answer.
            UnstorableError: when it has no place for a value, whenever it is asked.

        """
        if self._engine.dialect.name != "postgresql":
            return await asyncio.to_thread(self._read, query, values)
        try:
            async with asyncio.timeout(self._answers_within_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise StoreUnavailableError("the store is too slow for those who wait") from error
        try:
            return await self._ask(query, values)
        except self._driver.DataError as error:
            raise UnstorableError(f"{type(error).__name__}: {error}") from error
        except (self._driver.Error, OSError) as error:
            raise StoreUnavailableError(f"{type(error).__name__}: {error}") from error
        finally:
            self._places.release()

    async def close(self) -> None:
        """Close the connections; those that are in use end with their task."""
        while self._idle:
            await self._idle.pop().close()

    def _read(self, query: QuickQuery, values: Values) -> Rows:
        with reading(self._engine) as connection:
            return connection.execute(query.query, values).all()

    async def _ask(self, query: QuickQuery, values: Values) -> Rows:
        if self._idle:
            try:
                return await self._ask_by(self._idle.pop(), query, values)
            except (
                self._driver.errors.LockNotAvailable,
                self._driver.errors.QueryCanceled,
            ):
                # the server is there and has answered: it would say the same again
                raise
            except self._driver.OperationalError:
                # most likely the server went since: the others are as old, and to read once more
                # does no harm
                await self.close()
        connection = await connect_to_read(self._engine, self._answers_within_s / 2)
        return await self._ask_by(connection, query, values)

    async def _ask_by(
        self, connection: "AnsweringAsyncConnection", query: QuickQuery, values: Values
    ) -> Rows:
        try:
            cursor = await connection.execute(query.text, values, prepare=True)
            rows = await cursor.fetchall()
        except BaseException:
            # whatever it was, also that nobody waits any more: what it would answer next is not
            # known
            await connection.close()
            raise
        self._idle.append(connection)
        return rows
