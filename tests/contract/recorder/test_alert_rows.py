"""Alerts in the recorder's tables: raised once, ended once, whatever is repeated."""

import pytest
from sqlalchemy import Engine, select

from backstride_recorder.adapters.sql_sessions import SqlSessions
from backstride_recorder.domain.batch import Rows
from backstride_shared.frames import Alert
from backstride_shared.store.schema import alerts
from tests.factories.databases import Database

TREADMILL = "gym/one"


@pytest.fixture
def engine(database: Database) -> Engine:
    return database.open_as("recorder")


def alert(alert_id: str, at_ms: int, *, is_recovery: bool = False) -> Alert:
    return Alert(
        treadmill=TREADMILL,
        revision=(0, 1),
        alert_id=alert_id,
        kind="reverse-too-fast",
        is_recovery=is_recovery,
        at_ms=at_ms,
        raised_at_ms=100,
        device_id="device-a",
        speed_m_per_s=0.5 if is_recovery else 1.9,
        limit_m_per_s=1.5,
    )


def rows_of(engine: Engine) -> list[tuple[str, int, int | None, float]]:
    columns = alerts.c
    query = select(
        columns.alert_id, columns.raised_at_ms, columns.recovered_at_ms, columns.speed_m_per_s
    ).order_by(columns.alert_id)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_an_alert_is_kept_with_the_reading_that_raised_it(engine: Engine) -> None:
    store = SqlSessions(engine, lambda: 0)

    store.write(Rows(alerts=[alert("a", 100), alert("b", 100)]))
    store.write(Rows(alerts=[alert("a", 900, is_recovery=True)]))

    assert rows_of(engine) == [("a", 100, 900, 1.9), ("b", 100, None, 1.9)]


def test_a_repeated_alert_does_not_begin_again(engine: Engine) -> None:
    store = SqlSessions(engine, lambda: 0)
    both = Rows(alerts=[alert("a", 100), alert("a", 900, is_recovery=True)])

    store.write(both)
    store.write(Rows(alerts=[alert("a", 100)]))
    store.write(both)

    assert rows_of(engine) == [("a", 100, 900, 1.9)]
