"""More than the platform can take: a backlog beside live treadmills, and a flood.

The queues are the outboxes' and the broker's; our programs take what they can, stay small, and
their metrics say that they are behind.
"""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from paho.mqtt.client import Client

from backstride_shared.identity import TreadmillKey
from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, mqtt_topic
from tests.chaos import judging
from tests.chaos.gym import RATE_HZ, TREADMILLS, Gym, Plan, running_gym
from tests.chaos.overload_watch import OverloadWatch
from tests.chaos.proxy import TcpProxy, Wire
from tests.chaos.round import Round
from tests.servers.finding import fresh_name
from tests.waiting import wait_until

BACKLOG_S_PER_HOLD_S: Final = 60.0
"""An outage of a minute stands for an hour that a gym was cut off."""
LEAST_TIMES_LIVE: Final = 5.0
MOST_LIVE_DELAY_S: Final = 15.0
"""How far live treadmills may be behind while a backlog drains; 1 s where nothing else runs."""
FLOOD_TIMES_CAPACITY: Final = 3
LIVE_PER_S: Final = RATE_HZ * TREADMILLS
_OUTBOX_SPEED_UP: Final = 5.0
_PROBE_READINGS: Final = 60_000
_SPEED_UP: Final = 60.0
_MADE_WITHIN_S: Final = 600.0
_DRAINED_WITHIN_S: Final = 1200.0
_READINGS_PER_MESSAGE: Final = 500
_FLOOD_AGE_MS: Final = 86_400_000
_LEAST_OFFERED: Final = 0.8


def backlog(turn: Round) -> list[str]:
    """Cut a gym off for a while of its own time, let it back, and watch the others meanwhile."""
    seconds = BACKLOG_S_PER_HOLD_S * turn.hold_s
    readings = round(seconds * RATE_HZ) * TREADMILLS
    name = turn.gym.plan.gym_id
    plan = Plan(
        f"{name}-backlog",
        turn.gym.plan.seed,
        seconds,
        has_members=False,
        options=("--speed-up", str(_SPEED_UP)),
        drain_within_s=_MADE_WITHIN_S + readings / (LEAST_TIMES_LIVE * LIVE_PER_S),
    )
    folder = turn.gym.folder / "backlog"
    folder.mkdir()
    beside_folder = turn.gym.folder / "beside"
    beside_folder.mkdir()
    wire = TcpProxy(turn.servers.mosquitto.address.port)
    wire.set(Wire.CUT)
    gym = Gym(plan, wire.port, folder)
    gym.start()
    try:
        wait_until(
            lambda: gym.metrics().get("backstride_controller_readings_made", 0.0),
            what="the backlog to be made",
            within_s=_MADE_WITHIN_S,
            holds=lambda made: made >= readings,
        )
        # its own live gym: that of the round may be over by now
        live = Plan(f"{name}-beside", plan.seed, _DRAINED_WITHIN_S, has_members=False)
        with running_gym(live, turn.servers.mosquitto.address.port, beside_folder) as beside:
            wait_until(beside.stored_readings, what="the live gym to flow", within_s=60)
            watch = OverloadWatch(turn.programs, outboxes=[gym])
            wire.set(Wire.WHOLE)
            drained_s, delay_s = _watch_drain(watch, beside, gym)
        told = [] if gym.wait() == 0 else ["the backlog is not stored"]
        rate = readings / drained_s
        if rate < LEAST_TIMES_LIVE * LIVE_PER_S:
            told.append(f"the backlog drained at {rate:.0f} readings/s")
        if delay_s > MOST_LIVE_DELAY_S:
            told.append(f"live treadmills were {delay_s:.0f} s behind")
        turn.tell(
            f"{readings} readings of a backlog drained in {drained_s:.0f} s, "
            f"{rate / LIVE_PER_S:.0f} times the live rate; live treadmills {delay_s:.1f} s behind"
        )
        return told + watch.complaints() + _judged(turn, gym)
    finally:
        gym.kill()
        wire.close()


def flood(turn: Round) -> list[str]:
    """Offer three times what the platform takes on this machine; everything has to count once.

    Three times directly, and five times the live rate through outboxes beside it.
    """
    port = turn.servers.mosquitto.address.port
    name = turn.gym.plan.gym_id
    capacity_per_s = _capacity_per_s(turn)
    folder = turn.gym.folder / "outboxes"
    folder.mkdir()
    boxed = Plan(
        f"{name}-outboxes",
        turn.gym.plan.seed,
        turn.hold_s * _OUTBOX_SPEED_UP,
        has_members=False,
        options=("--speed-up", str(_OUTBOX_SPEED_UP)),
        drain_within_s=_DRAINED_WITHIN_S,
    )
    with running_gym(boxed, port, folder) as gym:
        watch = OverloadWatch(turn.programs, outboxes=[gym])
        direct = _Flood(turn, f"{name}-flood")
        wanted_per_s = FLOOD_TIMES_CAPACITY * capacity_per_s
        offered_s = direct.offer(round(wanted_per_s * turn.hold_s), wanted_per_s, watch)
        stored_s = direct.wait_until_stored(watch)
        told = direct.complaints()
        if gym.wait() != 0:
            told.append("what the outboxes held is not stored")
        offered_per_s = direct.sent / offered_s
        if offered_per_s < _LEAST_OFFERED * wanted_per_s:
            told.append(f"only {offered_per_s:.0f} of {wanted_per_s:.0f} readings/s were offered")
        turn.tell(
            f"{direct.sent} readings offered at {offered_per_s:.0f}/s where {capacity_per_s:.0f}/s "
            f"are taken, all stored {stored_s:.0f} s after the first; at most {watch.said()}"
        )
        return told + watch.complaints() + _judged(turn, gym)


class _Flood:
    """One client that publishes the readings of fifty treadmills, as fast as it is told."""

    def __init__(self, turn: Round, gym_id: str) -> None:
        self._turn = turn
        self._gym_id = gym_id
        self._keys = [
            TreadmillKey(f"{gym_id}/treadmill-{number:02d}") for number in range(1, TREADMILLS + 1)
        ]
        self._boot_id = time.time_ns() // 1_000_000 - _FLOOD_AGE_MS
        self._began_s = 0.0
        self.sent = 0

    def offer(self, readings: int, per_s: float, watch: OverloadWatch | None = None) -> float:
        """Publish readings at a rate; return how many seconds that took."""
        rounds = max(1, round(readings / (_READINGS_PER_MESSAGE * TREADMILLS)))
        client = self._connected()
        self._began_s = time.monotonic()
        try:
            for payload in self._payloads(rounds):
                for key in self._keys:
                    client.publish(mqtt_topic(key, MqttKind.READINGS), payload, qos=1)
                    self.sent += _READINGS_PER_MESSAGE
                    early_s = self._began_s + self.sent / per_s - time.monotonic()
                    if early_s > 0:
                        threading.Event().wait(early_s)
                    if watch is not None:
                        watch.look()
            offered_s = time.monotonic() - self._began_s
            # the broker has everything once nothing waits for its acknowledgement
            wait_until(
                lambda: not client.want_write() and not _unacknowledged(client),
                what="the flood to be at the broker",
                within_s=_DRAINED_WITHIN_S,
            )
        finally:
            client.disconnect()
            client.loop_stop()
        return offered_s

    def wait_until_stored(self, watch: OverloadWatch | None = None) -> float:
        """Return how many seconds after the first was published all were stored."""

        def accepted() -> int:
            if watch is not None:
                watch.look()
            return judging.accepted_count(self._turn.engine, self._gym_id)

        wait_until(
            accepted,
            what=f"{self.sent} readings to be stored",
            within_s=_DRAINED_WITHIN_S,
            holds=lambda count: count >= self.sent,
        )
        return time.monotonic() - self._began_s

    def complaints(self) -> list[str]:
        """Say whether anything is lost or doubled."""
        accepted = judging.accepted_count(self._turn.engine, self._gym_id)
        points = sum(len(self._turn.series.read(key, 0, 2**53)) for key in self._keys)
        if accepted == points == self.sent:
            return []
        return [f"{self.sent} sent, {points} points, {accepted} counted"]

    def _connected(self) -> Client:
        settings = MqttBlock(url=self._turn.servers.mosquitto.address.url)
        client = build_mqtt_client(
            settings, fresh_name("flood"), clean_session=True, max_queued_messages=1_000_000
        )
        connect_in_background(client, settings)
        wait_until(client.is_connected, what="the flood to be connected", within_s=60)
        return client

    def _payloads(self, rounds: int) -> Iterator[bytes]:
        """Yield a message for each treadmill in turn; all do the same."""
        for first in range(1, rounds * _READINGS_PER_MESSAGE + 1, _READINGS_PER_MESSAGE):
            readings: list[dict[str, Any]] = [
                {
                    "seq": seq,
                    "measured_at_ms": self._boot_id + 250 * seq,
                    "direction": "reverse" if seq % 2_000 < 1_000 else "forward",
                    "speed_m_per_s": 1.0,
                }
                for seq in range(first, first + _READINGS_PER_MESSAGE)
            ]
            message = {"device_id": "flood", "boot_id": self._boot_id, "readings": readings}
            yield json.dumps(message).encode()


def _capacity_per_s(turn: Round) -> float:
    """Return how many readings a second this machine takes now, beside all else that runs."""
    probe = _Flood(turn, f"{turn.gym.plan.gym_id}-probe")
    probe.offer(_PROBE_READINGS, float("inf"))
    return probe.sent / probe.wait_until_stored()


def _unacknowledged(client: Client) -> int:
    with client._out_message_mutex:  # noqa: SLF001  paho tells it nowhere else
        return len(client._out_messages)  # noqa: SLF001


def _watch_drain(watch: OverloadWatch, live: Gym, gym: Gym) -> tuple[float, float]:
    """Return in how many seconds a gym drained, and how far behind the live one was at most."""
    began_s = time.monotonic()
    highest = 0.0

    def is_drained() -> bool:
        nonlocal highest
        watch.look()
        highest = max(highest, live.waiting_readings() or 0.0)
        return gym.is_over()

    wait_until(is_drained, what="the backlog to be stored", within_s=_DRAINED_WITHIN_S)
    return time.monotonic() - began_s, highest / LIVE_PER_S


def _judged(turn: Round, gym: Gym) -> list[str]:
    measured = turn.measured_so_far(gym.log)
    stored = turn.stored(measured, gym.plan)
    return judging.missing_points(measured, stored) + judging.wrong_sessions(
        gym.plan, measured, stored, turn.engine
    )
