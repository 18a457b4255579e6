"""librdkafka's in-process broker, which speaks Kafka's protocol to every client.

It is a test double that its authors ship with the library: volatile, 5 MiB or 100 000 batches per
partition, no compaction, one member per consumer group.
The platform needs no more of it, because outboxes and the stores hold what must last.
"""

import ctypes
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

import confluent_kafka
import confluent_kafka.cimpl

GROUP_INITIAL_REBALANCE_DELAY_MS: Final = 100
"""How long a new group waits for further members; the default of 3 s only delays the start."""

_PRODUCER: Final = 0  # rd_kafka_type_t
_BROKER_ID: Final = 1  # the first broker of a mock cluster
_TOPIC_EXISTS: Final = 36  # RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
_METADATA_TIMEOUT_S: Final = 10.0


class ClusterError(Exception):
    """The library cannot make a broker, or not the topics that were asked for."""


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int


class KafkaCluster(Protocol):
    """A broker in this process."""

    @property
    def address(self) -> Address:
        """Where it listens: loopback, a port of the kernel's choice."""
        ...

    def advertise(self, address: Address) -> None:
        """Tell clients to connect to `address`; called before the first one does."""
        ...

    def create_topics(self, names: Iterable[str], partition_count: int) -> None:
        """Create topics that are not there yet.

        Raises:
            ClusterError: when the broker has them with another number of partitions.

        """
        ...

    def close(self) -> None:
        """End the broker; everything in it is gone."""
        ...


def open_cluster() -> KafkaCluster:
    """Return a broker: by the library's own functions, or by a client's setting without them."""
    # The handle of the extension module finds the functions of the library it is linked to,
    # wherever a wheel or a distribution keeps that.
    library = ctypes.CDLL(confluent_kafka.cimpl.__file__)
    if hasattr(library, "rd_kafka_mock_cluster_new"):
        return NativeCluster(library)
    return ClientCluster()


class NativeCluster:
    """A broker made by `rd_kafka_mock_cluster_new`, with topics and address as we want them."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = _declared(library)
        error = ctypes.create_string_buffer(512)
        configuration = self._library.rd_kafka_conf_new()
        # it would warn that its own client has no servers, which is meant
        self._library.rd_kafka_conf_set(configuration, b"log_level", b"3", error, len(error))
        self._handle = self._library.rd_kafka_new(_PRODUCER, configuration, error, len(error))
        if not self._handle:
            raise ClusterError(error.value.decode())
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, 1)
        if not self._cluster:
            self._library.rd_kafka_destroy(self._handle)
            raise ClusterError("librdkafka could not open its in-process broker")
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(
            self._cluster, GROUP_INITIAL_REBALANCE_DELAY_MS
        )
        servers = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        host, _, port = servers.rpartition(":")
        self._address = Address(host, int(port))

    @property
    def address(self) -> Address:
        """Where it listens: loopback, a port of the kernel's choice."""
        return self._address

    def advertise(self, address: Address) -> None:
        """Tell clients to connect to `address`; called before the first one does."""
        self._library.rd_kafka_mock_broker_set_host_port(
            self._cluster, _BROKER_ID, address.host.encode(), address.port
        )

    def create_topics(self, names: Iterable[str], partition_count: int) -> None:
        """Create topics that are not there yet.

        Raises:
            ClusterError: when the library refuses one.

        """
        for name in names:
            error = self._library.rd_kafka_mock_topic_create(
                self._cluster, name.encode(), partition_count, 1
            )
            if error not in {0, _TOPIC_EXISTS}:
                raise ClusterError(f"librdkafka refused the topic {name}: error {error}")

    def close(self) -> None:
        """End the broker; everything in it is gone."""
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._handle)


class ClientCluster:
    """A broker that a producer opens for itself, where the library hides its functions.

    Topics come about by asking for their metadata, with the partitions that the library chooses,
    and the group waits its default of 3 s.
    """

    def __init__(self) -> None:
        self._client = confluent_kafka.Producer({"test.mock.num.brokers": 1, "log_level": 2})
        broker = next(iter(self._client.list_topics(timeout=_METADATA_TIMEOUT_S).brokers.values()))
        self._address = Address(broker.host, broker.port)

    @property
    def address(self) -> Address:
        """Where it listens: loopback, a port of the kernel's choice."""
        return self._address

    def advertise(self, address: Address) -> None:
        """Do nothing: clients learn the broker's own port, which changes at each start."""

    def create_topics(self, names: Iterable[str], partition_count: int) -> None:
        """Create topics that are not there yet.

        Raises:
            ClusterError: when the broker has them with another number of partitions.

        """
        for name in names:
            topic = self._client.list_topics(name, timeout=_METADATA_TIMEOUT_S).topics[name]
            if len(topic.partitions) != partition_count:
                raise ClusterError(
                    f"topic {name} has {len(topic.partitions)} partitions, not {partition_count}"
                )

    def close(self) -> None:
        """End the broker; everything in it is gone."""
        self._client.flush(0)
        del self._client


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions their types; without them ctypes cuts pointers to 32 bits."""
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("rd_kafka_conf_new", pointer, []),
        ("rd_kafka_conf_set", number, [pointer, text, text, pointer, ctypes.c_size_t]),
        ("rd_kafka_new", pointer, [number, pointer, text, ctypes.c_size_t]),
        ("rd_kafka_destroy", None, [pointer]),
        ("rd_kafka_mock_cluster_new", pointer, [pointer, number]),
        ("rd_kafka_mock_cluster_destroy", None, [pointer]),
        ("rd_kafka_mock_cluster_bootstraps", text, [pointer]),
        ("rd_kafka_mock_topic_create", number, [pointer, text, number, number]),
        ("rd_kafka_mock_broker_set_host_port", None, [pointer, ctypes.c_int32, text, number]),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, [pointer, ctypes.c_int32]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library
