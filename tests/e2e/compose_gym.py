"""Plays a scripted gym through docker-compose.yml: `python -m tests.e2e.compose_gym`.

Started by compose.sh inside the lab, when the images are built. Everything comes up from nothing;
ten simulated treadmills on a rough network run while every container is killed once; each session
must be what an independent computation over the published readings gives. Then a treadmill with a
password of its own comes by TLS, and everything is stopped, started, backed up, wiped and restored.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from paho.mqtt.client import Client
from pydantic import SecretStr

from backstride_shared.mqtt_client import build_mqtt_client
from backstride_shared.settings import MqttBlock
from infra.grafana.alert_rules import rules
from infra.grafana.dashboards import boards
from tests.e2e.compose_lab import ComposeLab
from tests.e2e.compose_owner import Schedule, claims_made, first_start
from tests.e2e.oracle import ExpectedClaim, ExpectedSession, GaitSums, expected_sessions, published
from tests.e2e.scripted_gym import GYM, LENGTH_S, script
from tests.e2e.test_scripted_gym import (
    check_total,
    create_members,
    differences,
    sessions_of_members,
)
from tests.waiting import wait_until

# the scripted quarter of an hour in three minutes, with as many readings
SCALE = 5.0
RATE_HZ = 20.0
OWNERS_PASSWORD = "eleven treadmills turn"
DRAINED_WITHIN_S = 300.0
# the broker first, while no claim is under way: a device's claim is not in its outbox for ever
KILLED = (
    *("mosquitto", "kafka", "recorder", "processor"),
    *("influxdb", "ingest", "postgres", "gateway", "front"),
)
_NOBODYS = f"""
    SELECT treadmill, started_at_ms, readings_count, forward_s, forward_m, forward_gross_kcal,
        forward_net_kcal, backward_s, backward_m, backward_gross_kcal, backward_net_kcal
    FROM sessions WHERE claim_id IS NULL AND treadmill LIKE '{GYM}/%'
"""  # noqa: S608  our own words
_SIMULATE = (
    'export BACKSTRIDE_MQTT__PASSWORD="$(cat /run/secrets/mqtt_controller)"; exec python -c '
    '"import typer; from backstride_controller.cli import simulate; typer.run(simulate)" "$@"'
)
# the simulated treadmills ended with their gym; the others appear with the first mishap of a kind
MAY_BE_UNKNOWN = (
    "backstride_controller_outbox_readings",
    "backstride_ingest_dead_letters_total",
    "backstride_recorder_store_waits_total",
)
SINGLE = "e2e/treadmill-01"
READINGS = 60

_started_at_s = time.monotonic()


def tell(line: str) -> None:
    sys.stdout.write(f"      +{time.monotonic() - _started_at_s:4.0f}s  {line}\n")
    sys.stdout.flush()


@contextmanager
def simulating(lab: ComposeLab, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the scripted gym in the image and the network of the simulated treadmills."""
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "script.json").write_text(json.dumps(scaled_script()), encoding="utf-8")
    options = ["--broker", "mqtt://mosquitto:1883", "--gym", GYM, "--rate-hz", str(RATE_HZ)]
    options += ["--script", "/run-here/script.json", "--duration-s", str(LENGTH_S / SCALE)]
    # no outages: their minutes would be real minutes here
    options += ["--faults", "rough", "--outages", "0", "--outbox-dir", "/run-here/outbox"]
    options += ["--publish-log", "/run-here/published.jsonl"]
    options += ["--drain", "--drain-within-s", str(DRAINED_WITHIN_S)]
    name = f"{lab.project}-simulation"
    command = [*lab.compose_command(), "run", "--rm", "--no-deps", "-T"]
    command += ["--name", name, "--volume", f"{folder}:/run-here", "--entrypoint", "sh"]
    command += ["controller", "-c", _SIMULATE, "simulate", *options]
    with (folder / "simulate.out").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=lab.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            lab.podman("rm", "--force", name)
            process.wait()


def scaled_script() -> dict[str, Any]:
    """Return the belts of the script; who claims them comes by the API."""
    return {
        "treadmills": [
            {
                "treadmill_id": treadmill["treadmill_id"],
                "segments": [
                    {**segment, "duration_s": segment["duration_s"] / SCALE}
                    for segment in treadmill["segments"]
                ],
                "claims": [],
            }
            for treadmill in script()["treadmills"]
        ]
    }


def sessions_of_nobody(lab: ComposeLab) -> list[ExpectedSession]:
    return [
        ExpectedSession(
            row[0],
            None,
            int(row[1]),
            int(row[2]),
            GaitSums(*map(float, row[3:7])),
            GaitSums(*map(float, row[7:11])),
        )
        for row in lab.sql(_NOBODYS)
    ]


def play_the_gym(lab: ComposeLab, http: httpx.Client, members: dict[str, str]) -> Path:
    """Run the gym with kills in mid-stream; return the log of what was published."""
    folder = lab.folder / "simulation"
    log = folder / "published.jsonl"
    schedule = Schedule(http, members, SCALE)
    schedule.begin()
    with simulating(lab, folder) as simulation:
        wait_until(lambda: log.is_file() and log.stat().st_size, what="readings", within_s=60)
        with schedule.going_on():
            for service in KILLED:
                lab.kill(service)
                tell(f"{service} was killed and is healthy again")
            assert simulation.poll() is None, "the kills were not in mid-stream"
            status = simulation.wait(LENGTH_S / SCALE + DRAINED_WITHIN_S)
    said = (folder / "simulate.out").read_text(encoding="utf-8")
    assert status == 0, said[-3000:]
    return log


def check_sessions(
    lab: ComposeLab,
    http: httpx.Client,
    members: dict[str, str],
    claims: list[ExpectedClaim],
    log: Path,
) -> int:
    """Compare every session and every member's summary; return the number of sessions."""
    expected = expected_sessions(published(log), claims)

    def found_otherwise() -> list[str]:
        return differences(expected, sessions_of_members(http, members) + sessions_of_nobody(lab))

    wait_until(
        found_otherwise,
        what="the sessions published",
        within_s=60,
        holds=lambda told: not told,
    )
    for number, member_id in members.items():
        check_total(http, member_id, [one for one in expected if one.member == number])
    return len(expected)


def check_again(
    lab: ComposeLab,
    token: str,
    members: dict[str, str],
    claims: list[ExpectedClaim],
    log: Path,
) -> None:
    """Compare all sessions once more, by the owner's token of before."""
    with lab.http() as http:
        http.headers["Authorization"] = f"Bearer {token}"
        check_sessions(lab, http, members, claims, log)


def check_prometheus(lab: ComposeLab) -> None:
    """Ask Prometheus all that Grafana asks it; the answers that every gym has must be there."""
    wait_until(
        lambda: {one["metric"]["service"] for one in lab.prometheus("up == 1")},
        what="Prometheus to reach the programs",
        within_s=30,
        holds=lambda reached: reached == {"ingest", "processor", "recorder", "gateway"},
    )
    for panel in boards()["pipeline"]["panels"]:
        for target in panel["targets"]:
            series = lab.prometheus(target["expr"].replace("$__rate_interval", "5m"))
            assert series or any(name in target["expr"] for name in MAY_BE_UNKNOWN), target["expr"]
    asked = [
        rule["data"][0]["model"].get("expr")
        for group in rules()["groups"]
        for rule in group["rules"]
    ]
    for expression in filter(None, asked):
        assert lab.prometheus(expression), expression


def connects(lab: ComposeLab, password: str) -> Client | None:
    """Return a treadmill's client, connected by TLS from outside; None when it is refused."""
    settings = MqttBlock(
        url=f"mqtts://localhost:{lab.setting('GYM_MQTT_PORT')}",
        username=SINGLE,
        password=SecretStr(password),
        ca_file=lab.folder / "secrets/certificates/ca.crt",
    )
    client = build_mqtt_client(settings, SINGLE, max_queued_messages=READINGS)
    answers: list[bool] = []
    client.on_connect = lambda _client, _data, _flags, code, _: answers.append(not code.is_failure)
    client.connect(settings.host, settings.port)
    client.loop_start()
    wait_until(lambda: answers, what="the broker's answer", within_s=15)
    if answers[0]:
        return client
    client.disconnect()
    client.loop_stop()
    return None


def play_one_treadmill_by_tls(lab: ComposeLab) -> None:
    """Publish a minute of backward walking with the password that the set-up made."""
    assert connects(lab, "a guess") is None
    client = connects(lab, lab.secret(f"mqtt/treadmills/{SINGLE}"))
    assert client is not None
    boot_id = time.time_ns() // 1_000_000
    for seq in range(1, READINGS + 1):
        reading = {
            "seq": seq,
            "measured_at_ms": boot_id + 1000 * (seq - READINGS),
            "direction": "reverse",
            "speed_m_per_s": 0.8,
        }
        message = json.dumps({"boot_id": boot_id, "readings": [reading]})
        client.publish(f"backstride/v1/{SINGLE}/readings", message, qos=1).wait_for_publish(15)
    client.disconnect()
    client.loop_stop()
    wait_until(
        lambda: lab.sql(
            f"SELECT readings_count, backward_s FROM sessions WHERE treadmill = '{SINGLE}'"  # noqa: S608  our own words
        ),
        what="the session of one treadmill",
        within_s=30,
        holds=lambda rows: rows == [[str(READINGS), str(READINGS - 1)]],
    )


def back_up_and_restore(lab: ComposeLab) -> None:
    """Back up, delete every volume, restore, and start again, as infra/README.md tells."""
    folder = lab.folder / "backup"
    run_script(lab, "backup.sh", folder)
    lab.down("--volumes")
    run_script(lab, "restore.sh", folder)
    lab.up()


def run_script(lab: ComposeLab, name: str, folder: Path) -> None:
    done = subprocess.run(
        [lab.folder / "infra" / name, folder],
        env={**os.environ, "COMPOSE": lab.composer},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def main() -> None:
    """Play everything; an assertion that fails ends it with status 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="a copy of the checkout")
    options = parser.parse_args()
    lab = ComposeLab(options.folder)

    lab.up()
    tell("everything but Grafana is up and healthy, from nothing")
    with lab.http() as http:
        token = first_start(lab, http, OWNERS_PASSWORD)
        http.headers["Authorization"] = f"Bearer {token}"
        members = create_members(http)
        tell("the owner has made the gym and its members")
        log = play_the_gym(lab, http, members)
        tell("the simulated gym has ended, and every reading of it is stored")
        claims = claims_made(lab, members)
        count = check_sessions(lab, http, members, claims, log)
    readings_count = len(log.read_text(encoding="utf-8").splitlines())
    tell(f"{count} sessions of {readings_count} readings are as published, and so are all sums")
    check_prometheus(lab)
    tell(
        "Prometheus reaches every program, and answers each query of the pipeline's board and rules"
    )
    play_one_treadmill_by_tls(lab)
    tell("a treadmill came by TLS with its own password, and was refused with another")
    figures = ", ".join(f"{name} {mib:.0f}" for name, mib in lab.memory_mib().items())
    tell(f"memory in MiB: {figures}")
    lab.down()
    lab.up()
    check_again(lab, token, members, claims, log)
    tell("the same after down and up")
    back_up_and_restore(lab)
    check_again(lab, token, members, claims, log)
    tell("the same after backup, wipe and restore")


if __name__ == "__main__":
    main()
