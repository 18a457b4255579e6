"""An evening on which everything happens that an operator should look at, and its replay.

The evening is measured in the past, so nothing is waited for. Two devices at one treadmill are
told apart by when their messages were received, which MQTT does not let a test choose: that part
goes into the log as ingest would have written it.
"""

import json
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from backstride_shared.fold.alerts import AlertKind
from backstride_shared.frames import (
    FRAME_VERSION,
    EventsFrame,
    FrameReading,
    ReadingsEvent,
    encoder,
)
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic
from tests.e2e.conftest import NewPlatform
from tests.e2e.plain_mqtt import publish
from tests.e2e.running_platform import RunningPlatform
from tests.integration.gateway.gateway_process import publish as publish_to_kafka
from tests.integration.gateway.gateway_process import records_of
from tests.waiting import wait_until

BUSY, SHARED = "hall/busy", "hall/shared"
AGO_MS = 600_000

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Phase:
    """So many seconds of one motion, reverse negative."""

    duration_s: int
    velocity_m_per_s: float
    grade_percent: float = 0.0
    is_present: bool = True
    is_emergency_stop: bool = False


TOO_FAST = [Phase(10, 1.0), Phase(5, -1.0), Phase(5, -1.9)]
THE_REST = [
    Phase(10, -1.0),
    Phase(5, -1.0, grade_percent=3.0),
    Phase(10, -1.0),
    Phase(5, -1.0, is_present=False),
    Phase(5, -1.0),
    Phase(3, 0.0, is_emergency_stop=True),
    Phase(5, 0.0),
    Phase(5, 1.0),
    Phase(5, 2.0),
    Phase(15, -0.5),
]


def readings_of(phases: list[Phase], start_ms: int) -> list[dict[str, Any]]:
    """Return one reading a second."""
    seconds = [phase for phase in phases for _ in range(phase.duration_s)]
    return [
        {
            "seq": 1 + second,
            "measured_at_ms": start_ms + 1000 * second,
            "direction": "reverse" if phase.velocity_m_per_s < 0 else "forward",
            "speed_m_per_s": abs(phase.velocity_m_per_s),
            "grade_percent": phase.grade_percent,
            "is_present": phase.is_present,
            "is_emergency_stop": phase.is_emergency_stop,
        }
        for second, phase in enumerate(seconds)
    ]


class Evening:
    """What happens on two treadmills; sending it again is a replay."""

    def __init__(self) -> None:
        self.start_ms = time.time_ns() // 1_000_000 - AGO_MS
        self.first = readings_of(TOO_FAST, self.start_ms)
        whole = readings_of([*TOO_FAST, *THE_REST], self.start_ms)
        self.rest = whole[len(self.first) :]
        # two devices take turns, then one of them is alone for more than a minute
        turns = [("one", 0), ("two", 5), ("one", 10), ("one", 20), ("one", 90)]
        self.messages = [
            self._message(device, number, at_s)
            for number, (device, at_s) in enumerate(turns, start=1)
        ]
        self.accepted = {BUSY: len(whole), SHARED: len(turns)}

    def end(self) -> None:
        """Let one more second pass on each treadmill."""
        following = {**self.rest[-1], "seq": self.rest[-1]["seq"] + 1}
        following["measured_at_ms"] += 1000
        self.rest.append(following)
        self.messages.append(self._message("one", len(self.messages) + 1, 91))
        self.accepted = {name: count + 1 for name, count in self.accepted.items()}

    def send(self, platform: RunningPlatform, readings: list[dict[str, Any]]) -> None:
        payload = json.dumps({"boot_id": self.start_ms, "readings": readings}).encode()
        publish(platform.facts()["mqtt_url"], [(f"backstride/v1/{BUSY}/readings", payload)])

    def send_shared(self, platform: RunningPlatform) -> None:
        kafka = platform.facts()["kafka_bootstrap_servers"]
        records = [encoder.encode(EventsFrame(FRAME_VERSION, [one])) for one in self.messages]
        publish_to_kafka(kafka, KafkaTopic.TREADMILL_EVENTS, SHARED, records)

    def _message(self, device: str, seq: int, at_s: int) -> ReadingsEvent:
        at_ms = self.start_ms + 1000 * at_s
        reading = FrameReading(seq, at_ms, is_reverse=False, speed_m_per_s=0.5)
        return ReadingsEvent(SHARED, device, 1, at_ms, None, None, [reading])


def wait_until_stored(platform: RunningPlatform, evening: Evening) -> None:
    """Return when the stored states hold everything that was sent."""

    def accepted() -> dict[str, int]:
        store = sqlite3.connect(f"file:{platform.folder / 'backstride.db'}?mode=ro", uri=True)
        try:
            rows = store.execute("SELECT treadmill, accepted_count FROM treadmill_states")
            return dict(rows.fetchall())
        finally:
            store.close()

    wait_until(
        accepted,
        what="the whole evening in the stored states",
        within_s=40,
        holds=lambda seen: seen == evening.accepted,
    )


def recorded(platform: RunningPlatform) -> list[dict[str, Any]]:
    with platform.http() as http:
        answer = http.get("/v1/alerts", params={"gym_id": "hall"}).raise_for_status()
        found: list[dict[str, Any]] = answer.json()["alerts"]
        return found


def live_alerts(platform: RunningPlatform) -> list[str]:
    with platform.http() as http:
        answer = http.get(f"/v1/treadmills/{BUSY}")
        return [alert["kind"] for alert in answer.json().get("alerts", [])]


def alert_records(platform: RunningPlatform) -> list[bytes]:
    kafka = platform.facts()["kafka_bootstrap_servers"]
    return [
        record
        for partition in range(PARTITION_COUNT)
        for record in records_of(kafka, KafkaTopic.ALERTS, partition)
    ]


def test_each_alert_is_raised_once_and_ends_and_a_replay_after_a_restart_raises_none(
    new_platform: NewPlatform,
) -> None:
    platform = new_platform("--demo", "--treadmills", "0")
    platform.start()
    evening = Evening()
    evening.send(platform, evening.first)
    wait_until(
        lambda: live_alerts(platform),
        what="the alert in the live picture",
        within_s=20,
        holds=lambda seen: seen == [AlertKind.REVERSE_TOO_FAST],
    )
    evening.send(platform, evening.rest)
    evening.send_shared(platform)
    wait_until_stored(platform, evening)

    alerts = recorded(platform)
    assert Counter(alert["kind"] for alert in alerts) == dict.fromkeys(AlertKind, 1)
    assert all(alert["raised_at"] < (alert["recovered_at"] or "") for alert in alerts)
    assert len(alert_records(platform)) == 2 * len(AlertKind)
    wait_until(
        lambda: live_alerts(platform), what="no alert going on", holds=lambda seen: seen == []
    )

    # the embedded broker forgets: what its alerts topic holds afterwards was raised afterwards
    platform.kill_everything()
    platform.start()
    evening.end()
    evening.send(platform, evening.first)
    evening.send(platform, evening.rest)
    evening.send_shared(platform)
    wait_until_stored(platform, evening)

    assert alert_records(platform) == []
    assert recorded(platform) == alerts
    assert live_alerts(platform) == []
