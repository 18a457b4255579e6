"""More than the platform can take: a backlog beside live treadmills, and a flood.

The queues are the outboxes' and the broker's; our programs take what they can and stay small.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from paho.mqtt.client import MQTTMessageInfo

from backstride_shared.identity import TreadmillKey
from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, mqtt_topic
from tests.chaos import judging
from tests.chaos.gym import RATE_HZ, TREADMILLS, Gym, Plan
from tests.chaos.proxy import TcpProxy, Wire
from tests.chaos.round import Round
from tests.servers.finding import fresh_name
from tests.waiting import wait_until

BACKLOG_S_PER_HOLD_S: Final = 60.0
"""An outage of a minute stands for an hour that a gym was cut off."""
LEAST_TIMES_LIVE: Final = 5.0
MOST_LIVE_DELAY_S: Final = 10.0
CAPACITY_PER_S: Final = 30_000
"""Readings that one chain takes on two cores, by the bench."""
FLOOD_TIMES_CAPACITY: Final = 3
_FLOOD_S_PER_HOLD_S: Final = 1 / 6
_SPEED_UP: Final = 60.0
_MADE_WITHIN_S: Final = 300.0
_DRAINED_WITHIN_S: Final = 600.0
_FLOOD_READINGS_PER_MESSAGE: Final = 500
_FLOOD_AGE_MS: Final = 86_400_000


def backlog(turn: Round) -> list[str]:
    """Cut a gym off for a while of its own time, let it back, and watch the others meanwhile."""
    seconds = BACKLOG_S_PER_HOLD_S * turn.hold_s
    plan = Plan(
        f"{turn.gym.plan.gym_id}-backlog",
        turn.gym.plan.seed,
        seconds,
        has_members=False,
        options=("--speed-up", str(_SPEED_UP)),
    )
    folder = turn.gym.folder / "backlog"
    folder.mkdir()
    wire = TcpProxy(turn.servers.mosquitto.address.port)
    wire.set(Wire.CUT)
    gym = Gym(plan, wire.port, folder)
    gym.start()
    try:
        readings = round(seconds * RATE_HZ) * TREADMILLS
        wait_until(
            lambda: gym.metrics().get("backstride_controller_readings_made", 0.0),
            what="the backlog to be made",
            within_s=_MADE_WITHIN_S,
            holds=lambda made: made >= readings,
        )
        wire.set(Wire.WHOLE)
        drained_s, delay_s = _watch(turn, gym)
        told = [] if gym.wait() == 0 else ["the backlog is not stored"]
        rate = readings / drained_s
        if rate < LEAST_TIMES_LIVE * RATE_HZ * TREADMILLS:
            told.append(f"the backlog drained at {rate:.0f} readings/s")
        if delay_s > MOST_LIVE_DELAY_S:
            told.append(f"live treadmills were {delay_s:.0f} s behind")
        return told + _judged(turn, gym)
    finally:
        gym.kill()
        wire.close()


def flood(turn: Round) -> list[str]:
    """Offer three times the capacity straight to the broker; everything has to count once."""
    gym_id = f"{turn.gym.plan.gym_id}-flood"
    seconds = _FLOOD_S_PER_HOLD_S * turn.hold_s
    per_treadmill = round(FLOOD_TIMES_CAPACITY * CAPACITY_PER_S * seconds / TREADMILLS)
    keys = [TreadmillKey(f"{gym_id}/treadmill-{number:02d}") for number in range(1, TREADMILLS + 1)]
    settings = MqttBlock(url=turn.servers.mosquitto.address.url)
    client = build_mqtt_client(
        settings, fresh_name("flood"), clean_session=True, max_queued_messages=1_000_000
    )
    connect_in_background(client, settings)
    wait_until(client.is_connected, what="the flood to be connected")
    sent = 0
    published: list[MQTTMessageInfo] = []
    began_s = time.monotonic()
    try:
        for payload, count in _payloads(per_treadmill):
            for key in keys:
                topic = mqtt_topic(key, MqttKind.READINGS)
                published.append(client.publish(topic, payload, qos=1))
                sent += count
        for info in published:
            info.wait_for_publish(_DRAINED_WITHIN_S)
    finally:
        client.disconnect()
        client.loop_stop()
    offered_s = time.monotonic() - began_s
    accepted = wait_until(
        lambda: judging.accepted_count(turn.engine, gym_id),
        what=f"{sent} readings, offered in {offered_s:.0f} s, to be stored",
        within_s=_DRAINED_WITHIN_S,
        holds=lambda count: count >= sent,
    )
    points = sum(len(turn.series.read(key, 0, 2**53)) for key in keys)
    return (
        [] if accepted == points == sent else [f"{sent} sent, {points} points, {accepted} counted"]
    )


def _watch(turn: Round, gym: Gym) -> tuple[float, float]:
    """Return in how many seconds a gym drained, and how far behind the live one was at most."""
    began_s = time.monotonic()
    live_per_s = turn.gym.plan.rate_hz * TREADMILLS
    highest = 0.0

    def is_drained() -> bool:
        nonlocal highest
        if not turn.gym.is_over():
            highest = max(highest, turn.gym.waiting_readings() or 0.0)
        return gym.is_over()

    wait_until(is_drained, what="the backlog to be stored", within_s=_DRAINED_WITHIN_S)
    return time.monotonic() - began_s, highest / live_per_s


def _judged(turn: Round, gym: Gym) -> list[str]:
    measured = turn.measured_so_far(gym.log)
    stored = turn.stored(measured, gym.plan)
    return judging.missing_points(measured, stored) + judging.wrong_sessions(
        gym.plan, measured, stored, turn.engine
    )


def _payloads(count: int) -> Iterator[tuple[bytes, int]]:
    """Yield messages of one device, with how many readings each has."""
    boot_id = time.time_ns() // 1_000_000 - _FLOOD_AGE_MS
    for first in range(1, count + 1, _FLOOD_READINGS_PER_MESSAGE):
        last = min(count, first + _FLOOD_READINGS_PER_MESSAGE - 1)
        readings: list[dict[str, Any]] = [
            {
                "seq": seq,
                "measured_at_ms": boot_id + 250 * seq,
                "direction": "reverse" if seq % 2_000 < 1_000 else "forward",
                "speed_m_per_s": 1.0,
            }
            for seq in range(first, last + 1)
        ]
        message = {"device_id": "flood", "boot_id": boot_id, "readings": readings}
        yield json.dumps(message).encode(), len(readings)
