"""The set-up programs as a person or a one-shot service starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.finding import HOST, free_port


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"backstride_shared.provision.{program}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_accounts_are_written_where_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "treadmills").write_text("gym/one\n")

    done = run(
        "mosquitto",
        BACKSTRIDE_MOSQUITTO__ACCOUNTS_FOLDER=f"{tmp_path}/accounts",
        BACKSTRIDE_MOSQUITTO__PASSWORDS_FOLDER=f"{tmp_path}/passwords",
        BACKSTRIDE_MOSQUITTO__TREADMILLS_FILE=f"{tmp_path}/treadmills",
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "passwords/treadmills/gym/one").is_file()


@pytest.mark.parametrize(
    ("program", "needed"),
    [("mosquitto", "BACKSTRIDE_MOSQUITTO"), ("influxdb", "BACKSTRIDE_INFLUXDB")],
)
def test_a_missing_setting_is_told_by_its_name(program: str, needed: str) -> None:
    done = run(program)

    assert done.returncode == 2
    assert needed in done.stderr


def test_an_influxdb_that_is_away_is_told_in_one_line(tmp_path: Path) -> None:
    done = run(
        "influxdb",
        BACKSTRIDE_INFLUXDB__URL=f"http://{HOST}:{free_port()}",
        BACKSTRIDE_INFLUXDB__OPERATOR_TOKEN="any",
        BACKSTRIDE_INFLUXDB__TOKENS_FOLDER=str(tmp_path),
        BACKSTRIDE_INFLUXDB__WAIT_S="0",
    )

    assert done.returncode == 1
    assert "InfluxDB not set up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_kafka_that_is_away_is_told_in_one_line() -> None:
    done = run(
        "kafka",
        BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS=f"{HOST}:{free_port()}",
        BACKSTRIDE_TOPICS__WAIT_S="0",
    )

    assert done.returncode == 1
    assert "topics not set up" in done.stderr
    assert "Traceback" not in done.stderr
