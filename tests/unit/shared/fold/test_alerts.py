"""Safety alerts: raised once, ended once, never again in a replay."""

import msgspec
import pytest

from backstride_shared.energy import Wearer
from backstride_shared.fold import TreadmillsFold
from backstride_shared.fold.alerts import SENTENCES, AlertKind
from backstride_shared.frames import Alert, ClaimEvent, FrameReading, TreadmillEvent
from tests.factories.events import START_MS, TREADMILL, claim, message


def belt(
    seq: int,
    at_s: float,
    speed_m_per_s: float,
    *,
    is_reverse: bool = True,
    grade_percent: float = 0.0,
    is_present: bool | None = None,
    is_emergency_stop: bool = False,
) -> FrameReading:
    return FrameReading(
        seq,
        START_MS + round(at_s * 1000),
        is_reverse,
        speed_m_per_s,
        grade_percent,
        is_present=is_present,
        is_emergency_stop=is_emergency_stop,
    )


def alerts_of(*events: TreadmillEvent) -> list[tuple[str, bool]]:
    fold = TreadmillsFold()
    for event in events:
        fold.apply(event)
    return [(item.kind, item.is_recovery) for item in fold.drain().items if isinstance(item, Alert)]


def claimed_by(*, backward_minutes: float | None = None, facing: str = "console") -> ClaimEvent:
    wearer = msgspec.convert({"backward_minutes": backward_minutes, "facing": facing}, Wearer)
    return ClaimEvent(TREADMILL, msgspec.structs.replace(claim("a", 0), wearer=wearer))


def at_speed(speed_m_per_s: float, seconds: int = 5) -> list[FrameReading]:
    return [belt(seq, seq - 1, speed_m_per_s) for seq in range(1, seconds + 2)]


@pytest.mark.parametrize(
    ("backward_minutes", "speed_m_per_s", "alert_count"),
    [(0, 0.84, 0), (0, 0.9, 1), (60, 1.2, 0), (60, 1.3, 1), (200, 1.6, 1)],
)
def test_backward_above_the_advised_speed_of_ones_practice_alerts(
    backward_minutes: float, speed_m_per_s: float, alert_count: int
) -> None:
    alerts = alerts_of(
        claimed_by(backward_minutes=backward_minutes), message(at_speed(speed_m_per_s))
    )

    assert alerts == [("reverse-too-fast", False)] * alert_count


def test_a_belt_that_is_fast_for_a_moment_alerts_nobody() -> None:
    assert alerts_of(message([belt(1, 0, 1.8), belt(2, 1, 1.8), belt(3, 2, 1.0)])) == []


def test_an_alert_ends_only_after_a_while_below_the_limit() -> None:
    swinging = [belt(seq, seq, 1.8 if seq % 4 < 2 else 1.4) for seq in range(1, 20)]
    calm = [belt(seq, seq, 1.0) for seq in range(20, 30)]

    assert alerts_of(message(swinging), message(calm)) == []
    fast = [belt(seq, seq, 1.8) for seq in range(1, 5)]
    dip = [belt(5, 5, 1.4), belt(6, 6, 1.8), belt(7, 7, 1.52)]
    slow = [belt(seq, seq, 1.0) for seq in range(8, 15)]
    assert alerts_of(message([*fast, *dip, *slow])) == [
        ("reverse-too-fast", False),
        ("reverse-too-fast", True),
    ]


def test_a_reversed_belt_under_somebody_facing_away_is_forward_gait() -> None:
    assert alerts_of(claimed_by(backward_minutes=0, facing="away"), message(at_speed(1.4))) == []


def test_a_forward_belt_under_somebody_facing_away_is_watched() -> None:
    readings = [belt(seq, seq, 1.4, is_reverse=False) for seq in range(1, 6)]

    assert alerts_of(claimed_by(backward_minutes=0, facing="away"), message(readings)) == [
        ("reverse-too-fast", False)
    ]


def test_reverse_with_incline_alerts_and_recovers_when_level() -> None:
    steep = [belt(seq, seq, 0.6, grade_percent=3.0) for seq in range(1, 5)]
    level = [belt(seq, seq, 0.6) for seq in range(5, 12)]

    assert alerts_of(message([*steep, *level])) == [
        ("reverse-incline", False),
        ("reverse-incline", True),
    ]


def test_a_running_belt_that_lost_its_user_alerts() -> None:
    gone = [belt(seq, seq, 0.8, is_reverse=False, is_present=False) for seq in range(2, 6)]
    stopped = [belt(seq, seq, 0.0, is_reverse=False, is_present=False) for seq in range(6, 9)]

    assert alerts_of(message([belt(1, 1, 0.8, is_reverse=False), *gone, *stopped])) == [
        ("presence-lost", False),
        ("presence-lost", True),
    ]


def test_an_emergency_stop_alerts_at_once() -> None:
    assert alerts_of(
        message([belt(1, 0, 1.0, is_reverse=False), belt(2, 1, 0.0, is_emergency_stop=True)])
    ) == [("emergency-stop", False)]


def test_a_turn_from_above_walking_pace_alerts() -> None:
    turned = [belt(1, 0, 2.0, is_reverse=False), belt(2, 1, 0.0), belt(3, 2, 0.5)]

    assert alerts_of(message(turned)) == [("fast-turn", False)]


def test_a_turn_through_standstill_at_walking_pace_alerts_nobody() -> None:
    turned = [belt(1, 0, 1.2, is_reverse=False), belt(2, 1, 0.0), belt(3, 2, 0.5)]

    assert alerts_of(message(turned)) == []


def test_a_replay_raises_nothing_again() -> None:
    log: list[TreadmillEvent] = [
        claimed_by(backward_minutes=0),
        message(at_speed(1.4)),
        message(at_speed(1.4)),
    ]
    once = alerts_of(*log)

    assert alerts_of(*log, *log) == once == [("reverse-too-fast", False)]


def test_the_same_log_gives_alerts_with_the_same_ids() -> None:
    def ids() -> list[str]:
        fold = TreadmillsFold()
        fold.apply(message(at_speed(1.9)))
        return [item.alert_id for item in fold.drain().items if isinstance(item, Alert)]

    assert ids() == ids() != []


def test_late_readings_alert_nobody() -> None:
    assert (
        alerts_of(
            message([belt(1, 1000, 0.5, is_reverse=False)]),
            message(at_speed(2.5), device_id="device-b"),
        )
        == []
    )


def test_two_devices_that_take_turns_alert_once() -> None:
    events = [
        message(
            [belt(turn, turn, 0.5, is_reverse=False)],
            device_id=f"device-{'ab'[turn % 2]}",
            received_at_ms=START_MS + turn * 1000,
        )
        for turn in range(1, 9)
    ]
    alone = [
        message(
            [belt(turn, turn, 0.5, is_reverse=False)],
            device_id="device-b",
            received_at_ms=START_MS + turn * 10_000,
        )
        for turn in range(9, 20)
    ]

    assert alerts_of(*events) == [("device-conflict", False)]
    assert alerts_of(*events, *alone) == [("device-conflict", False), ("device-conflict", True)]
    assert alerts_of(*events, *alone, *events) == alerts_of(*events, *alone)


def test_a_replaced_device_alerts_nobody() -> None:
    assert (
        alerts_of(
            message([belt(1, 1, 0.5)]),
            message([belt(1, 2, 0.5)], device_id="device-b", received_at_ms=START_MS + 1000),
            message([belt(2, 3, 0.5)], device_id="device-b", received_at_ms=START_MS + 2000),
        )
        == []
    )


def test_a_foreign_boot_alerts() -> None:
    assert alerts_of(
        message([belt(1, 1, 0.5)], boot_id=5),
        message([belt(1, 2, 0.5)], boot_id=4, received_at_ms=START_MS + 1000),
    ) == [("device-conflict", False)]


def test_every_kind_has_a_sentence() -> None:
    assert set(SENTENCES) == set(AlertKind)
