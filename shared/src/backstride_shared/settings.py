"""Settings blocks shared by the programs, and the one way to read them from the environment.

Variables: prefix `BACKSTRIDE_`, blocks joined by `__`, e.g. `BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS`.
A secret may also be given by a file: append `_FILE` to its variable's name.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "BACKSTRIDE_"
DELIMITER = "__"
FOREIGN_PREFIXES = ("BACKSTRIDE_TEST_", "BACKSTRIDE_CACHE", "BACKSTRIDE_STOP_WITH_PARENT")
"""Variables of the test suite, the tools and the supervisor, which are no settings."""


class Block(BaseModel):
    """A frozen group of settings; unknown names inside it are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MqttBlock(Block):
    """Where the MQTT broker is and who we are there."""

    url: str = Field("mqtt://127.0.0.1:1883", description="mqtt://host:port or mqtts://host:port")
    username: str | None = Field(None, description="User at the broker")
    password: SecretStr | None = Field(None, description="Password at the broker")
    ca_file: Path | None = Field(None, description="Certificate authority for mqtts")
    keepalive_s: int = Field(15, ge=5, le=3600, description="Keep-alive towards the broker")

    @field_validator("url")
    @classmethod
    def _is_mqtt_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            message = "must look like mqtt://host:port or mqtts://host:port"
            raise ValueError(message)
        return value

    @property
    def host(self) -> str:
        """Host of the broker."""
        return urlsplit(self.url).hostname or "127.0.0.1"

    @property
    def is_tls(self) -> bool:
        """Whether the link is encrypted."""
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def port(self) -> int:
        """Port of the broker; 1883, or 8883 with TLS, when the address names none."""
        return urlsplit(self.url).port or (8883 if self.is_tls else 1883)


class KafkaBlock(Block):
    """Where Kafka is."""

    bootstrap_servers: str = Field("127.0.0.1:9092", description="host:port, comma separated")
    is_embedded: bool = Field(
        default=False, description="True with librdkafka's in-process broker (backstride run)"
    )


class DatabaseBlock(Block):
    """The relational store: SQLAlchemy URL, sqlite:///path or postgresql+psycopg://..."""

    url: str = Field(..., description="SQLAlchemy URL of the relational store")


class SeriesBlock(Block):
    """The series store: a SQLite file, or a bucket of InfluxDB with a token for it."""

    url: str = Field(
        ..., description="The series store: sqlite:///path, or http://host:8086 of InfluxDB"
    )
    org: str = Field("backstride", description="InfluxDB's organization")
    bucket: str = Field("belt", description="InfluxDB's bucket of readings")
    per_minute_bucket: str | None = Field(
        "belt-per-minute",
        description="InfluxDB's bucket of minutes, from which the recorder deletes what is erased; "
        "empty: no minutes are kept",
    )
    token: SecretStr | None = Field(None, description="InfluxDB's token for the bucket")

    @property
    def is_influxdb(self) -> bool:
        """Whether the store is a server, not a file."""
        return urlsplit(self.url).scheme in {"http", "https"}

    @model_validator(mode="after")
    def _has_token(self) -> Self:
        if self.is_influxdb and self.token is None:
            raise ValueError("InfluxDB wants a token: set BACKSTRIDE_SERIES__TOKEN, or ..._FILE")
        return self


class TelemetryBlock(Block):
    """Logs and the port with /healthz, /readyz and /metrics."""

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Log level")
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="auto: readable on a terminal, JSON otherwise"
    )
    host: str = Field("127.0.0.1", description="Address of the health and metrics port")
    port: int | None = Field(
        None, ge=0, le=65535, description="Health and metrics port; none: not served"
    )


class ServiceSettings(BaseSettings):
    """Base of every program's settings: the telemetry block and the rules for reading."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        frozen=True,
        extra="forbid",
    )

    telemetry: TelemetryBlock = Field(default_factory=TelemetryBlock.model_construct)


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class SettingsError(Exception):
    """Settings that cannot be used; `problems` holds one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        """Keep every problem, so that all are told at once."""
        super().__init__("; ".join(problems))
        self.problems = problems


def known_variables(settings_type: type[BaseModel], prefix: str = PREFIX) -> Iterator[str]:
    """Yield the name of each variable that a settings class reads."""
    for name, field in settings_type.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from known_variables(annotation, f"{variable}{DELIMITER}")
        else:
            yield variable


def read_settings(
    settings_type: type[SettingsT], environment: Mapping[str, str] | None = None
) -> SettingsT:
    """Return the settings found in the environment.

    Raises:
        SettingsError: with all problems: missing, malformed, misspelt variables, unreadable files.

    """
    environ = os.environ if environment is None else environment
    known = set(known_variables(settings_type))
    problems: list[str] = []
    values: dict[str, object] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(FOREIGN_PREFIXES):
            continue
        name, value = variable, text
        if name not in known and name.removesuffix("_FILE") in known:
            name = name.removesuffix("_FILE")
            try:
                value = Path(text).read_text(encoding="utf-8").strip()
            except OSError as error:
                problems.append(f"{variable}: cannot read {text}: {error.strerror}")
                continue
        if name not in known:
            problems.append(f"{variable}: no such setting of this program")
            continue
        _put(values, name.removeprefix(PREFIX).lower().split(DELIMITER), value)
    try:
        # _env_prefix that matches nothing: the values were taken above, with their own checks
        settings = settings_type(_env_prefix="BACKSTRIDE-NOTHING-", **values)  # type: ignore[arg-type]
    except ValidationError as error:
        for detail in error.errors():
            variable = PREFIX + DELIMITER.join(str(part) for part in detail["loc"]).upper()
            problems.append(f"{variable}: {detail['msg']}")
        raise SettingsError(problems) from None
    if problems:
        raise SettingsError(problems)
    return settings


def _put(values: dict[str, object], path: list[str], value: str) -> None:
    block = values
    for part in path[:-1]:
        inner = block.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        block = inner
    block[path[-1]] = value


def read_settings_or_exit(settings_type: type[SettingsT]) -> SettingsT:
    """Return the settings, or tell every problem on stderr and end with status 2."""
    try:
        return read_settings(settings_type)
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201  before logging is set up
        raise SystemExit(2) from None
