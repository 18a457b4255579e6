"""A PostgreSQL that stops answering without closing anything: nobody waits for it for ever."""

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from backstride_shared.store.opening import open_engine
from tests.chaos.proxy import TcpProxy, Wire
from tests.servers.postgres import PostgresAddress

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
