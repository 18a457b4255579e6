"""The embedded Kafka: librdkafka's broker behind a fixed port, with all our topics.

It is a program of its own (`python -m backstride_standalone.embedded_kafka`), so that the
supervisor can restart it; tests use `EmbeddedKafka` in their own process.
What it holds is gone when it ends: the outboxes send again what is not stored.
"""

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

import structlog

from backstride_shared.lifecycle import stop_on_signals
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import serve_health, set_up_logging
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from backstride_standalone.adapters.librdkafka_cluster import (
    Address,
    ClusterError,
    open_cluster,
)
from backstride_standalone.adapters.tcp_forwarder import TcpForwarder
from backstride_standalone.settings import EmbeddedServerSettings

log = structlog.get_logger()

ALL_TOPICS: Final = (*KafkaTopic, CHANGELOG_TOPIC)
HOST: Final = "127.0.0.1"


class EmbeddedKafka:
    """A broker with our topics, for as long as the context is open."""

    def __init__(
        self,
        port: int = 0,
        topics: Iterable[str] = ALL_TOPICS,
        partition_count: int = PARTITION_COUNT,
    ) -> None:
        """Open the broker at `port` of loopback; 0 takes a free one.

        Raises:
            OSError: when the port is taken.
            ClusterError: when the library cannot do it.

        """
        self._cluster = open_cluster()
        try:
            self._cluster.create_topics(topics, partition_count)
            self._forwarder = TcpForwarder(Address(HOST, port), self._cluster.address)
        except BaseException:
            self._cluster.close()
            raise
        self._cluster.advertise(self._forwarder.address)

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients, the same after a restart with the same port."""
        return f"{self._forwarder.address.host}:{self._forwarder.address.port}"

    def close(self) -> None:
        """End the broker; everything in it is gone."""
        self._forwarder.close()
        self._cluster.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def main() -> None:
    """Run the broker until a signal, or until the supervisor is gone."""
    settings = read_settings_or_exit(EmbeddedServerSettings)
    set_up_logging("embedded-kafka", settings.telemetry)
    stop = stop_on_signals()
    try:
        kafka = EmbeddedKafka(settings.embedded.port)
    except (OSError, ClusterError) as error:
        log.exception("embedded kafka cannot start", port=settings.embedded.port)
        sys.exit(str(error))
    with kafka:
        serve_health("embedded-kafka", settings.telemetry, list)
        log.info("embedded kafka is ready", bootstrap_servers=kafka.bootstrap_servers)
        stop.wait()


if __name__ == "__main__":
    main()
