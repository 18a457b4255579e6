"""Erasures in the recorder's tables: what goes, what stays, and what is remembered."""

import pytest
from sqlalchemy import Engine, select

from backstride_recorder.adapters.sql_sessions import SqlSessions
from backstride_recorder.domain.batch import DueErasure, KnownState, Revision, Rows
from backstride_recorder.domain.erased import ErasedSpan
from backstride_recorder.domain.regions import Region
from backstride_shared.energy import EnergyTotals
from backstride_shared.fold.state import STATE_VERSION, TreadmillState, encode_state
from backstride_shared.frames import Alert, SessionSnapshot
from backstride_shared.store.schema import alerts, erasures
from tests.factories.databases import Database

TREADMILL = "gym/one"
NOW_MS = 1_795_410_000_000


@pytest.fixture
def engine(database: Database) -> Engine:
    return database.open_as("recorder")


@pytest.fixture
def store(engine: Engine) -> SqlSessions:
    store = SqlSessions(engine, lambda: NOW_MS)
    sessions = {
        "ada": session("ada", 100, "of-ada"),
        "bob": session("bob", 300, "of-bob"),
        "nobody": session("nobody", 150, None),
    }
    known = TreadmillState(STATE_VERSION, TREADMILL, accepted_count=5)
    alert = Alert(
        treadmill=TREADMILL,
        revision=(0, 1),
        alert_id="alert",
        kind="reverse-too-fast",
        is_recovery=False,
        at_ms=120,
        raised_at_ms=120,
        device_id="device-a",
        claim_id="of-ada",
        speed_m_per_s=2.0,
        limit_m_per_s=1.5,
    )
    store.write(
        Rows(
            sessions={key: (one, (0, 1)) for key, one in sessions.items()},
            states={TREADMILL: KnownState(known, encode_state(known))},
            alerts=[alert],
        )
    )
    return store


def session(session_id: str, from_ms: int, claim_id: str | None) -> SessionSnapshot:
    return SessionSnapshot(
        session_id=session_id,
        treadmill=TREADMILL,
        claim_id=claim_id,
        purpose=None,
        started_at_ms=from_ms,
        last_moving_at_ms=from_ms + 10,
        last_reading_at_ms=from_ms + 10,
        ended_at_ms=None,
        model_version="backstride-1",
        totals=EnergyTotals(readings=10),
    )


def due(revision: Revision = (0, 5)) -> DueErasure:
    return DueErasure("erasure", TREADMILL, "of-ada", 90, 140, revision)


def erase(store: SqlSessions, one: DueErasure | None = None) -> None:
    store.write(Rows(erasures={"erasure": one or due()}))


def ids(store: SqlSessions) -> set[str]:
    return {span.session_id for span in store.spans(TREADMILL, Region(0, 2**52))}


def test_the_rows_of_an_erased_claim_are_gone_at_once(store: SqlSessions) -> None:
    erase(store)

    assert ids(store) == {"bob", "nobody"}


def test_of_an_alert_stays_what_happened_and_not_to_whom(
    store: SqlSessions, engine: Engine
) -> None:
    erase(store)

    columns = alerts.c
    query = select(columns.speed_m_per_s, columns.claim_id, columns.limit_m_per_s)
    with engine.connect() as connection:
        assert connection.execute(query).one() == (2.0, None, None)


def test_it_waits_for_a_state_that_knows_it_and_then_for_its_second_look(
    store: SqlSessions,
) -> None:
    erase(store, due((0, 6)))
    (waiting,) = store.waiting_erasures(NOW_MS)
    assert not waiting.is_ready

    known = TreadmillState(STATE_VERSION, TREADMILL, accepted_count=6)
    store.write(Rows(states={TREADMILL: KnownState(known, encode_state(known))}))
    (waiting,) = store.waiting_erasures(NOW_MS)
    assert waiting.is_ready
    assert not waiting.is_erased

    store.settle_erasure(waiting.due, NOW_MS, is_sweep=False)
    assert store.waiting_erasures(NOW_MS - 1) == []
    (again,) = store.waiting_erasures(NOW_MS)
    assert again.is_erased
    store.settle_erasure(again.due, NOW_MS, is_sweep=True)
    assert store.waiting_erasures(NOW_MS) == []


def test_what_is_left_is_an_interval_without_a_name(store: SqlSessions, engine: Engine) -> None:
    erase(store)
    for found, is_sweep in ((40, False), (0, False), (2, True)):
        store.note_erasure(due(), found, is_sweep=is_sweep)
    store.settle_erasure(due(), NOW_MS, is_sweep=False)
    store.settle_erasure(due(), NOW_MS, is_sweep=True)

    assert store.erased_spans() == [ErasedSpan(TREADMILL, 90, 140)]
    assert store.erased_points() == 42
    columns = erasures.c
    query = select(columns.claim_id, columns.sessions_count, columns.points_count)
    with engine.connect() as connection:
        assert connection.execute(query).one() == (None, 1, 42)


def test_read_again_it_stays_done_and_sent_again_it_is_due(store: SqlSessions) -> None:
    erase(store)
    store.settle_erasure(due(), NOW_MS, is_sweep=False)

    erase(store)
    assert store.waiting_erasures(0) == []

    erase(store, due((1, 0)))
    assert [one.due.revision for one in store.waiting_erasures(0)] == [(1, 0)]


def test_rows_that_came_back_go_with_the_next_look(store: SqlSessions) -> None:
    erase(store)
    store.write(Rows(sessions={"ada": (session("ada", 100, "of-ada"), (0, 9))}))

    store.note_erasure(due(), 0, is_sweep=True)

    assert ids(store) == {"bob", "nobody"}
