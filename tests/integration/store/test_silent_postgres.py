"""A PostgreSQL that stops answering without closing anything: nobody waits for it for ever."""

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from backstride_shared.store.opening import open_engine
from tests.chaos.proxy import TcpProxy, Wire
from tests.servers.postgres import PostgresAddress
from tests.waiting import wait_until

SILENT_S = 0.5


@pytest.fixture
def wire(postgres: PostgresAddress) -> Iterator[TcpProxy]:
    lent = TcpProxy(make_url(postgres.url).port or 0)
    yield lent
    lent.close()


def test_a_connection_that_is_half_open_is_given_up_and_a_new_one_taken(
    postgres: PostgresAddress, wire: TcpProxy
) -> None:
    url = make_url(postgres.fresh_database()).set(port=wire.port)
    engine = open_engine(url.render_as_string(hide_password=False), answers_within_s=SILENT_S)
    try:
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
            wire.set(Wire.HALF_OPEN)
            with pytest.raises(OperationalError, match="did not answer"):
                connection.scalar(text("SELECT 2"))
        wire.set(Wire.WHOLE)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 3")) == 3
    finally:
        engine.dispose()


def test_a_transaction_that_was_left_behind_locks_nobody_out_for_long(
    postgres: PostgresAddress, wire: TcpProxy
) -> None:
    """The server does not see that its client is gone, and would wait for it for hours."""
    url = make_url(postgres.fresh_database())
    lost = open_engine(
        url.set(port=wire.port).render_as_string(hide_password=False), answers_within_s=SILENT_S
    )
    engine = open_engine(url.render_as_string(hide_password=False), answers_within_s=SILENT_S)
    change = text("UPDATE marks SET seq = seq + 1")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE marks (seq integer)"))
        connection.execute(text("INSERT INTO marks VALUES (1)"))
    left_behind = lost.connect()
    try:
        left_behind.execute(change)
        wire.set(Wire.HALF_OPEN)
        with pytest.raises(OperationalError, match="lock timeout"), engine.begin() as connection:
            connection.execute(change)

        def is_changed() -> bool:
            try:
                with engine.begin() as connection:
                    connection.execute(change)
            except OperationalError:
                return False
            return True

        wait_until(is_changed, what="the lock of what was left behind to be gone")
    finally:
        left_behind.invalidate()
        lost.dispose()
        engine.dispose()
