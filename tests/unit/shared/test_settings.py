from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from backstride_shared.settings import (
    Block,
    DatabaseBlock,
    KafkaBlock,
    MqttBlock,
    ServiceSettings,
    SettingsError,
    known_variables,
    read_settings,
    read_settings_or_exit,
)


class OwnBlock(Block):
    size: int = Field(3, ge=1, le=9)


class ProgramSettings(ServiceSettings):
    mqtt: MqttBlock = Field(default_factory=MqttBlock.model_construct)
    kafka: KafkaBlock = Field(default_factory=KafkaBlock.model_construct)
    database: DatabaseBlock
    own: OwnBlock = Field(default_factory=OwnBlock.model_construct)


DATABASE = {"BACKSTRIDE_DATABASE__URL": "sqlite:///x.db"}


def problems_of(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(ProgramSettings, environment)
    return caught.value.problems


def test_what_is_not_said_has_its_default() -> None:
    settings = read_settings(ProgramSettings, DATABASE)

    assert settings.database.url == "sqlite:///x.db"
    assert settings.mqtt.url == "mqtt://127.0.0.1:1883"
    assert settings.kafka.is_embedded is False
    assert settings.telemetry.port is None
    assert settings.own.size == 3


def test_what_is_said_is_taken() -> None:
    settings = read_settings(
        ProgramSettings,
        DATABASE
        | {
            "BACKSTRIDE_MQTT__URL": "mqtts://broker.gym",
            "BACKSTRIDE_KAFKA__IS_EMBEDDED": "true",
            "BACKSTRIDE_TELEMETRY__PORT": "8080",
            "BACKSTRIDE_OWN__SIZE": "9",
        },
    )

    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.is_tls) == (
        "broker.gym",
        8883,
        True,
    )
    assert settings.kafka.is_embedded is True
    assert settings.telemetry.port == 8080
    assert settings.own.size == 9


def test_variables_of_others_are_left_alone() -> None:
    read_settings(
        ProgramSettings,
        DATABASE
        | {
            "PATH": "/bin",
            "BACKSTRIDE_TEST_REQUIRE": "kafka",
            "BACKSTRIDE_CACHE": "/tmp/x",  # noqa: S108  never opened
            "BACKSTRIDE_STOP_WITH_PARENT": "1",
        },
    )


def test_every_problem_is_told_at_once_by_the_name_of_its_variable() -> None:
    problems = problems_of(
        {
            "BACKSTRIDE_MQTT__URL": "http://broker",
            "BACKSTRIDE_OWN__SIZE": "10",
            "BACKSTRIDE_KAFKA__IS_EMBEDDED": "perhaps",
            "BACKSTRIDE_MTQT__URL": "mqtt://broker",
            "BACKSTRIDE_MQTT__PASSWORD_FILE": "/no/such/file",
        }
    )

    assert {problem.partition(":")[0] for problem in problems} == {
        "BACKSTRIDE_MQTT__URL",
        "BACKSTRIDE_OWN__SIZE",
        "BACKSTRIDE_KAFKA__IS_EMBEDDED",
        "BACKSTRIDE_MTQT__URL",
        "BACKSTRIDE_MQTT__PASSWORD_FILE",
        "BACKSTRIDE_DATABASE",
    }


@pytest.mark.parametrize(
    "variable", ["BACKSTRIDE_", "BACKSTRIDE_MQTT", "BACKSTRIDE_OWN__SIZES", "BACKSTRIDE_MQTT_URL"]
)
def test_a_misspelt_variable_is_a_problem(variable: str) -> None:
    assert problems_of(DATABASE | {variable: "x"}) == [
        f"{variable}: no such setting of this program"
    ]


def test_a_secret_may_come_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n", encoding="utf-8")

    settings = read_settings(
        ProgramSettings, DATABASE | {"BACKSTRIDE_MQTT__PASSWORD_FILE": str(secret)}
    )

    assert settings.mqtt.password == SecretStr("s3cret")
    assert "s3cret" not in repr(settings)


def test_a_secret_is_not_shown_in_a_problem_beside_it() -> None:
    problems = problems_of(
        DATABASE | {"BACKSTRIDE_MQTT__PASSWORD": "s3cret", "BACKSTRIDE_MQTT__KEEPALIVE_S": "1"}
    )

    assert len(problems) == 1
    assert "s3cret" not in problems[0]


def test_the_variables_of_a_program_are_known_by_name() -> None:
    variables = list(known_variables(ProgramSettings))

    assert "BACKSTRIDE_DATABASE__URL" in variables
    assert "BACKSTRIDE_OWN__SIZE" in variables
    assert "BACKSTRIDE_TELEMETRY__LOG_LEVEL" in variables
    assert "BACKSTRIDE_OWN" not in variables


def test_a_program_with_bad_settings_ends_with_status_2_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKSTRIDE_OWN__SIZE", "many")

    with pytest.raises(SystemExit) as ended:
        read_settings_or_exit(ProgramSettings)

    assert ended.value.code == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "BACKSTRIDE_DATABASE",
        "BACKSTRIDE_OWN__SIZE",
    ]


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    settings = read_settings(ProgramSettings, DATABASE)

    with pytest.raises(ValueError, match="frozen"):
        settings.own.size = 4  # type: ignore[misc]
