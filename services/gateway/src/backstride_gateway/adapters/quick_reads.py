"""What is asked with nearly every request, asked of PostgreSQL's driver itself.

SQLAlchemy takes 0.2 ms of processor time for a query that the driver sends in 0.05: it makes a
transaction or an option of the connection, a context and a result of its own. SQLite, which a
platform on one machine has, is asked in the usual way.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Engine, PoolProxiedConnection, Select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from backstride_gateway.adapters.sql_transactions import reading
from backstride_gateway.ports import StoreUnavailableError

_PSYCOPG: Final = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]


class QuickQuery:
    """A query made once, of columns that the driver gives as they are, with named parameters."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self._query = query
        self._text = str(query.compile(dialect=_PSYCOPG))

    def rows(self, engine: Engine, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Return all rows, as they are in the store now.

        Raises:
            StoreUnavailableError: when the store cannot be reached or does not answer.

        """
        if engine.dialect.name != "postgresql":
            with reading(engine) as connection:
                return connection.execute(self._query, values).all()
        try:
            lent = engine.raw_connection()
        except (engine.dialect.loaded_dbapi.Error, PoolTimeoutError, TimeoutError) as error:
            raise StoreUnavailableError(f"{type(error).__name__}: {error}") from error
        try:
            return self._asked(engine, lent, values)
        finally:
            lent.close()

    def _asked(
        self, engine: Engine, lent: PoolProxiedConnection, values: Mapping[str, object]
    ) -> Sequence[Sequence[Any]]:
        driver: Any = lent.driver_connection
        try:
            # a statement is a transaction by itself: no ways to the server to begin and end one
            driver.autocommit = True
            rows: Sequence[Sequence[Any]] = driver.execute(
                self._text, values, prepare=True
            ).fetchall()
            driver.autocommit = False
        except BaseException as error:
            # whatever it was: in this state it must not be lent to a transaction
            lent.invalidate(error)
            if isinstance(error, engine.dialect.loaded_dbapi.Error | TimeoutError):
                raise StoreUnavailableError(f"{type(error).__name__}: {error}") from error
            raise
        return rows
