"""Every program, with secrets of its own and servers that refuse it: none of them is ever told."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.finding import HOST, free_port
from tests.servers.local_process import LocalProcess
from tests.servers.mosquitto import LocalMosquitto, installed_program
from tests.waiting import wait_until

SECRETS = ("pass-word-of-mqtt", "token-of-series", "pass-word-of-store")
WITHIN_S = 60.0
# what a program says once it has tried what it cannot have
COMPLAINS = {
    "controller": "running",
    "ingest": "waiting",
    "processor": "waiting",
    "recorder": "waiting",
    "gateway": "waiting",
}


@pytest.fixture
def refusing_broker(tmp_path: Path) -> Iterator[str]:
    """Lend a broker that knows nobody."""
    folder = tmp_path / "broker"
    folder.mkdir()
    nobody = folder / "passwords"
    nobody.touch(mode=0o600)
    settings = ("allow_anonymous false", f"password_file {nobody}")
    broker = LocalMosquitto(installed_program(), folder, settings)
    broker.start()
    yield broker.address.url
    broker.stop()


def settings_of(name: str, mqtt_url: str, folder: Path) -> dict[str, str]:
    """Return everything secret that a program may be told, and servers that are not there."""
    mqtt_password, token, database_password = SECRETS
    mqtt = {
        "BACKSTRIDE_MQTT__URL": mqtt_url,
        "BACKSTRIDE_MQTT__USERNAME": "somebody",
        "BACKSTRIDE_MQTT__PASSWORD": mqtt_password,
    }
    kafka = {"BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": f"{HOST}:{free_port()}"}
    database = {
        "BACKSTRIDE_DATABASE__URL": (
            f"postgresql://somebody:{database_password}@{HOST}:{free_port()}/backstride"
        )
    }
    series = {
        "BACKSTRIDE_SERIES__URL": f"http://{HOST}:{free_port()}",
        "BACKSTRIDE_SERIES__TOKEN": token,
    }
    own = {
        "controller": mqtt | {"BACKSTRIDE_OUTBOX_DIR": str(folder / "outbox")},
        "ingest": mqtt | kafka,
        "processor": kafka | database,
        "recorder": mqtt | kafka | database | series,
        "gateway": mqtt | kafka | database | series | {"BACKSTRIDE_HTTP__PORT": str(free_port())},
    }
    return {"BACKSTRIDE_TELEMETRY__LOG_LEVEL": "debug", **own[name]}


@pytest.mark.parametrize("name", COMPLAINS)
def test_no_secret_is_in_the_log_of_a_program_whose_servers_refuse_it(
    name: str, refusing_broker: str, tmp_path: Path
) -> None:
    log = tmp_path / f"{name}.log"
    environment = settings_of(name, refusing_broker, tmp_path)
    program = LocalProcess(
        [sys.executable, "-m", f"backstride_{name}"],
        log=log,
        is_ready=lambda: COMPLAINS[name] in log.read_text(encoding="utf-8").lower(),
        ready_within_s=WITHIN_S,
        environment=environment,
    )
    program.start()
    # one more complaint: the second try may say more than the first
    said = len(log.read_text(encoding="utf-8").splitlines())
    wait_until(
        lambda: len(log.read_text(encoding="utf-8").splitlines()),
        what="another line of the log",
        within_s=WITHIN_S,
        holds=lambda lines: lines > said or name == "controller",
    )
    program.stop()

    text = log.read_text(encoding="utf-8")
    assert [secret for secret in SECRETS if secret in text] == []


def test_a_secret_in_a_setting_that_is_wrong_is_not_repeated() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "backstride_recorder"],
        env=os.environ
        | {
            "BACKSTRIDE_DATABASE__URL": f"nonsense://somebody:{SECRETS[2]}@{HOST}/x",
            "BACKSTRIDE_SERIES__URL": f"ftp://somebody:{SECRETS[1]}@{HOST}",
            "BACKSTRIDE_MQTT__URL": f"mqtt://somebody:{SECRETS[0]}@{HOST}:notaport",
        },
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )

    assert ended.returncode != 0
    said = ended.stdout + ended.stderr
    assert [secret for secret in SECRETS if secret in said] == []
