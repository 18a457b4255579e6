"""Transactions on the relational store, with its failures named in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from backstride_gateway.ports import StoreUnavailableError
from backstride_shared.store.migrate import SchemaError, check_schema
from backstride_shared.store.opening import writing


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Lend a connection for reading.

    Raises:
        StoreUnavailableError: when the store cannot be reached or does not answer.

    """
    try:
        with engine.connect() as connection:
            yield connection
    except (DBAPIError, TimeoutError) as error:
        raise StoreUnavailableError(_reason(error)) from error


@contextmanager
def writing_to(engine: Engine) -> Iterator[Connection]:
    """Lend a connection in a transaction that is durable when the block ends.

    IntegrityError passes: what it means is for the caller to say.

    Raises:
        StoreUnavailableError: when the store cannot be reached or does not answer.

    """
    try:
        with writing(engine).begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except (DBAPIError, TimeoutError) as error:
        raise StoreUnavailableError(_reason(error)) from error


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
