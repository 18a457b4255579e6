"""How the program ingest begins and ends, and what its subcommand shows."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backstride_ingest.cli import app
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.mqtt_payloads import raw_reading, readings_payload
from tests.integration.ingest.ingest_process import IngestProcess, Treadmill, events_in
from tests.servers.finding import fresh_name
from tests.servers.mosquitto import MqttAddress
from tests.waiting import wait_until

ENDS_WITHIN_S = 30.0


def run_ingest(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backstride_ingest"],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )


def test_all_problems_of_the_settings_are_told_at_once() -> None:
    ended = run_ingest(
        BACKSTRIDE_MQTT__URL="http://broker",
        BACKSTRIDE_INGEST__ACCEPTED_TREADMILLS="Gym",
        BACKSTRIDE_INGEST__FRAME_WINDOW="20",
    )

    assert ended.returncode == 2
    problems = ended.stderr.splitlines()
    assert len(problems) == 3
    assert all(line.startswith("BACKSTRIDE_") for line in problems)


def test_another_number_of_partitions_ends_it_with_one_clear_line() -> None:
    with EmbeddedKafka(partition_count=3) as kafka:
        ended = run_ingest(
            BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS=kafka.bootstrap_servers,
            BACKSTRIDE_KAFKA__IS_EMBEDDED="true",
        )

    assert ended.returncode == 1
    (line,) = [line for line in ended.stderr.splitlines() if '"error"' in line]
    assert "treadmill-events.v1 has 3 partitions instead of 4" in line


def test_it_ends_when_the_supervisor_is_gone(embedded_kafka: EmbeddedKafka) -> None:
    environment = os.environ | {
        "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": embedded_kafka.bootstrap_servers,
        "BACKSTRIDE_KAFKA__IS_EMBEDDED": "true",
        "BACKSTRIDE_STOP_WITH_PARENT": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "backstride_ingest"],
        env=environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        process.stdin.close()

        assert process.wait(ENDS_WITHIN_S) == 0


@pytest.fixture
def treadmill(mosquitto: MqttAddress) -> Iterator[Treadmill]:
    lent = Treadmill(mosquitto, fresh_name("gym"))
    yield lent
    lent.close()


@pytest.fixture
def kafka(
    mosquitto: MqttAddress, treadmill: Treadmill, embedded_kafka: EmbeddedKafka, tmp_path: Path
) -> Iterator[str]:
    """Lend the address of a Kafka that an ingest fills, for the treadmill's gym."""
    gym_id = treadmill.key.partition("/")[0]
    ingest = IngestProcess(
        tmp_path,
        mosquitto,
        embedded_kafka.bootstrap_servers,
        gym_id,
        BACKSTRIDE_KAFKA__IS_EMBEDDED="true",
    )
    ingest.start_ready()
    yield embedded_kafka.bootstrap_servers
    ingest.stop()


def dead_letters(kafka: str) -> list[dict[str, str | int | None]]:
    result = CliRunner().invoke(app, ["list", "--kafka", kafka, "--json"])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_bad_input_is_shown_with_its_reason_and_good_readings_beside_it_are_kept(
    kafka: str, treadmill: Treadmill
) -> None:
    treadmill.publish_raw("readings", b"{nonsense\x1b[31m")
    treadmill.publish(1)
    treadmill.publish_raw(
        "readings", readings_payload(raw_reading(2, speed_m_per_s=12, measured_at_ms=0))
    )

    letters = wait_until(
        lambda: dead_letters(kafka), what="two dead letters", holds=lambda found: len(found) == 2
    )

    assert [(letter["treadmill"], letter["payload"]) for letter in letters] == [
        (treadmill.key, "{nonsense\x1b[31m"),
        (treadmill.key, json.dumps(raw_reading(2, speed_m_per_s=12, measured_at_ms=0))),
    ]
    assert str(letters[1]["reason"]).startswith("out-of-range: speed_m_per_s 12 is not in 0 to 8")
    events = wait_until(
        lambda: events_in(kafka, treadmill.key),
        what="two events",
        holds=lambda found: len(found) == 2,
    )
    assert [[reading.seq for reading in event.readings] for event in events] == [[1], []]
    assert [[skip.seq for skip in event.skips] for event in events] == [[], [2]]

    shown = CliRunner().invoke(app, ["show", str(letters[0]["id"]), "--kafka", kafka])
    assert shown.exit_code == 0
    assert "{nonsense\\x1b[31m" in shown.output
    assert "\x1b" not in shown.output

    newest = CliRunner().invoke(app, ["list", "--kafka", kafka, "--last", "1"])
    assert len(newest.output.splitlines()) == 1
    assert "out-of-range" in newest.output
    elsewhere = CliRunner().invoke(app, ["list", "--kafka", kafka, "--treadmill", "no/where"])
    assert elsewhere.output == "no dead letters\n"


def test_a_dead_letter_that_is_not_there_is_told_in_one_line(
    embedded_kafka: EmbeddedKafka,
) -> None:
    shown = CliRunner().invoke(app, ["show", "0:7", "--kafka", embedded_kafka.bootstrap_servers])

    assert shown.exit_code == 1
    assert shown.output == "backstride dead-letters: there is no dead letter 0:7\n"


def test_the_platform_of_this_machine_is_asked_when_nobody_says_where_kafka_is(
    embedded_kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    facts = {"kafka_bootstrap_servers": embedded_kafka.bootstrap_servers}
    (tmp_path / "run.json").write_text(json.dumps(facts), encoding="utf-8")

    found = CliRunner().invoke(app, ["list", "--data-dir", str(tmp_path)])
    missing = CliRunner().invoke(app, ["list", "--data-dir", str(tmp_path / "elsewhere")])

    assert (found.exit_code, found.output) == (0, "no dead letters\n")
    assert missing.exit_code == 1
    assert "--kafka" in missing.output


def test_a_kafka_that_does_not_answer_is_told_in_one_line() -> None:
    result = CliRunner().invoke(app, ["list", "--kafka", "127.0.0.1:1"])

    assert result.exit_code == 1
    assert result.output.startswith("backstride dead-letters: Kafka at 127.0.0.1:1")
    assert len(result.output.splitlines()) == 1
