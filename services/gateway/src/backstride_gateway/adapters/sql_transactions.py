"""Transactions on the relational store, with its failures named in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from backstride_gateway.ports import StoreUnavailableError, UnstorableError
from backstride_shared.store.migrate import SchemaError, check_schema
from backstride_shared.store.opening import writing


@contextmanager
def reading(engine: Engine, *, is_one_transaction: bool = False) -> Iterator[Connection]:
    """Lend a connection for reading.

    On PostgreSQL each statement is a transaction by itself, unless told otherwise: two ways to the
    server less, and at its isolation each statement sees the newest rows anyway. What is read in
    parts, by a cursor of the server, needs one.

    Raises:
        StoreUnavailableError: when the store cannot be reached or does not answer.
        UnstorableError: when it has no place for a value, whenever it is asked.

    """
    try:
        with (engine if is_one_transaction else _of_statements(engine)).connect() as connection:
            yield connection
    except DataError as error:
        raise UnstorableError(_reason(error)) from error
    except (DBAPIError, PoolTimeoutError, TimeoutError) as error:
        raise StoreUnavailableError(_reason(error)) from error


@contextmanager
def writing_to(engine: Engine) -> Iterator[Connection]:
    """Lend a connection in a transaction that is durable when the block ends.

    IntegrityError passes: what it means is for the caller to say.

    Raises:
        StoreUnavailableError: when the store cannot be reached or does not answer.
        UnstorableError: when it has no place for a value, whenever it is asked.

    """
    try:
        with writing(engine).begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except DataError as error:
        raise UnstorableError(_reason(error)) from error
    except (DBAPIError, PoolTimeoutError, TimeoutError) as error:
        raise StoreUnavailableError(_reason(error)) from error


@lru_cache(maxsize=4)
def _of_statements(engine: Engine) -> Engine:
    """Return the engine, on the same connections, without transactions where none are needed.

    SQLite's keep its readers' picture of the file whole.
    """
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def check_store(engine: Engine) -> None:
    """Return when the store can be reached and has the schema of this version.

    Raises:
        StoreUnavailableError: with what is the matter.

    """
    try:
        check_schema(engine)
    except SchemaError as error:
        raise StoreUnavailableError(str(error)) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError(_reason(error)) from error


def _reason(error: SQLAlchemyError | TimeoutError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(error).__name__}: {cause}"
