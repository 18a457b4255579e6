"""The servers of a bench: real ones where this machine has them, else those of `make run`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import psutil
import pytest

from backstride_shared.provision.kafka import set_up as set_up_topics
from backstride_shared.provision.settings import TopicsBlock
from bench.stores import InfluxOfRun, SeriesOfRun, SqliteOfRun
from tests.servers import influxdb, kafka, mosquitto
from tests.servers.finding import HOST, free_port
from tests.servers.influxdb import LocalInfluxdb
from tests.servers.kafka import LocalKafka
from tests.servers.local_process import LocalProcess
from tests.servers.mosquitto import LocalMosquitto, MqttAddress

MQTT: Final = "mosquitto"
KAFKA: Final = "kafka"
SERIES: Final = "influxdb"

_MOSQUITTO_SETTINGS: Final = (
    # with the default of 20 a client that acknowledges late waits instead of working
    "max_inflight_messages 20000",
    # how `has_subscribed` learns of a subscription
    "log_type error",
    "log_type warning",
    "log_type subscribe",
)
_TOPICS_FILE: Final = Path(__file__).parents[1] / "infra" / "kafka" / "topics.yaml"
_MOSQUITTO_LOG: Final = "mosquitto/mosquitto.log"
_EMBEDDED_READY_WITHIN_S: Final = 20.0

T = TypeVar("T")


class MissingServerError(Exception):
    """A real server is wanted and not there."""


class Servers(NamedTuple):
    """What runs, and how it is reached; `processes` maps names in the table to process ids."""

    mqtt: MqttAddress
    kafka_bootstrap: str
    is_kafka_embedded: bool
    influxdb: LocalInfluxdb | None
    processes: dict[str, int]
    substitutes: dict[str, str]
    """Which server stands for which one that is missing, and why."""
    folder: Path

    @property
    def keeps_backlogs(self) -> bool:
        """Whether the broker keeps in order what comes for a client away; amqtt does not."""
        return MQTT not in self.substitutes

    def has_subscribed(self, topic_filter: str) -> bool:
        """Tell whether somebody has subscribed to this filter at Mosquitto."""
        log = (self.folder / _MOSQUITTO_LOG).read_text(encoding="utf-8", errors="replace")
        return any(line.endswith(f" {topic_filter}") for line in log.splitlines())

    def fresh_series(self) -> SeriesOfRun:
        """Return an empty series store."""
        if self.influxdb is not None:
            return InfluxOfRun(self.influxdb.address)
        number = sum(1 for _ in self.folder.glob("series-*"))
        folder = self.folder / f"series-{number}"
        folder.mkdir()
        return SqliteOfRun(folder)


@contextmanager
def running_servers(folder: Path, *, may_substitute: bool) -> Iterator[Servers]:
    """Start what the chain needs, and end it afterwards.

    Raises:
        MissingServerError: when a real server is missing and `may_substitute` is False.

    """
    starting = _Starting(folder, may_substitute=may_substitute)
    with starting.stack:
        yield starting.start()


class _Starting:
    def __init__(self, folder: Path, *, may_substitute: bool) -> None:
        self.stack = ExitStack()
        self._folder = folder
        self._may_substitute = may_substitute
        self._processes: dict[str, int] = {}
        self._substitutes: dict[str, str] = {}

    def start(self) -> Servers:
        mqtt = self._mqtt()
        kafka_bootstrap, is_kafka_embedded = self._kafka()
        return Servers(
            mqtt,
            kafka_bootstrap,
            is_kafka_embedded,
            self._influxdb(),
            self._processes,
            self._substitutes,
            self._folder,
        )

    def _mqtt(self) -> MqttAddress:
        program = self._found(mosquitto.installed_program, MQTT, "amqtt, embedded")
        if program is None:
            port = self._embedded(MQTT, "backstride_standalone.embedded_mqtt")
            return MqttAddress(HOST, port)
        broker = LocalMosquitto(program, self._made("mosquitto"), _MOSQUITTO_SETTINGS)
        self._start(MQTT, broker)
        return broker.address

    def _kafka(self) -> tuple[str, bool]:
        libs = self._found(kafka.installed_libs, KAFKA, "librdkafka's broker, embedded")
        if libs is None:
            port = self._embedded(KAFKA, "backstride_standalone.embedded_kafka")
            return f"{HOST}:{port}", True
        node = LocalKafka(libs, self._made("kafka"))
        self._start(KAFKA, node)
        set_up_topics(node.address.bootstrap, TopicsBlock(file=_TOPICS_FILE))
        return node.address.bootstrap, False

    def _influxdb(self) -> LocalInfluxdb | None:
        program = self._found(influxdb.installed_program, SERIES, "SQLite, in the recorder")
        if program is None:
            return None
        server = LocalInfluxdb(program, self._made("influxdb"))
        self._start(SERIES, server)
        return server

    def _found(self, installed: Callable[[], T], name: str, substitute: str) -> T | None:
        try:
            return installed()
        except pytest.skip.Exception as skipped:
            if not self._may_substitute:
                raise MissingServerError(str(skipped)) from None
            self._substitutes[name] = f"{substitute} ({skipped})"
            return None

    def _start(self, name: str, server: LocalMosquitto | LocalKafka | LocalInfluxdb) -> None:
        self._note(name, server.start)
        self.stack.callback(server.stop)

    def _embedded(self, name: str, module: str) -> int:
        port, health_port = free_port(), free_port()
        process = LocalProcess(
            [sys.executable, "-m", module],
            log=self._folder / f"{name}.log",
            is_ready=lambda: _listens(port),
            ready_within_s=_EMBEDDED_READY_WITHIN_S,
            environment={
                "BACKSTRIDE_EMBEDDED__PORT": str(port),
                "BACKSTRIDE_TELEMETRY__PORT": str(health_port),
            },
        )
        self._note(name, process.start)
        self.stack.callback(process.stop)
        return port

    def _note(self, name: str, start: Callable[[], None]) -> None:
        us = psutil.Process()
        before = {child.pid for child in us.children()}
        start()
        (child,) = (child for child in us.children() if child.pid not in before)
        self._processes[name] = child.pid

    def _made(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder


def _listens(port: int) -> bool:
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for child in psutil.Process().children()
        for connection in child.net_connections("tcp")
    )
