"""How the relational store is opened: what is committed here is on the disk.

SQLite runs with WAL, so that readers and the one writer do not wait for each other, and with
synchronous=FULL: in WAL mode NORMAL survives the death of a program but not of the machine's
power, and a treadmill deletes from its outbox what `stored` names. FULL costs one fsync per
transaction, and the recorder makes one transaction per poll, not per reading.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

if TYPE_CHECKING:
    from backstride_shared.store.answering_connection import AnsweringAsyncConnection

BUSY_TIMEOUT_MS: Final = 5_000
"""Gateway and recorder write to one file in turn; a transaction of either takes milliseconds."""

ANSWERS_WITHIN_S: Final = 30.0
"""As long as a request to InfluxDB may take; a transaction of ours takes milliseconds."""
POSTGRESQL_CONNECTIONS: Final = 15
"""At most, of one engine."""
_POSTGRESQL_CONNECT_TIMEOUT_S: Final = 10
# What is asked often is in memory, or on a disk without a head to move. PostgreSQL's 4 is for disks
# that have one: it then reads the sessions of all members instead of one's by their index.
_POSTGRESQL_RANDOM_PAGE_COST: Final = 1.1
_WRITES: Final = "backstride_writes"
_LEFT_AT_S: Final = "backstride_left_at_s"


class UnsupportedStoreError(ValueError):
    """The URL names a kind of store that Backstride does not know."""


def open_engine(
    url: str, *, answers_within_s: float | None = ANSWERS_WITHIN_S, trusted_s: float = 0.0
) -> Engine:
    """Return an engine for `sqlite:///path` or `postgresql://...`; connects to nothing yet.

    A PostgreSQL that is silent for `answers_within_s` is given up with an OperationalError; None
    waits for ever, as a migration waits for its turn. So is a lock after half of that, and the
    server ends a transaction in which it heard nothing for twice as long: what was left behind by a
    connection that is half open would keep its locks for hours. One of its connections is tried
    before it is lent, unless it was in use less than `trusted_s` ago: after a restart of the server
    a program may then meet as many errors as it has connections. A missing folder of a SQLite file
    is made.
    `writing(engine)` gives the engine for transactions that write.

    Raises:
        UnsupportedStoreError: for another kind of URL, or when psycopg is not installed.

    """
    parts = make_url(url)
    backend = parts.get_backend_name()
    if backend == "sqlite":
        if parts.database:
            Path(parts.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        set_up_sqlite(engine)
        return engine
    if backend == "postgresql":
        return _postgresql(parts, answers_within_s, trusted_s)
    message = f"the relational store must be SQLite or PostgreSQL, not {backend}"
    raise UnsupportedStoreError(message)


def _postgresql(url: URL, answers_within_s: float | None, trusted_s: float) -> Engine:
    try:
        engine = create_engine(
            # the bare name would mean an older driver, which we do not install
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=trusted_s <= 0.0,
            # what comes beyond the size is closed after each use: a process of the server each time
            pool_size=POSTGRESQL_CONNECTIONS,
            max_overflow=0,
            connect_args={"connect_timeout": _POSTGRESQL_CONNECT_TIMEOUT_S},
        )
    except ImportError as error:
        raise UnsupportedStoreError(
            f"for PostgreSQL install backstride-shared[postgres] ({error})"
        ) from error
    _set_up_postgresql(engine, answers_within_s)
    if answers_within_s is not None:
        _limit_waits(engine, answers_within_s)
    if trusted_s > 0.0:
        _try_when_idle(engine, trusted_s)
    return engine


async def connect_to_read(
    engine: Engine, answers_within_s: float = ANSWERS_WITHIN_S
) -> "AnsweringAsyncConnection":
    """Return a new connection to the PostgreSQL of an engine, for reads on the event loop.

    Each statement is a transaction by itself. A server that is silent for `answers_within_s` is
    given up, and ends what it was asked after twice as long: that nobody waits any more it would
    not see before its answer, and what was given up would gather there. A lock is given up after
    half of that.

    Raises:
        psycopg.Error: when the server cannot be reached.

    """
    # here, because psycopg is an extra that SQLite does without
    from backstride_shared.store.answering_connection import (  # noqa: PLC0415
        AnsweringAsyncConnection,
    )

    _, parameters = engine.dialect.create_connect_args(engine.url)
    parameters.setdefault("connect_timeout", _POSTGRESQL_CONNECT_TIMEOUT_S)
    connection = await AnsweringAsyncConnection.connect(autocommit=True, **parameters)
    connection.answers_within_s = answers_within_s
    settings = {
        **_settings_of(answers_within_s),
        "statement_timeout": round(answers_within_s * 2000),
    }
    try:
        await connection.execute("; ".join(f"SET {name} = {it}" for name, it in settings.items()))
    except BaseException:
        await connection.close()
        raise
    return connection


def _settings_of(answers_within_s: float | None) -> dict[str, float]:
    """Return what every connection is told: a lock is given up after half of the time."""
    settings: dict[str, float] = {"random_page_cost": _POSTGRESQL_RANDOM_PAGE_COST}
    if answers_within_s is not None:
        settings["lock_timeout"] = round(answers_within_s * 500)
    return settings


def _set_up_postgresql(engine: Engine, answers_within_s: float | None) -> None:
    settings = _settings_of(answers_within_s)
    if answers_within_s is not None:
        settings["idle_in_transaction_session_timeout"] = round(answers_within_s * 2000)

    def set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for name, value in settings.items():
            cursor.execute(f"SET {name} = {value}")
        cursor.close()
        # a setting of a transaction that is rolled back is gone
        connection.commit()

    event.listen(engine, "connect", set_up)


def _try_when_idle(engine: Engine, trusted_s: float) -> None:
    """Try connections that were idle, instead of all: that would be each second way to the server.

    As SQLAlchemy's own trial does, one that is broken lets go of all that are as old.
    """

    def note(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_LEFT_AT_S] = time.monotonic()

    def try_it(connection: DBAPIConnection, record: ConnectionPoolEntry, _lent: object) -> None:
        left_at_s = record.info.get(_LEFT_AT_S)
        if left_at_s is None or time.monotonic() - left_at_s < trusted_s:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", try_it)


def _limit_waits(engine: Engine, answers_within_s: float) -> None:
    # here, because psycopg is an extra that SQLite does without
    from backstride_shared.store.answering_connection import AnsweringConnection  # noqa: PLC0415

    def connect(
        _dialect: object, _record: object, arguments: tuple[Any, ...], parameters: dict[str, Any]
    ) -> AnsweringConnection:
        connection = AnsweringConnection.connect(*arguments, **parameters)
        connection.answers_within_s = answers_within_s
        return connection

    event.listen(engine, "do_connect", connect)


def set_up_sqlite(engine: Engine) -> None:
    """Give every connection of a SQLite engine our settings; also for `AsyncEngine.sync_engine`."""
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)


def writing(engine: Engine) -> Engine:
    """Return the engine with transactions that take SQLite's write lock when they begin.

    A transaction that reads first and writes later fails at once when another program wrote in
    between, whatever the time-out; one that begins as a writer waits for its turn.
    """
    return engine.execution_options(**{_WRITES: True})


def empty_write_ahead_log(engine: Engine) -> None:
    """Let SQLite's log before the file hold nothing any more of what was deleted, if it can now.

    While somebody reads, it is left to the next time. PostgreSQL's vacuum does its own.
    """
    if engine.dialect.name != "sqlite":
        return
    # past SQLAlchemy, which would begin a transaction, in which there is no checkpoint
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    finally:
        connection.close()


def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions by itself: we do, in `_begin`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # what is erased is overwritten, not only left out of the index
        "secure_delete=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
