"""Sessions folded again from the series are what the fold gives for readings in their order."""

import pytest

from backstride_recorder.domain.batch import LogRecord, read_batch
from backstride_recorder.domain.pace import RefoldPace
from backstride_recorder.refolding import Refolder
from backstride_shared.frames import (
    ClaimEvent,
    ReadingsEvent,
    ReleaseEvent,
    SessionSnapshot,
    TreadmillEvent,
)
from tests.component.recorder.desk import CLOCKS, NOW_MS, Desk
from tests.factories.events import START_MS, TREADMILL, claim, message, run_of


@pytest.fixture
def desk() -> Desk:
    return Desk()


def in_order(*events: TreadmillEvent) -> dict[str, SessionSnapshot]:
    """Return the sessions that a recorder stores when everything comes in order."""
    desk = Desk()
    desk.log.append(*desk.records.of(*events))
    desk.settle()
    assert desk.sessions.waiting_refolds() == []
    return {session_id: row.session for session_id, row in desk.sessions.rows.items()}


def sessions_of(desk: Desk) -> dict[str, SessionSnapshot]:
    return {session_id: row.session for session_id, row in desk.sessions.rows.items()}


def walk(first_seq: int, count: int, from_s: float, device_id: str = "device-a") -> ReadingsEvent:
    return message(run_of(first_seq, count, from_s), device_id=device_id)


def test_late_readings_of_an_ended_session_are_added_to_it(desk: Desk) -> None:
    """An old controller comes back with the middle of a walk that ended long ago."""
    desk.log.append(*desk.records.of(walk(1, 20, 0.0), walk(21, 20, 40.0), walk(41, 10, 5_000.0)))
    desk.settle()
    assert desk.readings_counts() == [40, 10]

    desk.log.append(*desk.records.of(walk(1, 20, 20.0, "device-b")))
    desk.settle()

    assert desk.readings_counts() == [60, 10]
    first = min(desk.sessions.rows.values(), key=lambda row: row.session.started_at_ms)
    assert first.recomputed_at_ms == NOW_MS
    assert first.session.totals.forward_seconds == pytest.approx(60.0, abs=5.0)
    assert first.session.totals.gap_seconds == 0.0
    assert desk.sessions.waiting_refolds() == []


def test_the_live_session_beside_a_refolded_one_is_left_alone(desk: Desk) -> None:
    desk.log.append(*desk.records.of(walk(1, 20, 0.0), walk(21, 10, 400.0)))
    desk.settle()

    desk.log.append(*desk.records.of(walk(1, 5, -300.0, "device-b")))
    desk.settle()

    by_start = sorted(desk.sessions.rows.values(), key=lambda row: row.session.started_at_ms)
    assert [row.session.totals.readings for row in by_start] == [5, 20, 10]
    assert [row.recomputed_at_ms is None for row in by_start] == [False, False, True]
    assert by_start[2].session.ended_at_ms is None


def test_a_claim_of_the_past_gives_the_walk_to_its_member(desk: Desk) -> None:
    """A member signs in late: what was walked as nobody is theirs, under the id of what is live."""
    walked = walk(1, 60, 0.0)
    signed_in = ClaimEvent(TREADMILL, claim("claim-of-ada", -5.0, mass_kg=60.0))
    onward = walk(61, 30, 60.0)
    desk.log.append(*desk.records.of(walked))
    desk.settle()
    (as_nobody,) = sessions_of(desk).values()
    desk.log.append(*desk.records.of(signed_in))
    desk.settle()
    desk.log.append(*desk.records.of(onward))
    desk.settle()
    state = desk.sessions.state(TREADMILL)
    assert state is not None
    assert state.session is not None

    expected = in_order(signed_in, walked, onward)
    assert {one.claim_id for one in sessions_of(desk).values()} == {"claim-of-ada"}
    (session,) = sessions_of(desk).values()
    (wanted,) = expected.values()
    assert session.session_id == state.session.session_id
    assert session.totals == wanted.totals
    assert session.totals.readings == 90
    assert session.started_at_ms == as_nobody.started_at_ms


def test_a_session_that_reaches_back_is_written_by_the_refold_alone(desk: Desk) -> None:
    """Its live totals lack what was walked before the claim came."""
    desk.log.append(*desk.records.of(walk(1, 60, 0.0)))
    desk.log.append(*desk.records.of(ClaimEvent(TREADMILL, claim("claim-of-ada", 30.0))))
    desk.settle()
    desk.log.append(desk.records.output_of(walk(61, 30, 60.0)))
    desk.settle()
    assert _readings_by_claim(desk) == {None: 30, "claim-of-ada": 30}

    desk.log.append(desk.records.checkpoint())
    desk.settle()

    assert _readings_by_claim(desk) == {None: 30, "claim-of-ada": 60}


def test_a_live_session_that_reaches_back_keeps_its_beginning_and_stays_open(desk: Desk) -> None:
    """A late reading asks for its own moment alone; the session around it is folded whole."""
    desk.log.append(*desk.records.of(walk(1, 60, 0.0)))
    desk.settle()
    desk.log.append(*desk.records.of(ClaimEvent(TREADMILL, claim("claim-of-ada", 30.0))))
    desk.settle()
    desk.log.append(*desk.records.of(walk(61, 20, 60.0), walk(81, 10, 90.0)))
    desk.settle()
    desk.log.append(*desk.records.of(walk(1, 10, 80.0, "device-b")))

    desk.settle()

    assert _readings_by_claim(desk) == {None: 30, "claim-of-ada": 70}
    live = max(sessions_of(desk).values(), key=lambda one: one.started_at_ms)
    assert live.started_at_ms == START_MS + 30_000
    assert live.ended_at_ms is None


def test_a_released_claim_of_the_past_ends_its_session_there(desk: Desk) -> None:
    desk.log.append(
        *desk.records.of(ClaimEvent(TREADMILL, claim("claim-of-ada", 0.0)), walk(1, 60, 0.0))
    )
    desk.settle()

    desk.log.append(*desk.records.of(ReleaseEvent(TREADMILL, "claim-of-ada", START_MS + 30_000)))
    desk.settle()
    desk.log.append(*desk.records.of(walk(61, 10, 60.0)))
    desk.settle()

    assert _readings_by_claim(desk) == {"claim-of-ada": 30, None: 40}
    expected = in_order(
        ClaimEvent(TREADMILL, claim("claim-of-ada", 0.0, released_at_s=30.0)),
        walk(1, 60, 0.0),
        walk(61, 10, 60.0),
    )
    ours = {one.claim_id: one.totals.gross_kcal for one in sessions_of(desk).values()}
    wanted = {one.claim_id: one.totals.gross_kcal for one in expected.values()}
    assert ours == pytest.approx(wanted)


def test_the_series_follows_a_refold(desk: Desk) -> None:
    """A lighter member spends less: the rates of the points change with the session."""
    desk.log.append(*desk.records.of(walk(1, 60, 0.0)))
    desk.settle()
    before = desk.series.read(TREADMILL, 0, 2**53)

    desk.log.append(
        *desk.records.of(ClaimEvent(TREADMILL, claim("claim-of-ada", 0.0, mass_kg=50.0)))
    )
    desk.settle()

    after = desk.series.read(TREADMILL, 0, 2**53)
    assert len(after) == len(before) == 60
    assert all(
        new.gross_kcal_per_min < old.gross_kcal_per_min
        for new, old in zip(after, before, strict=True)
    )


def test_a_refold_waits_for_the_state_that_knows_why(desk: Desk) -> None:
    """The claim lies in the checkpoint behind: folding before it would find nobody."""
    desk.log.append(*desk.records.of(walk(1, 60, 0.0)))
    desk.settle()
    desk.log.append(desk.records.output_of(ClaimEvent(TREADMILL, claim("claim-of-ada", 0.0))))
    desk.settle()
    assert len(desk.sessions.waiting_refolds()) == 1
    assert {one.claim_id for one in sessions_of(desk).values()} == {None}

    desk.log.append(desk.records.checkpoint())
    desk.settle()

    assert desk.sessions.waiting_refolds() == []
    assert {one.claim_id for one in sessions_of(desk).values()} == {"claim-of-ada"}


def _late_walk_waiting(desk: Desk) -> Refolder:
    """Store a walk and its late middle, but not the refold; return who is to do that."""
    desk.log.append(*desk.records.of(walk(1, 20, 0.0), walk(21, 20, 40.0)))
    desk.settle()
    batch = read_batch(
        [
            LogRecord(0, offset, value)
            for offset, value in enumerate(desk.records.of(walk(1, 20, 20.0, "device-b")))
        ]
    )
    desk.series.write(batch.points)
    desk.sessions.write(batch.rows)
    return Refolder(desk.series, desk.sessions, RefoldPace(0.0), CLOCKS)


@pytest.mark.parametrize("store", ["series", "sessions"])
def test_what_is_due_stays_due_while_a_store_is_away(desk: Desk, store: str) -> None:
    refolder = _late_walk_waiting(desk)
    getattr(desk, store).is_away = True

    assert not refolder.work(lambda _treadmill: True)

    getattr(desk, store).is_away = False
    assert len(desk.sessions.waiting_refolds()) == 1
    assert refolder.work(lambda _treadmill: True)
    assert desk.readings_counts() == [60]


def test_a_treadmill_of_another_recorder_is_left_to_it(desk: Desk) -> None:
    refolder = _late_walk_waiting(desk)

    assert not refolder.work(lambda _treadmill: False)
    assert desk.readings_counts() == [40]


def _readings_by_claim(desk: Desk) -> dict[str | None, int]:
    return {one.claim_id: one.totals.readings for one in sessions_of(desk).values()}
