import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.fakes.storing_platform import StoringPlatform
from tests.servers.finding import free_port, fresh_name
from tests.servers.mosquitto import LocalMosquitto, MqttAddress
from tests.waiting import wait_until

Start = Callable[..., "subprocess.Popen[bytes]"]
_BACKSTRIDE = Path(sys.executable).with_name("backstride")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start programs whose log is kept, and kill what still runs at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def started(*command: str, **settings: object) -> "subprocess.Popen[bytes]":
        environment = {f"BACKSTRIDE_{name}": str(value) for name, value in settings.items()}
        with (tmp_path / "controller.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **environment}
            )
        running.append(process)
        return process

    yield started
    for process in running:
        process.kill()
        process.wait()


def _logged(path: Path) -> set[tuple[str, int, int]]:
    lines = [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []
    positions = [(line["device_id"], line["boot_id"], line["seq"]) for line in lines]
    assert len(positions) == len(set(positions))
    return set(positions)


def _retained_state(address: MqttAddress, topic: str) -> dict[str, Any]:
    """Return the retained message of a topic; empty when there is none within a second."""
    received: list[bytes] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=fresh_name("look"))
    client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
    client.on_message = lambda _client, _data, message: received.append(bytes(message.payload))
    client.connect(address.host, address.port)
    client.loop_start()
    try:
        wait_until(lambda: received, what=f"a retained message at {topic}", within_s=5)
    finally:
        client.disconnect()
        client.loop_stop()
    state: dict[str, Any] = json.loads(received[-1])
    return state


def _ready(port: int) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            body: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            body = json.load(error)
    except OSError:
        return {}
    return body


def _metrics(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
        lines = answer.read().decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def test_the_program_delivers_and_leaves_on_sigterm(
    mosquitto: MqttAddress, start: Start, tmp_path: Path
) -> None:
    gym_id, port = fresh_name("gym"), free_port()
    with StoringPlatform(mosquitto, gym_id) as platform:
        program = start(
            sys.executable,
            "-m",
            "backstride_controller",
            MQTT__URL=mosquitto.url,
            OUTBOX_DIR=tmp_path / "outbox",
            GYM_ID=gym_id,
            TREADMILLS=3,
            TELEMETRY__PORT=port,
        )
        wait_until(
            platform.positions, what="30 readings", holds=lambda seen: len(seen) >= 30, within_s=30
        )
        topic = f"backstride/v1/{gym_id}/treadmill-02/state"
        assert _retained_state(mosquitto, topic)["status"] == "online"
        assert _ready(port)["status"] == "ready"
        wait_until(
            lambda: _metrics(port),
            what="made readings that are not in the outbox any more",
            holds=lambda seen: (
                seen["backstride_controller_readings_made"]
                - seen["backstride_controller_outbox_readings"]
                >= 30
            ),
        )

        program.send_signal(signal.SIGTERM)

        assert program.wait(10) == 0
        assert _retained_state(mosquitto, topic)["status"] == "offline"


def test_a_kill_loses_nothing_that_is_on_disk(
    mosquitto: MqttAddress, start: Start, tmp_path: Path
) -> None:
    gym_id, log = fresh_name("gym"), tmp_path / "made.jsonl"
    command = [
        *(str(_BACKSTRIDE), "simulate", "--broker", mosquitto.url, "--gym", gym_id),
        *("--treadmills", "5", "--outbox-dir", str(tmp_path / "outbox")),
        *("--publish-log", str(log)),
    ]
    with StoringPlatform(mosquitto, gym_id) as platform:
        for kill in range(2):
            platform.is_storing = kill != 0  # the first time nothing is stored
            program = start(*command)
            wait_until(
                platform.positions,
                what="readings",
                holds=lambda seen, kill=kill: len(seen) >= 60 * (kill + 1),  # type: ignore[misc]
                within_s=30,
            )
            program.kill()
            program.wait()
        topic = f"backstride/v1/{gym_id}/treadmill-01/state"
        wait_until(
            lambda: _retained_state(mosquitto, topic)["status"],
            what="the last will",
            holds=lambda status: status == "offline",
        )

        platform.is_storing = True
        last = start(*command, "--duration-s", "3", "--drain")

        assert last.wait(60) == 0
        assert platform.positions() == _logged(log)
        assert len({boot_id for _device, boot_id, _seq in platform.positions()}) >= 3
        for positions in platform.stored.values():
            assert positions == sorted(positions)


def test_faults_and_a_broker_that_restarts_lose_nothing(
    own_mosquitto: LocalMosquitto, start: Start, tmp_path: Path
) -> None:
    log = tmp_path / "made.jsonl"
    with StoringPlatform(own_mosquitto.address, "rough") as platform:
        program = start(
            *(str(_BACKSTRIDE), "simulate", "--broker", own_mosquitto.address.url),
            *("--gym", "rough", "--treadmills", "6", "--duration-s", "600", "--speed-up", "60"),
            *("--faults", "rough", "--outbox-dir", str(tmp_path / "outbox"), "--seed", "3"),
            *("--publish-log", str(log), "--drain", "--drain-within-s", "60"),
        )
        wait_until(
            platform.positions,
            what="1000 readings",
            holds=lambda seen: len(seen) >= 1000,
            within_s=30,
        )
        own_mosquitto.kill()
        own_mosquitto.start()

        assert program.wait(100) == 0
        assert platform.positions() == _logged(log)
        assert len(platform.positions()) > 6 * 500 * 4


def test_it_starts_without_a_broker_and_says_what_it_waits_for(
    own_mosquitto: LocalMosquitto, start: Start, tmp_path: Path
) -> None:
    own_mosquitto.stop()
    port = free_port()
    start(
        sys.executable,
        "-m",
        "backstride_controller",
        MQTT__URL=own_mosquitto.address.url,
        OUTBOX_DIR=tmp_path / "outbox",
        TREADMILLS=2,
        TELEMETRY__PORT=port,
    )
    wait_until(
        lambda: _ready(port).get("waiting_for"),
        what="words about the broker",
        holds=lambda waiting: waiting == ["broker (2 of 2 treadmills not connected)"],
        within_s=30,
    )
    wait_until(
        lambda: _metrics(port)["backstride_controller_outbox_readings"],
        what="readings made meanwhile",
        holds=lambda waiting: waiting >= 8,
    )

    own_mosquitto.start()

    wait_until(
        lambda: _ready(port).get("status"),
        what="readiness",
        holds=lambda status: status == "ready",
        within_s=30,
    )


def test_a_second_controller_on_the_same_outbox_is_told_so(
    mosquitto: MqttAddress, start: Start, tmp_path: Path
) -> None:
    command = [
        *(str(_BACKSTRIDE), "simulate", "--broker", mosquitto.url, "--gym", fresh_name("gym")),
        *("--outbox-dir", str(tmp_path / "outbox")),
    ]
    start(*command)
    wait_until((tmp_path / "outbox" / "outbox.sqlite3").exists, what="an outbox", within_s=30)

    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert second.returncode == 1
    assert "another controller works with the outbox" in second.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--speed-up", "60"], "--duration-s"),
        (["--programme", "hopping"], "easy-walk"),
        (["--faults", "storm"], "rough"),
        (["--broker", "http://here"], "mqtt://host:port"),
        (["--script", "none.json"], "cannot read none.json"),
        (["--gym", "My Gym"], "gym_id 'My Gym'"),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_words(
    options: list[str], words: str, tmp_path: Path
) -> None:
    refused = subprocess.run(
        [str(_BACKSTRIDE), "simulate", *options],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert refused.returncode == 2
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []
