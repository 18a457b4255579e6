"""Safety alerts: which reading raises one, and which one ends it.

Pure, with hysteresis, in the time of the readings. A reading is looked at once, when it is first
accepted, so a replay raises nothing again; an alert's id follows from the reading that raised it.
Late readings raise nothing: nobody can act on yesterday's belt.
"""

import uuid
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from backstride_shared.claims import Claim
from backstride_shared.energy import advised_max_speed_m_per_s
from backstride_shared.fold.state import AlertWatch, BeltMemory, TreadmillState
from backstride_shared.frames import Alert, FrameReading, ReadingsEvent
from backstride_shared.identity import SESSION_NAMESPACE


class AlertKind(StrEnum):
    """What an operator should look at."""

    REVERSE_TOO_FAST = "reverse-too-fast"
    REVERSE_INCLINE = "reverse-incline"
    PRESENCE_LOST = "presence-lost"
    EMERGENCY_STOP = "emergency-stop"
    FAST_TURN = "fast-turn"
    DEVICE_CONFLICT = "device-conflict"


SENTENCES: Final = {
    AlertKind.REVERSE_TOO_FAST: "Backward faster than advised for this person's practice.",
    AlertKind.REVERSE_INCLINE: "The belt runs in reverse while the deck is inclined.",
    AlertKind.PRESENCE_LOST: "The belt runs, but nobody seems to be on it.",
    AlertKind.EMERGENCY_STOP: "Emergency stop.",
    AlertKind.FAST_TURN: "The belt changed its direction from above walking pace.",
    AlertKind.DEVICE_CONFLICT: "Two devices feed this treadmill, or one has lost its clock.",
}
"""One plain sentence per kind, for people."""

PRACTISED_MIN: Final = 1_000.0
"""Of whom no practice is known, only what is too fast for everybody is reported."""
SPEED_MARGIN_M_PER_S: Final = 0.05
"""Belt controllers wander by a few cm/s about their target; that alone alarms nobody."""
INCLINE_PERCENT: Final = 1.0
LEVEL_PERCENT: Final = 0.5
WALKING_PACE_M_PER_S: Final = 1.5
"""The top of the advised backward walking speeds; a turn belongs well below it."""
TURN_MS: Final = 3_000
"""A fast belt that is reversed within this time has been turned from speed."""
CONFLICT_MS: Final = 60_000
"""Two devices that take turns within this time are both alive."""


class _Patience(NamedTuple):
    """How long a condition must hold before an alert is raised, and be gone before it ends."""

    raise_after_ms: int
    end_after_ms: int


_PATIENCE: Final = {
    AlertKind.REVERSE_TOO_FAST: _Patience(2_000, 5_000),
    AlertKind.REVERSE_INCLINE: _Patience(2_000, 5_000),
    AlertKind.PRESENCE_LOST: _Patience(2_000, 2_000),
    AlertKind.EMERGENCY_STOP: _Patience(0, 2_000),
    AlertKind.FAST_TURN: _Patience(0, 10_000),
    AlertKind.DEVICE_CONFLICT: _Patience(0, CONFLICT_MS),
}


def watch_readings(
    state: TreadmillState,
    device_id: str,
    boot_id: int,
    readings: Sequence[FrameReading],
    claim: Claim | None,
) -> list[Alert]:
    """Return the alerts that these readings raise or end; `state` remembers what is going on.

    `readings` are in the order of their times and belong to `claim`, None for nobody's.
    """
    alerts: list[Alert] = []
    belt = state.belt
    claim_id, wearer = (claim.claim_id, claim.wearer) if claim else (None, None)
    is_away = wearer is not None and wearer.facing == "away"
    limit_m_per_s = _limit_m_per_s(wearer.backward_minutes if wearer else None)
    for reading in readings:
        speed_m_per_s = reading.speed_m_per_s
        is_reverse = reading.is_reverse
        if (
            not state.alerts
            and not reading.is_emergency_stop
            and (
                speed_m_per_s <= 0.0
                or (
                    reading.is_present is not False
                    and (is_reverse is belt.is_reverse or belt.is_reverse is None)
                    and (
                        is_reverse is is_away  # forward gait
                        or speed_m_per_s <= limit_m_per_s + SPEED_MARGIN_M_PER_S
                    )
                    and (not is_reverse or abs(reading.grade_percent) <= INCLINE_PERCENT)
                )
            )
        ):
            # nearly all readings: nothing goes on and none of the conditions below is on
            _remember(belt, reading)
            continue
        at_ms = reading.measured_at_ms
        is_moving = speed_m_per_s > 0.0
        backward_m_per_s = speed_m_per_s if is_reverse is not is_away else 0.0
        incline_percent = abs(reading.grade_percent) if is_reverse and is_moving else 0.0
        conditions = {
            AlertKind.REVERSE_TOO_FAST: _between(
                backward_m_per_s, limit_m_per_s, limit_m_per_s + SPEED_MARGIN_M_PER_S
            ),
            AlertKind.REVERSE_INCLINE: _between(incline_percent, LEVEL_PERCENT, INCLINE_PERCENT),
            AlertKind.PRESENCE_LOST: is_moving and reading.is_present is False,
            AlertKind.EMERGENCY_STOP: reading.is_emergency_stop,
            AlertKind.FAST_TURN: _is_fast_turn(belt, reading),
        }
        for kind, is_on in conditions.items():
            change = _step(state.alerts, kind, at_ms, is_on=is_on)
            if change is not None:
                watch, is_recovery = change
                if not is_recovery:
                    watch.alert_id = _alert_id(state.treadmill, device_id, kind, boot_id, reading)
                alerts.append(
                    Alert(
                        treadmill=state.treadmill,
                        revision=state.revision,
                        alert_id=watch.alert_id,
                        kind=kind,
                        is_recovery=is_recovery,
                        at_ms=at_ms,
                        raised_at_ms=watch.raised_at_ms,
                        device_id=device_id,
                        claim_id=claim_id,
                        speed_m_per_s=speed_m_per_s,
                        is_reverse=is_reverse,
                        grade_percent=reading.grade_percent,
                        limit_m_per_s=(
                            limit_m_per_s if kind is AlertKind.REVERSE_TOO_FAST else None
                        ),
                    )
                )
        _remember(belt, reading)
    return alerts


def watch_devices(state: TreadmillState, event: ReadingsEvent, *, is_foreign: bool) -> list[Alert]:
    """Return the alert that a message raises or ends because two devices feed one treadmill.

    In the time of receipt: the clocks of two devices need not agree. What was received before
    anything seen already is a replay, and changes nothing.
    """
    belt = state.belt
    at_ms = event.received_at_ms
    if at_ms < belt.received_at_ms:
        return []
    belt.received_at_ms = at_ms
    is_conflict = is_foreign
    if event.device_id != belt.device_id:
        took_turns = event.device_id == belt.device_id_before
        is_conflict |= took_turns and at_ms - belt.device_changed_at_ms <= CONFLICT_MS
        belt.device_id_before, belt.device_id = belt.device_id, event.device_id
        belt.device_changed_at_ms = at_ms
    elif not is_conflict and AlertKind.DEVICE_CONFLICT not in state.alerts:
        return []
    change = _step(state.alerts, AlertKind.DEVICE_CONFLICT, at_ms, is_on=is_conflict)
    if change is None:
        return []
    watch, is_recovery = change
    if not is_recovery:
        name = f"{state.treadmill}/{event.device_id}/device-conflict/{event.boot_id}/{at_ms}"
        watch.alert_id = str(uuid.uuid5(SESSION_NAMESPACE, name))
    return [
        Alert(
            treadmill=state.treadmill,
            revision=state.revision,
            alert_id=watch.alert_id,
            kind=AlertKind.DEVICE_CONFLICT,
            is_recovery=is_recovery,
            at_ms=at_ms,
            raised_at_ms=watch.raised_at_ms,
            device_id=event.device_id,
        )
    ]


@lru_cache(maxsize=1024)  # by far the most expensive step for a reading that comes alone
def _limit_m_per_s(practice_min: float | None) -> float:
    return advised_max_speed_m_per_s(PRACTISED_MIN if practice_min is None else practice_min, None)


def _remember(belt: BeltMemory, reading: FrameReading) -> None:
    if reading.speed_m_per_s > 0.0:
        belt.is_reverse = reading.is_reverse
        if reading.speed_m_per_s > WALKING_PACE_M_PER_S:
            belt.fast_at_ms = reading.measured_at_ms


def _between(value: float, low: float, high: float) -> bool | None:
    """Return whether a value is above `high`; None between `low` and `high`: stay as it was."""
    if value > high:
        return True
    return None if value > low else False


def _is_fast_turn(belt: BeltMemory, reading: FrameReading) -> bool:
    return (
        reading.speed_m_per_s > 0.0
        and belt.is_reverse is not None
        and reading.is_reverse is not belt.is_reverse
        and (
            reading.speed_m_per_s > WALKING_PACE_M_PER_S
            or reading.measured_at_ms - belt.fast_at_ms <= TURN_MS
        )
    )


def _step(
    watches: dict[str, AlertWatch], kind: AlertKind, at_ms: int, *, is_on: bool | None
) -> tuple[AlertWatch, bool] | None:
    """Return the watch and whether it recovered, when this moment raises or ends an alert."""
    patience = _PATIENCE[kind]
    watch = watches.get(kind)
    if watch is None:
        if not is_on:
            return None
        watch = watches[kind] = AlertWatch(since_ms=at_ms)
    if not watch.is_raised:
        if is_on is False:
            del watches[kind]
        elif at_ms - watch.since_ms >= patience.raise_after_ms:
            watch.is_raised = True
            watch.raised_at_ms = at_ms
            return watch, False
        return None
    if is_on is not False:
        watch.quiet_since_ms = None
    elif watch.quiet_since_ms is None:
        watch.quiet_since_ms = at_ms
    if watch.quiet_since_ms is not None and at_ms - watch.quiet_since_ms >= patience.end_after_ms:
        del watches[kind]
        return watch, True
    return None


def _alert_id(
    treadmill: str, device_id: str, kind: AlertKind, boot_id: int, reading: FrameReading
) -> str:
    name = f"{treadmill}/{device_id}/{kind}/{boot_id}/{reading.seq}"
    return str(uuid.uuid5(SESSION_NAMESPACE, name))
