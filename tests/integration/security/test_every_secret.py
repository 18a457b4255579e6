"""Every secret setting of every program, set to a word that no log may ever hold."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backstride_shared.contracts.settings import programs, variables
from backstride_shared.store.migrate import migrate
from tests.integration.security.test_secrets_in_logs import WITHIN_S
from tests.servers.finding import HOST, free_port
from tests.servers.local_process import LocalProcess

CANARY = "canary-7f3a9c1e5b20"
MODULES = {
    "controller": "backstride_controller",
    "gateway": "backstride_gateway",
    "influxdb-setup": "backstride_shared.provision.influxdb",
    "ingest": "backstride_ingest",
    "kafka-setup": "backstride_shared.provision.kafka",
    "mosquitto-setup": "backstride_shared.provision.mosquitto",
    "postgres-setup": "backstride_shared.provision.postgres",
    "processor": "backstride_processor",
    "recorder": "backstride_recorder",
}
ENDING = frozenset({"influxdb-setup", "kafka-setup", "mosquitto-setup", "postgres-setup"})
# said after servers were asked in vain, or after the store was opened
SAYS = {
    "controller": "running",
    "gateway": "waiting for the owner",
    "ingest": "waiting",
    "processor": "waiting",
    "recorder": "waiting",
}


def environment(name: str, folder: Path) -> dict[str, str]:
    """Return settings with which a program starts, each secret one of them the canary."""
    passwords = folder / "passwords"
    passwords.mkdir()
    for role in ("gateway", "recorder", "processor", "grafana"):
        (passwords / role).write_text(CANARY)
    away = f"{HOST}:{free_port()}"
    database = f"postgresql://somebody:{CANARY}@{away}/backstride?connect_timeout=1"
    if name == "gateway":
        # with a store that can be opened it comes to what it says to the owner
        database = f"sqlite:///{folder}/store.db"
        migrate(database)
    plain = {
        "BACKSTRIDE_MQTT__URL": f"mqtt://{away}",
        "BACKSTRIDE_MQTT__USERNAME": "somebody",
        "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": away,
        "BACKSTRIDE_DATABASE__URL": database,
        "BACKSTRIDE_SERIES__URL": f"http://{away}",
        "BACKSTRIDE_INFLUXDB__URL": f"http://{away}",
        "BACKSTRIDE_INFLUXDB__WAIT_S": "1",
        "BACKSTRIDE_INFLUXDB__TOKENS_FOLDER": str(folder / "tokens"),
        "BACKSTRIDE_TOPICS__WAIT_S": "1",
        "BACKSTRIDE_MOSQUITTO__ACCOUNTS_FOLDER": str(folder / "accounts"),
        "BACKSTRIDE_MOSQUITTO__PASSWORDS_FOLDER": str(passwords),
        "BACKSTRIDE_POSTGRES__PASSWORDS_FOLDER": str(passwords),
        "BACKSTRIDE_OUTBOX_DIR": str(folder / "outbox"),
        "BACKSTRIDE_HTTP__PORT": str(free_port()),
        "BACKSTRIDE_TELEMETRY__LOG_LEVEL": "debug",
    }
    known = list(variables(programs()[name]))
    secrets = {variable.name: CANARY for variable in known if variable.is_secret}
    return {key: plain[key] for key in plain if key in {one.name for one in known}} | secrets


def test_every_program_with_settings_is_tried() -> None:
    assert MODULES.keys() == programs().keys()
    assert ENDING | SAYS.keys() == MODULES.keys()


@pytest.mark.parametrize("name", sorted(ENDING))
def test_no_program_of_the_set_up_tells_a_secret(name: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", MODULES[name]],
        env=os.environ | environment(name, tmp_path),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert ended.stdout + ended.stderr
    assert CANARY not in ended.stdout + ended.stderr


@pytest.mark.parametrize("name", SAYS)
def test_no_program_tells_a_secret_that_it_was_given(name: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = LocalProcess(
        [sys.executable, "-m", MODULES[name]],
        log=log,
        is_ready=lambda: SAYS[name] in log.read_text(encoding="utf-8").lower(),
        ready_within_s=WITHIN_S,
        environment=environment(name, tmp_path),
    )
    program.start()
    program.stop()
    assert CANARY not in log.read_text(encoding="utf-8")
