"""What the gateway reads of alerts, asked of the fake and of the tables the recorder writes."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, insert

from backstride_gateway.adapters.sql_alerts import SqlAlerts
from backstride_gateway.domain.alerts import AlertRecord
from backstride_gateway.ports import AlertCursor, AlertFilter, AlertHistory
from backstride_recorder.adapters.session_rows import alert_row
from backstride_shared.frames import Alert
from backstride_shared.store.schema import alerts
from tests.factories.databases import Database
from tests.fakes.gateway_alerts import InMemoryAlerts

ALL = AlertFilter()


@dataclass
class Store:
    history: AlertHistory
    put: Callable[[AlertRecord], None]


@pytest.fixture
def store(fake_or_database: Database | None) -> Store:
    if fake_or_database is None:
        fake = InMemoryAlerts()
        return Store(fake, fake.put)
    recorders = fake_or_database.open_as("recorder")
    return Store(
        SqlAlerts(fake_or_database.open_as("gateway")),
        lambda alert: insert_alert(recorders, alert),
    )


def insert_alert(engine: Engine, alert: AlertRecord) -> None:
    """Write as the recorder does."""
    raised = Alert(
        treadmill=alert.treadmill,
        revision=(0, 1),
        alert_id=alert.alert_id,
        kind=alert.kind,
        is_recovery=False,
        at_ms=alert.raised_at_ms,
        raised_at_ms=alert.raised_at_ms,
        device_id=alert.device_id,
        claim_id=alert.claim_id,
        speed_m_per_s=alert.speed_m_per_s,
        is_reverse=alert.is_reverse,
        grade_percent=alert.grade_percent,
        limit_m_per_s=alert.limit_m_per_s,
    )
    row = alert_row(raised) | {"recovered_at_ms": alert.recovered_at_ms}
    with engine.begin() as connection:
        connection.execute(insert(alerts).values(row))


def alert(
    alert_id: str,
    raised_at_ms: int = 100,
    *,
    treadmill: str = "gym/one",
    recovered_at_ms: int | None = None,
) -> AlertRecord:
    return AlertRecord(
        alert_id=alert_id,
        treadmill=treadmill,
        kind="reverse-too-fast",
        raised_at_ms=raised_at_ms,
        recovered_at_ms=recovered_at_ms,
        device_id="device-a",
        claim_id="c",
        speed_m_per_s=1.9,
        is_reverse=True,
        grade_percent=0.0,
        limit_m_per_s=1.5,
    )


def ids(store: Store, wanted: AlertFilter) -> list[str]:
    return [found.alert_id for found in store.history.page(wanted, None, 10)]


def test_an_alert_comes_back_as_it_was_recorded(store: Store) -> None:
    store.put(alert("a", recovered_at_ms=900))

    assert store.history.page(ALL, None, 10) == [alert("a", recovered_at_ms=900)]


def test_alerts_come_newest_first_page_by_page(store: Store) -> None:
    for number in range(5):
        # two are raised at the same moment: the id decides
        store.put(alert(f"a{number}", 100 + number // 2))

    first = store.history.page(ALL, None, 2)
    assert [found.alert_id for found in first] == ["a4", "a3"]
    cursor = AlertCursor(first[-1].raised_at_ms, first[-1].alert_id)
    rest = store.history.page(ALL, cursor, 10)
    assert [found.alert_id for found in rest] == ["a2", "a1", "a0"]


def test_alerts_of_a_gym_or_a_treadmill(store: Store) -> None:
    store.put(alert("a", treadmill="gym/one"))
    store.put(alert("b", treadmill="gym/two"))
    store.put(alert("c", treadmill="gym-2/one"))

    assert ids(store, AlertFilter(gym_id="gym")) == ["b", "a"]
    assert ids(store, AlertFilter(treadmill="gym/two")) == ["b"]
    assert ids(store, AlertFilter(gym_id="gym-2", treadmill="gym/two")) == []


def test_alerts_that_go_on_and_those_that_are_over(store: Store) -> None:
    store.put(alert("on"))
    store.put(alert("over", recovered_at_ms=200))

    assert ids(store, AlertFilter(is_active=True)) == ["on"]
    assert ids(store, AlertFilter(is_active=False)) == ["over"]
    assert ids(store, ALL) == ["over", "on"]
