from backstride_gateway.domain.alerts import sentence_of
from backstride_gateway.domain.live import SILENT_AFTER_MS, LivePicture
from backstride_shared.fold import TreadmillsFold
from backstride_shared.frames import Alert, Checkpoint, EnergyItem, FrameReading
from tests.factories.events import START_MS, TREADMILL, message


def belt(seq: int, speed_m_per_s: float, *, is_emergency_stop: bool = False) -> FrameReading:
    return FrameReading(
        seq,
        START_MS + seq * 1000,
        is_reverse=True,
        speed_m_per_s=speed_m_per_s,
        is_emergency_stop=is_emergency_stop,
    )


FAST = [belt(seq, 1.9) for seq in range(1, 6)]
CALM = [belt(seq, 1.0) for seq in range(6, 13)]


def active(picture: LivePicture) -> list[str]:
    return [alert.kind for alert in picture.treadmills[TREADMILL].alerts.active]


def items_of(fold: TreadmillsFold, readings: list[FrameReading]) -> list[EnergyItem]:
    fold.apply(message(readings))
    return fold.drain().items


def test_an_alert_is_shown_until_it_recovers() -> None:
    fold, picture = TreadmillsFold(), LivePicture()

    assert picture.apply(items_of(fold, FAST), START_MS) == {TREADMILL}
    assert active(picture) == ["reverse-too-fast"]
    picture.apply(items_of(fold, CALM), START_MS)
    assert active(picture) == []


def test_an_alert_of_a_treadmill_that_fell_silent_stays_beside_its_silence() -> None:
    """Nobody knows that the danger is over: what is known is that nothing comes."""
    fold, picture = TreadmillsFold(), LivePicture()
    picture.apply(items_of(fold, FAST), START_MS)

    treadmill = picture.treadmills[TREADMILL]
    assert treadmill.status(START_MS + SILENT_AFTER_MS + 1) == "silent"
    assert active(picture) == ["reverse-too-fast"]

    # what it sends when it is back ends the alert
    picture.apply(items_of(fold, CALM), START_MS + 3_600_000)
    assert active(picture) == []


def test_several_alerts_are_shown_oldest_first() -> None:
    fold, picture = TreadmillsFold(), LivePicture()
    picture.apply(items_of(fold, [*FAST, belt(6, 1.9, is_emergency_stop=True)]), START_MS)

    assert active(picture) == ["reverse-too-fast", "emergency-stop"]


def test_what_the_log_gives_again_raises_nothing_that_is_over() -> None:
    fold, picture = TreadmillsFold(), LivePicture()
    first, second = items_of(fold, FAST), items_of(fold, CALM)
    picture.apply([*first, *second], START_MS)

    picture.apply(first, START_MS)
    assert active(picture) == []


def test_after_a_restart_a_stored_state_tells_what_goes_on() -> None:
    fold = TreadmillsFold()
    items = items_of(fold, FAST)
    (raised,) = [item for item in items if isinstance(item, Alert)]

    restarted = LivePicture()
    assert restarted.restore(fold.states[TREADMILL], START_MS)
    (shown,) = restarted.treadmills[TREADMILL].alerts.active
    assert (shown.alert_id, shown.raised_at_ms) == (raised.alert_id, raised.raised_at_ms)


def test_a_stored_state_does_not_raise_what_the_log_has_ended() -> None:
    fold, picture = TreadmillsFold(), LivePicture()
    items_of(fold, FAST)
    (checkpoint,) = fold.take_checkpoints()
    earlier = TreadmillsFold([fold.states[TREADMILL]])
    picture.apply(items_of(earlier, CALM), START_MS)

    assert isinstance(checkpoint, Checkpoint)
    picture.apply([checkpoint], START_MS)
    assert active(picture) == []


def test_a_checkpoint_ends_an_alert_whose_recovery_was_lost() -> None:
    fold, picture = TreadmillsFold(), LivePicture()
    picture.apply(items_of(fold, FAST), START_MS)
    items_of(fold, CALM)

    assert picture.apply(fold.take_checkpoints(), START_MS) == {TREADMILL}
    assert active(picture) == []


def test_a_checkpoint_of_the_same_revision_leaves_what_goes_on() -> None:
    fold, picture = TreadmillsFold(), LivePicture()
    picture.apply(items_of(fold, FAST), START_MS)

    assert picture.apply(fold.take_checkpoints(), START_MS) == set()
    assert active(picture) == ["reverse-too-fast"]


def test_a_kind_of_a_newer_version_is_told_too() -> None:
    assert sentence_of("emergency-stop") == "Emergency stop."
    assert "meteorite" in sentence_of("meteorite")
