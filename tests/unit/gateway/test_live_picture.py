from backstride_gateway.domain.live import LATE_AFTER_MS, SILENT_AFTER_MS, LivePicture
from backstride_shared.fold import TreadmillsFold
from backstride_shared.frames import (
    ClaimEvent,
    FrameReading,
    ReleaseEvent,
    StateRecord,
    TreadmillEvent,
)
from tests.factories.events import START_MS, TREADMILL, claim, erasure, message, reading, run_of


class Line:
    """The fold, and a picture of what comes of it."""

    def __init__(self) -> None:
        self.fold = TreadmillsFold()
        self.picture = LivePicture()
        self.seq = 0

    def send(self, *readings: FrameReading, boot_id: int = 1, device_id: str = "d") -> set[str]:
        return self.apply(
            message(readings, boot_id=boot_id, device_id=device_id),
            at_ms=readings[-1].measured_at_ms + 500,
        )

    def apply(self, event: TreadmillEvent, at_ms: int = START_MS) -> set[str]:
        self.fold.apply(event)
        return self.picture.apply(self.fold.drain().items, at_ms)


def test_a_reading_shows_at_once_with_its_direction_and_energy() -> None:
    line = Line()
    assert line.send(*run_of(1, 60, 0.0), reading(61, 60.0, 1.0, is_reverse=True)) == {TREADMILL}
    picture = line.picture.treadmills[TREADMILL]
    assert picture.reading is not None
    assert picture.reading.belt_velocity_m_per_s == -1.0
    assert picture.reading.gross_kcal_per_min > 0
    assert picture.session is not None
    assert picture.session.totals.forward_seconds == 60.0
    assert picture.status(START_MS + 61_000) == "moving"


def test_a_belt_at_rest_has_no_negative_zero() -> None:
    line = Line()
    line.send(reading(1, 0.0, 0.0, is_reverse=True))
    found = line.picture.treadmills[TREADMILL].reading
    assert found is not None
    assert str(found.belt_velocity_m_per_s) == "0.0"
    assert line.picture.treadmills[TREADMILL].status(START_MS) == "standing"


def test_nobody_on_a_moving_belt_is_not_moving() -> None:
    line = Line()
    line.send(reading(1, 0.0, 1.0, is_present=False))
    assert line.picture.treadmills[TREADMILL].status(START_MS) == "standing"


def test_a_treadmill_falls_silent_when_nothing_comes() -> None:
    line = Line()
    line.send(reading(1, 0.0))
    picture = line.picture.treadmills[TREADMILL]
    assert picture.status(picture.arrived_at_ms + SILENT_AFTER_MS) == "moving"
    assert picture.status(picture.arrived_at_ms + SILENT_AFTER_MS + 1) == "silent"


def test_a_backlog_that_comes_now_is_not_live() -> None:
    line = Line()
    line.apply(message(run_of(1, 5, 0.0)), at_ms=START_MS + LATE_AFTER_MS + 60_000)
    picture = line.picture.treadmills[TREADMILL]
    assert picture.status(START_MS + LATE_AFTER_MS + 60_000) == "silent"


def test_late_readings_do_not_overwrite_newer_ones() -> None:
    line = Line()
    line.send(*run_of(1, 5, 100.0, speed_m_per_s=1.5))
    line.send(*run_of(1, 5, 0.0, speed_m_per_s=0.7), device_id="old")
    picture = line.picture.treadmills[TREADMILL]
    assert picture.reading is not None
    assert picture.reading.speed_m_per_s == 1.5
    assert picture.session is not None
    assert picture.session.started_at_ms == START_MS + 100_000


def test_what_the_log_gives_again_after_a_restart_changes_nothing() -> None:
    """The processor writes again what no checkpoint covers: the same revisions, or lower ones."""
    line = Line()
    line.fold.apply(message(run_of(1, 5, 0.0)))
    first = line.fold.drain().items
    line.fold.apply(message(run_of(6, 5, 5.0, speed_m_per_s=2.0)))
    second = line.fold.drain().items
    line.picture.apply(first, START_MS)
    line.picture.apply(second, START_MS)
    before = line.picture.treadmills[TREADMILL]
    known = (before.reading, before.session, before.revision)
    assert line.picture.apply(first, START_MS + 1) == set()
    assert (before.reading, before.session, before.revision) == known


def test_a_release_ends_the_session_at_once() -> None:
    line = Line()
    line.apply(ClaimEvent(TREADMILL, claim("c", 0.0)))
    line.send(*run_of(1, 30, 0.0))
    session = line.picture.treadmills[TREADMILL].session
    assert session is not None
    assert session.claim_id == "c"
    assert session.is_running(START_MS + 30_000)
    line.apply(ReleaseEvent(TREADMILL, "c", START_MS + 30_000))
    line.send(reading(31, 31.0, 0.0))
    session = line.picture.treadmills[TREADMILL].session
    assert session is not None
    assert not session.is_running(START_MS + 31_000)
    assert session.totals.forward_seconds > 0


def test_the_picture_begins_with_the_stored_state() -> None:
    line = Line()
    line.send(*run_of(1, 60, 0.0), reading(61, 60.0, 0.9, is_reverse=True))
    restarted = LivePicture()
    assert restarted.restore(line.fold.states[TREADMILL], START_MS + 60_500)
    stored, live = restarted.treadmills[TREADMILL], line.picture.treadmills[TREADMILL]
    assert stored.reading is not None
    assert live.reading is not None
    assert stored.reading.belt_velocity_m_per_s == live.reading.belt_velocity_m_per_s == -0.9
    assert stored.reading.gross_kcal_per_min == live.reading.gross_kcal_per_min
    assert stored.session == live.session
    assert stored.status(START_MS + 61_000) == "moving"


def test_a_stored_state_does_not_replace_what_the_log_brought() -> None:
    line = Line()
    line.send(*run_of(1, 5, 0.0))
    state = line.fold.states[TREADMILL]
    line.send(*run_of(6, 5, 5.0, speed_m_per_s=2.0))
    assert not line.picture.restore(state, START_MS)
    assert line.picture.treadmills[TREADMILL].session is not None


def test_a_treadmill_at_rest_is_restored_at_rest() -> None:
    line = Line()
    line.send(*run_of(1, 5, 0.0), reading(6, 5.0, 0.0))
    restarted = LivePicture()
    restarted.restore(line.fold.states[TREADMILL], START_MS + 5_000)
    assert restarted.treadmills[TREADMILL].status(START_MS + 6_000) == "standing"


def test_birth_and_last_will_are_shown() -> None:
    picture = LivePicture()
    assert picture.apply_state(StateRecord(1, TREADMILL, START_MS, "online"))
    assert picture.treadmills[TREADMILL].is_online is True
    assert not picture.apply_state(StateRecord(1, TREADMILL, START_MS, "online"))
    assert picture.apply_state(StateRecord(1, TREADMILL, START_MS, "offline"))
    assert picture.treadmills[TREADMILL].is_online is False
    assert picture.treadmills[TREADMILL].status(START_MS) == "silent"


def test_made_up_treadmills_do_not_fill_the_memory() -> None:
    picture = LivePicture(most=2)
    for name in ("gym/a", "gym/b", "gym/c"):
        picture.apply_state(StateRecord(1, name, START_MS, "online"))
    assert sorted(picture.treadmills) == ["gym/a", "gym/b"]
    assert picture.left_out == 1
    assert picture.apply_state(StateRecord(1, "gym/a", START_MS, "offline"))


def test_an_erased_session_and_its_last_reading_are_shown_no_more() -> None:
    line = Line()
    line.apply(ClaimEvent(TREADMILL, claim("of-ada", 0)))
    line.send(*run_of(1, 60, 0.0))
    assert line.picture.treadmills[TREADMILL].session is not None

    assert line.apply(erasure(1, "of-ada", 0, 60)) == {TREADMILL}

    picture = line.picture.treadmills[TREADMILL]
    assert (picture.session, picture.reading) == (None, None)


def test_whoever_runs_after_an_erased_session_stays_to_be_seen() -> None:
    line = Line()
    line.apply(ClaimEvent(TREADMILL, claim("of-ada", 0, released_at_s=60)))
    line.send(*run_of(1, 60, 0.0))
    line.send(*run_of(61, 20, 100.0))

    line.apply(erasure(1, "of-ada", 0, 60))

    picture = line.picture.treadmills[TREADMILL]
    assert picture.session is not None
    assert picture.session.claim_id is None
    assert picture.reading is not None
