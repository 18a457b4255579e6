"""Stored states from the relational store; this program only reads it."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from backstride_processor.ports import StoreNotReadyError
from backstride_shared.store.migrate import SchemaError, check_schema
from backstride_shared.store.opening import open_engine
from backstride_shared.store.treadmill_states import stored_states


class SqlStoredStates:
    """The recorder's table `treadmill_states`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def load(self) -> dict[str, bytes]:
        """Return every treadmill's stored state; blocks.

        Raises:
            StoreNotReadyError: when there is no store, no schema of ours in it, or no answer.

        """
        file = make_url(self._url)
        is_sqlite = file.get_backend_name() == "sqlite"
        if is_sqlite and file.database and not Path(file.database).exists():
            # opening it would make an empty one, in the way of whoever migrates
            raise StoreNotReadyError(f"{file.database} does not exist")
        # opened for this one query: there is one in an assignment of partitions
        engine = open_engine(self._url)
        try:
            check_schema(engine)
            with engine.connect() as connection:
                return {row.treadmill: row.state for row in stored_states(connection)}
        except SchemaError as error:
            raise StoreNotReadyError(str(error)) from error
        except SQLAlchemyError as error:
            raise StoreNotReadyError(f"no answer: {error.__class__.__name__}") from error
        finally:
            engine.dispose()
