"""One round: a gym that publishes, and what a fault may do to it and to everything around it."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from sqlalchemy import Engine

from backstride_shared.messages import StoredMessage
from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.series import SeriesStore
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, mqtt_filter, parse_mqtt_topic
from tests.chaos import judging
from tests.chaos.gym import Gym, Plan
from tests.chaos.programs import Programs
from tests.chaos.servers import Server, Servers
from tests.e2e.oracle import published
from tests.servers.finding import fresh_name
from tests.waiting import wait_until

_SILENT_S: Final = 2.0
"""Without a message for so long, what was under way to the treadmills has come."""
_SILENT_WITHIN_S: Final = 30.0
# deadlines are for a machine that others use too; they are not what is promised
_FLOWS_WITHIN_S: Final = 240.0
_RECOVERS_WITHIN_S: Final = 600.0


class StoredWatch:
    """Hears what a gym's treadmills are told to let go of."""

    def __init__(self, gym_id: str, mqtt_url: str) -> None:
        self._lock = threading.Lock()
        self._marks: dict[tuple[str, str], tuple[int, int]] = {}
        self._client = build_mqtt_client(MqttBlock(), fresh_name("watch"), clean_session=True)
        topics = mqtt_filter(MqttKind.STORED, gym_id)
        self._client.on_connect = lambda client, *_: client.subscribe(topics, qos=1)
        self._client.on_message = self._note
        connect_in_background(self._client, MqttBlock(url=mqtt_url))

    def marks(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return the last (boot_id, seq) by treadmill and device."""
        with self._lock:
            return dict(self._marks)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _note(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        told = msgspec.json.decode(message.payload, type=StoredMessage)
        treadmill = parse_mqtt_topic(message.topic).treadmill
        with self._lock:
            self._marks[treadmill, told.device_id] = (told.boot_id, told.seq)


@dataclass
class Round:
    """What a fault gets; `hold_s` is how long servers and networks stay away."""

    gym: Gym
    servers: Servers
    programs: Programs
    engine: Engine
    series: SeriesStore
    watch: StoredWatch
    random: Random
    hold_s: float
    notes: list[str] = field(default_factory=list)

    def tell(self, note: str) -> None:
        """Keep a sentence for whoever reads the table."""
        self.notes.append(note)

    def hold(self, seconds: float | None = None) -> None:
        """Let the fault last."""
        threading.Event().wait(self.hold_s if seconds is None else seconds)

    def wait_until_flowing(self) -> None:
        """Return once readings of this gym are stored."""
        wait_until(
            self.gym.stored_readings,
            what="the first readings to be stored",
            within_s=_FLOWS_WITHIN_S,
            holds=lambda stored: stored > 0,
        )

    def wait_until_recovered(self) -> float:
        """Return how many seconds it took until everything made is stored within 3 s again."""
        began_s = time.monotonic()
        most = 3 * self.gym.plan.rate_hz * len(self.gym.plan.treadmills())

        def is_recovered() -> bool:
            waiting = self.gym.waiting_readings()
            return self.gym.is_over() or (waiting is not None and waiting <= most)

        wait_until(is_recovered, what="the backlog to be stored", within_s=_RECOVERS_WITHIN_S)
        return time.monotonic() - began_s

    @contextmanager
    def away(self, server: Server, *, by_kill: bool = False) -> Iterator[None]:
        """Have a server stopped, or killed, for the length of the context."""
        if by_kill:
            server.kill()
        else:
            server.stop()
        try:
            yield
        finally:
            server.start()

    def told_too_early(self) -> list[str]:
        """Say where `stored` ran ahead of the stores; call it while no recorder runs."""
        self.hold(_SILENT_S)
        marks = self.watch.marks()
        measured = self.measured_so_far()
        return judging.not_in_both_stores(marks, measured, self.stored(measured), self.engine)

    def told_meanwhile(self) -> list[str]:
        """Say which `stored` messages come while a store is away; holds for `hold_s`."""
        silent_by_s = time.monotonic() + _SILENT_WITHIN_S
        before = self.watch.marks()
        self.hold(_SILENT_S)
        while before != self.watch.marks() and time.monotonic() < silent_by_s:
            before = self.watch.marks()
            self.hold(_SILENT_S)
        self.hold()
        after = self.watch.marks()
        gone = [key for key, mark in after.items() if mark != before.get(key)]
        return [f"told `stored` to {gone} while a store was away"] if gone else []

    def measured_so_far(self, log: Path | None = None) -> judging.Readings:
        """Return what was measured up to now, by this gym or another; the log is being written."""
        measured: list[dict[str, list[dict[str, Any]]]] = []

        def is_whole() -> bool:
            try:
                measured[:] = [published(log or self.gym.log)]
            except ValueError:  # a line is half written
                return False
            return True

        wait_until(is_whole, what="a whole line at the end of the log")
        return measured[0]

    def stored(self, measured: judging.Readings, plan: Plan | None = None) -> judging.Stored:
        """Return what the stores hold of what was measured, in this gym or another."""
        now_ms = time.time_ns() // 1_000_000
        times = [reading["measured_at_ms"] for one in measured.values() for reading in one]
        plausible = [at_ms for at_ms in times if abs(at_ms - now_ms) < 86_400_000]  # a day
        return judging.stored_of(
            plan or self.gym.plan,
            self.series,
            self.engine,
            from_ms=min([*plausible, now_ms]),
            to_ms=max([*plausible, now_ms]),
        )


def all_of(told: Sequence[list[str]]) -> list[str]:
    """Return the complaints of several checks as one list."""
    return [complaint for one in told for complaint in one]
