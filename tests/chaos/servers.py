"""The four real servers, each behind wires that a test can cut."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import make_url

from backstride_shared.settings import SeriesBlock
from backstride_shared.store.migrate import migrate
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from tests.chaos.proxy import TcpProxy
from tests.servers import influxdb, kafka, mosquitto, postgres
from tests.servers.finding import HOST, free_port
from tests.servers.influxdb import InfluxBucket, LocalInfluxdb
from tests.servers.kafka import LocalKafka
from tests.servers.mosquitto import LocalMosquitto, MqttAddress
from tests.servers.postgres import LocalPostgres

# with the default of 20 a client that acknowledges late waits instead of working
_MOSQUITTO_SETTINGS: Final = ("max_inflight_messages 20000",)


class Server(Protocol):
    """What a fault does to a server."""

    def start(self) -> None:
        """Start it with the data it had."""

    def stop(self) -> None:
        """End it as an operator would."""

    def kill(self) -> None:
        """End it at once."""


@dataclass(frozen=True)
class Wires:
    """The connections of our programs, by who is at the near end and what is at the far one."""

    treadmills_mqtt: TcpProxy
    ingest_mqtt: TcpProxy
    recorder_mqtt: TcpProxy
    kafka: TcpProxy
    influxdb: TcpProxy
    postgres: TcpProxy

    def all(self) -> list[TcpProxy]:
        """Return every wire."""
        return list(vars(self).values())


@dataclass(frozen=True)
class Servers:
    """The servers of one run; `series` and `database_url` lead past the wires."""

    mosquitto: LocalMosquitto
    kafka: LocalKafka
    influxdb: LocalInfluxdb
    postgres: LocalPostgres
    wires: Wires
    bucket: InfluxBucket
    database_url: str

    @property
    def series(self) -> SeriesBlock:
        """Where the judge reads points."""
        return self.bucket.settings()

    @property
    def kafka_bootstrap(self) -> str:
        """Kafka as every client has to reach it: it sends all of them to its wire."""
        return f"{HOST}:{self.wires.kafka.port}"

    @property
    def wired_database_url(self) -> str:
        """The relational store through its wire."""
        url = make_url(self.database_url).set(port=self.wires.postgres.port)
        return url.render_as_string(hide_password=False)

    def create_topics(self) -> None:
        """Make the topics, as provisioning does at the first start."""
        for topic in KafkaTopic:
            self.kafka.address.create_topic(topic, partitions=PARTITION_COUNT)
        self.kafka.address.create_topic(
            CHANGELOG_TOPIC, partitions=PARTITION_COUNT, config={"cleanup.policy": "compact"}
        )


@contextmanager
def running_servers(folder: Path) -> Iterator[Servers]:
    """Start all four, with topics, a bucket and tables; end them afterwards."""
    with ExitStack() as stack:
        broker = LocalMosquitto(
            mosquitto.installed_program(), _made(folder / "mosquitto"), _MOSQUITTO_SETTINGS
        )
        kafka_wire_port = free_port()
        node = LocalKafka(
            kafka.installed_libs(),
            _made(folder / "kafka"),
            {"advertised.listeners": f"PLAINTEXT://{HOST}:{kafka_wire_port}"},
        )
        series = LocalInfluxdb(influxdb.installed_program(), _made(folder / "influxdb"))
        relational = LocalPostgres(postgres.installed_programs())
        stack.callback(relational.remove)
        wires = Wires(
            TcpProxy(broker.address.port),
            TcpProxy(broker.address.port),
            TcpProxy(broker.address.port),
            TcpProxy(_port(node.address.bootstrap), port=kafka_wire_port),
            TcpProxy(_port(series.address.url)),
            TcpProxy(make_url(relational.address.url).port or 0),
        )
        for wire in wires.all():
            stack.callback(wire.close)
        for server in (broker, node, series, relational):
            server.start()
            stack.callback(server.stop)
        database_url = relational.address.fresh_database()
        migrate(database_url)
        servers = Servers(
            broker,
            node,
            series,
            relational,
            wires,
            series.address.with_minutes(),
            database_url,
        )
        servers.create_topics()
        yield servers


@contextmanager
def second_broker(folder: Path) -> Iterator[MqttAddress]:
    """Lend a broker of the gym's own, for a relay that mixes up what it carries."""
    place = _made(folder / "field-mosquitto")
    broker = LocalMosquitto(mosquitto.installed_program(), place, _MOSQUITTO_SETTINGS)
    broker.start()
    try:
        yield broker.address
    finally:
        broker.stop()
        shutil.rmtree(place)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
