"""What every session store does, asked of the fake and of the SQL one."""

import pytest

from backstride_recorder.adapters.sql_sessions import SqlSessions
from backstride_recorder.domain.batch import CORRECTION, DueRefold, KnownState, Revision, Rows
from backstride_recorder.domain.regions import Region
from backstride_recorder.ports import RefoldedRows, SessionStore, StoredTreadmill
from backstride_shared.energy import EnergyTotals
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.fold.state import STATE_VERSION, Mark, TreadmillState, encode_state
from backstride_shared.frames import SessionSnapshot
from tests.factories.databases import Database
from tests.fakes.in_memory_sessions import InMemorySessions

ONE, TWO = "gym/one", "gym/two"
WRITTEN_AT_MS = 1_795_410_000_000


@pytest.fixture
def store(fake_or_database: Database | None) -> SessionStore:
    if fake_or_database is None:
        return InMemorySessions()
    return SqlSessions(fake_or_database.open_as("recorder"), lambda: WRITTEN_AT_MS)


def state(
    accepted_count: int, *, epoch: int = 0, treadmill: str = ONE, seq: int | None = None
) -> TreadmillState:
    return TreadmillState(
        STATE_VERSION,
        treadmill,
        epoch=epoch,
        accepted_count=accepted_count,
        readings_count=accepted_count - 1,
        marks={"device-a": Mark(7, accepted_count if seq is None else seq, skipped_count=2)},
    )


def rows(
    *sessions: tuple[SessionSnapshot, Revision],
    states: tuple[TreadmillState, ...] = (),
    refolds: tuple[DueRefold, ...] = (),
) -> Rows:
    return Rows(
        {session.session_id: (session, revision) for session, revision in sessions},
        {one.treadmill: KnownState(one, encode_state(one)) for one in states},
        {one.treadmill: one for one in refolds},
    )


def session(
    session_id: str, from_ms: int, to_ms: int, *, treadmill: str = ONE, readings: int = 10
) -> SessionSnapshot:
    return SessionSnapshot(
        session_id=session_id,
        treadmill=treadmill,
        claim_id="claim-of-ada",
        purpose="training",
        started_at_ms=from_ms,
        last_moving_at_ms=to_ms,
        last_reading_at_ms=to_ms,
        ended_at_ms=None,
        model_version="backstride-1",
        totals=EnergyTotals(readings=readings),
    )


def due(from_ms: int, to_ms: int, revision: Revision = (0, 1), treadmill: str = ONE) -> DueRefold:
    return DueRefold(treadmill, from_ms, to_ms, "late readings", revision)


def corrected(revision: Revision = (0, 1)) -> Rows:
    due = DueRefold(ONE, 0, 100, CORRECTION, revision, "correction-1", "claim-of-ada")
    return Rows(corrections={"correction-1": due})


def test_a_correction_is_due_until_its_region_was_folded_again(store: SessionStore) -> None:
    store.write(corrected())
    (waiting,) = store.waiting_refolds()
    assert waiting.due == corrected().corrections["correction-1"]
    assert not waiting.is_ready
    store.write(rows(states=(state(1),)))
    (waiting,) = store.waiting_refolds()
    assert waiting.is_ready

    store.replace(waiting.due, Region(0, 100), RefoldedRows([], (0, 1), WRITTEN_AT_MS))

    assert list(store.waiting_refolds()) == []


def test_corrections_come_before_what_is_due_again_and_again(store: SessionStore) -> None:
    store.write(rows(states=(state(1),), refolds=(due(5, 10),)))
    store.write(corrected())

    assert [one.due.reason for one in store.waiting_refolds()] == [CORRECTION, "late readings"]


def test_a_refused_correction_is_not_due_any_more(store: SessionStore) -> None:
    store.write(corrected())
    store.refuse(corrected().corrections["correction-1"], "Too late.")

    assert list(store.waiting_refolds()) == []


def test_a_correction_read_again_stays_done_and_one_sent_again_is_due(store: SessionStore) -> None:
    store.write(corrected())
    store.refuse(corrected().corrections["correction-1"], "Too late.")

    store.write(corrected())
    assert list(store.waiting_refolds()) == []

    store.write(corrected((1, 0)))
    assert [waiting.due.revision for waiting in store.waiting_refolds()] == [(1, 0)]


def test_a_correction_that_the_state_does_not_know_may_come_again(store: SessionStore) -> None:
    store.write(corrected())
    store.forget(corrected().corrections["correction-1"])
    assert list(store.waiting_refolds()) == []

    store.write(corrected())

    assert len(store.waiting_refolds()) == 1


def ids(store: SessionStore, treadmill: str = ONE) -> list[str]:
    return [span.session_id for span in store.spans(treadmill, Region(0, 2**52))]


def test_an_empty_store_knows_nobody(store: SessionStore) -> None:
    assert list(store.treadmills()) == []
    assert store.state(ONE) is None
    assert list(store.waiting_refolds()) == []


def test_a_state_is_read_as_it_was_written(store: SessionStore) -> None:
    written = store.write(rows(states=(state(5), state(9, treadmill=TWO))))

    expected = [
        StoredTreadmill(ONE, {"device-a": (7, 5)}, 4, 2),
        StoredTreadmill(TWO, {"device-a": (7, 9)}, 8, 2),
    ]
    assert list(written) == expected
    assert list(store.treadmills()) == expected
    assert store.state(ONE) == state(5)


@pytest.mark.parametrize(
    "second", [state(6), state(5, seq=6), state(1, epoch=1, seq=6)], ids=["more", "same", "epoch"]
)
def test_a_state_of_the_same_or_a_higher_revision_replaces(
    store: SessionStore, second: TreadmillState
) -> None:
    store.write(rows(states=(state(5),)))

    (written,) = store.write(rows(states=(second,)))

    assert written.marks == {"device-a": (7, 6)}
    assert store.state(ONE) == second


@pytest.mark.parametrize(
    ("first", "second"),
    [(state(5), state(4)), (state(5, epoch=1), state(9))],
    ids=["fewer", "epoch"],
)
def test_a_lower_revision_of_a_state_is_left_out_and_the_answer_says_so(
    store: SessionStore, first: TreadmillState, second: TreadmillState
) -> None:
    store.write(rows(states=(first,)))

    (written,) = store.write(rows(states=(second,)))

    assert written.marks == {"device-a": (7, 5)}
    assert store.state(ONE) == first


def test_a_lower_revision_of_a_session_is_left_out(store: SessionStore) -> None:
    store.write(rows((session("s", 0, 100), (0, 5))))

    store.write(rows((session("s", 0, 50), (0, 4))))
    assert store.spans(ONE, Region(0, 1))[0].last_reading_at_ms == 100

    store.write(rows((session("s", 0, 200), (1, 1))))
    assert store.spans(ONE, Region(0, 1))[0].last_reading_at_ms == 200


def test_refolds_that_are_due_become_one_at_the_higher_revision(store: SessionStore) -> None:
    store.write(rows(states=(state(4),), refolds=(due(100, 200, (0, 4)),)))
    store.write(rows(refolds=(due(50, 150, (0, 6)), due(1, 2, treadmill=TWO))))

    one, two = sorted(store.waiting_refolds(), key=lambda waiting: waiting.treadmill)

    assert one.due == due(50, 200, (0, 6))
    assert one.stored_revision == (0, 4)
    assert not one.is_ready
    assert (two.due, two.stored_revision, two.is_ready) == (due(1, 2, treadmill=TWO), None, False)
    store.write(rows(states=(state(6),)))
    assert [waiting.is_ready for waiting in store.waiting_refolds()] == [True, False]


def test_a_refold_due_again_at_an_older_revision_is_not_forgotten(store: SessionStore) -> None:
    """The log is read again after a crash: what is due stays at least as wide."""
    store.write(rows(refolds=(due(50, 150, (0, 6)),)))

    store.write(rows(refolds=(due(100, 200, (0, 4)),)))

    (waiting,) = store.waiting_refolds()
    assert waiting.due == due(50, 200, (0, 6))


def test_sessions_within_the_idle_time_touch_a_region(store: SessionStore) -> None:
    idle = CLAIMED_IDLE_MS
    around = Region(10 * idle, 11 * idle)
    store.write(
        rows(
            (session("too early", 0, 9 * idle - 1), (0, 1)),
            (session("just early", 0, 9 * idle), (0, 1)),
            (session("just late", 12 * idle, 20 * idle), (0, 1)),
            (session("too late", 12 * idle + 1, 20 * idle), (0, 1)),
            (session("elsewhere", 10 * idle, 11 * idle, treadmill=TWO), (0, 1)),
        )
    )

    assert {span.session_id for span in store.spans(ONE, around)} == {"just early", "just late"}


def test_the_sessions_of_a_region_are_replaced_and_the_rest_stays(store: SessionStore) -> None:
    store.write(
        rows(
            (session("kept", 100, 200), (0, 5)),
            (session("gone", 300, 400), (0, 5)),
            (session("reaches in", 0, 150), (0, 5)),
            (session("after", 500, 600), (0, 5)),
            (session("elsewhere", 100, 200, treadmill=TWO), (0, 5)),
            refolds=(due(100, 400),),
        )
    )

    store.replace(
        due(100, 400),
        Region(100, 400),
        RefoldedRows([session("kept", 100, 250), session("new", 350, 400)], (0, 6), 77),
    )

    assert set(ids(store)) == {"reaches in", "kept", "new", "after"}
    assert ids(store, TWO) == ["elsewhere"]
    assert list(store.waiting_refolds()) == []


def test_a_row_of_a_higher_revision_outlasts_a_refold(store: SessionStore) -> None:
    """The live fold is ahead of the state that the refold was made with."""
    store.write(rows((session("live", 100, 300), (0, 9)), (session("live too", 310, 320), (0, 9))))

    store.replace(
        due(100, 400), Region(100, 400), RefoldedRows([session("live", 100, 200)], (0, 8), 77)
    )

    spans = {span.session_id: span for span in store.spans(ONE, Region(100, 400))}
    assert set(spans) == {"live", "live too"}
    assert spans["live"].last_reading_at_ms == 300


def test_a_refold_that_grew_meanwhile_stays_due(store: SessionStore) -> None:
    store.write(rows(refolds=(due(100, 200),)))
    store.write(rows(refolds=(due(100, 900),)))

    store.replace(due(100, 200), Region(100, 200), RefoldedRows([], (0, 6), 77))

    (waiting,) = store.waiting_refolds()
    assert waiting.due == due(100, 900)


def test_many_sessions_fit_into_one_region(store: SessionStore) -> None:
    many = [session(f"s{number}", number * 10, number * 10 + 5) for number in range(1200)]
    store.replace(due(0, 20_000), Region(0, 20_000), RefoldedRows(many, (0, 1), 77))

    store.replace(due(0, 20_000), Region(0, 20_000), RefoldedRows(many[1:], (0, 2), 78))

    assert sorted(ids(store)) == sorted(one.session_id for one in many[1:])
