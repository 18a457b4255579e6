"""Stored states from the relational store; of the recorder's rows only the epoch is changed."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from backstride_processor.ports import StoreNotReadyError
from backstride_shared.fold.state import STATE_VERSION, TreadmillState, decode_state, encode_state
from backstride_shared.store.migrate import SchemaError, check_schema
from backstride_shared.store.opening import open_engine, writing
from backstride_shared.store.schema import treadmill_states
from backstride_shared.store.treadmill_states import stored_revisions


class SqlStoredStates:
    """The table `treadmill_states`."""

    def __init__(self, url: str, now_ms: Callable[[], int]) -> None:
        self._url = url
        self._now_ms = now_ms

    def revisions(self) -> dict[str, tuple[int, int]]:
        """Return the revision of every treadmill's row; blocks.

        Raises:
            StoreNotReadyError: when there is no store, no schema of ours in it, or no answer.

        """
        with self._opened() as engine, engine.connect() as connection:
            return stored_revisions(connection)

    def take_over(self, treadmills: Collection[str]) -> dict[str, bytes]:
        """Begin a new epoch in these rows, durable on return, and return their states; blocks.

        Raises:
            StoreNotReadyError: as `revisions`.

        """
        if not treadmills:
            return {}
        with self._opened() as engine, writing(engine).begin() as connection:
            self._put_missing(connection, treadmills)
            return {
                state.treadmill: encode_state(state)
                for state in self._raised(connection, treadmills)
            }

    def _put_missing(self, connection: Connection, treadmills: Collection[str]) -> None:
        """Put a row of a state that knows nothing where there is none, to have it outranked."""
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(
            dialect.insert(treadmill_states).on_conflict_do_nothing(),
            [
                {
                    "treadmill": treadmill,
                    "epoch": 0,
                    "accepted_count": 0,
                    "state": encode_state(TreadmillState(STATE_VERSION, treadmill)),
                    "written_at_ms": self._now_ms(),
                }
                for treadmill in sorted(treadmills)
            ],
        )

    def _raised(
        self, connection: Connection, treadmills: Collection[str]
    ) -> Iterator[TreadmillState]:
        columns = treadmill_states.c
        # locked, and in one order: a recorder writes these rows now, or after us and in vain
        locked = (
            select(columns.treadmill, columns.state)
            .where(columns.treadmill.in_(treadmills))
            .order_by(columns.treadmill)
            .with_for_update()
        )
        for treadmill, data in connection.execute(locked).all():
            state = decode_state(data)
            state.epoch += 1
            connection.execute(
                update(treadmill_states)
                .where(columns.treadmill == treadmill)
                .values(epoch=state.epoch, state=encode_state(state))
            )
            yield state

    @contextmanager
    def _opened(self) -> Iterator[Engine]:
        file = make_url(self._url)
        is_sqlite = file.get_backend_name() == "sqlite"
        if is_sqlite and file.database and not Path(file.database).exists():
            # opening it would make an empty one, in the way of whoever migrates
            raise StoreNotReadyError(f"{file.database} does not exist")
        # opened for this one time: assignments of partitions are rare
        engine = open_engine(self._url)
        try:
            check_schema(engine)
            yield engine
        except SchemaError as error:
            raise StoreNotReadyError(str(error)) from error
        except SQLAlchemyError as error:
            raise StoreNotReadyError(f"no answer: {error.__class__.__name__}") from error
        finally:
            engine.dispose()
