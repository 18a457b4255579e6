"""A broker that is killed forgets what it had acknowledged: a console's claim comes again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from backstride_shared.frames import ClaimEvent
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.integration.gateway.gateway_process import GatewayProcess, events_in_log
from tests.servers.finding import HOST, free_port
from tests.servers.mosquitto import LocalMosquitto
from tests.waiting import wait_until

BACKSTRIDE = Path(sys.executable).with_name("backstride")
DEMO = "demo/treadmill-01"
STANDING = {"duration_s": 600.0, "speed_m_per_s": 0.0, "direction": "forward"}
CLAIM = {"at_s": 0.0, "action": "claim", "member_number": "1001"}
SCRIPT = {
    "treadmills": [{"treadmill_id": "treadmill-01", "segments": [STANDING], "claims": [CLAIM]}]
}


@contextmanager
def console(folder: Path, broker: LocalMosquitto, telemetry_port: int) -> Iterator[None]:
    """Have a treadmill at whose console a member keys in their number."""
    script = folder / "script.json"
    script.write_text(json.dumps(SCRIPT), encoding="utf-8")
    with (folder / "simulate.log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(str(BACKSTRIDE), "simulate"),
                *("--broker", broker.address.url, "--gym", "demo", "--script", str(script)),
                *("--outbox-dir", str(folder / "outbox"), "--rate-hz", "1"),
                *("--telemetry-port", str(telemetry_port)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def metric(port: int, name: str) -> float:
    """Return a metric of the controller's, 0.0 before it answers."""
    try:
        text = httpx.get(f"http://{HOST}:{port}/metrics").text
    except httpx.TransportError:
        return 0.0
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


def claims_in_log(kafka: EmbeddedKafka) -> list[str]:
    events = events_in_log(kafka.bootstrap_servers, DEMO)
    return [event.claim.claim_id for event in events if isinstance(event, ClaimEvent)]


def test_a_claim_that_a_killed_broker_forgot_comes_again_until_it_is_answered(
    tmp_path: Path, own_mosquitto: LocalMosquitto, embedded_kafka: EmbeddedKafka
) -> None:
    gateway = GatewayProcess(tmp_path, embedded_kafka.bootstrap_servers, own_mosquitto.address.url)
    port = free_port()

    def published() -> float:
        return metric(port, "backstride_controller_messages_published_total")

    def answered() -> float:
        return metric(port, "backstride_controller_claims_published_total")

    gateway.start_ready()
    try:
        # the broker keeps the claim for it now
        assert gateway.stop() == 0
        with console(tmp_path, own_mosquitto, port):
            # readings go out behind the claim, which the broker therefore has acknowledged
            wait_until(published, what="readings behind the claim", within_s=30)
            own_mosquitto.kill()
            own_mosquitto.start()
            gateway.start_ready()
            wait_until(answered, what="the claim to be answered", within_s=40)
        assert len(set(claims_in_log(embedded_kafka))) == 1
    finally:
        gateway.kill()
