"""A real Apache Kafka: one KRaft node run from the jars that `make kafka` installs."""

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.servers.finding import HOST, cache_folder, free_port, given_address, unavailable
from tests.servers.local_process import LocalProcess

_VERSION_FILE = Path(__file__).with_name("kafka.version")  # install_kafka.sh reads it too
_CLUSTER_ID = "YmFja3N0cmlkZS10ZXN0cw"  # 16 bytes in base64, as Kafka wants them
_READY_WITHIN_S = 180.0  # 3 s where nothing else runs; a loaded CI machine takes far longer
_ADMIN_TIMEOUT_S = 20.0
_JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",  # starts fastest, and one broker for one test needs no more
    "-XX:TieredStopAtLevel=1",
)


@dataclass(frozen=True)
class KafkaAddress:
    """Where a Kafka listens, and the creation of topics on it."""

    bootstrap: str

    def admin(self) -> AdminClient:
        """Return a client that reconnects quickly and keeps its complaints to itself."""
        return AdminClient(
            {
                "bootstrap.servers": self.bootstrap,
                "reconnect.backoff.max.ms": 100,
                "log_level": 0,
            }
        )

    def create_topic(
        self, name: str, *, partitions: int, config: Mapping[str, str] | None = None
    ) -> None:
        """Create a topic with one replica, and return when the controller has it.

        Raises KafkaException, for one when there is such a topic already.
        """
        topic = NewTopic(name, partitions, 1, config=dict(config or {}))
        admin = self.admin()  # kept until the answer is here: it ends what is under way with it
        created = admin.create_topics([topic], operation_timeout=_ADMIN_TIMEOUT_S)
        created[name].result(_ADMIN_TIMEOUT_S)

    def answers(self) -> bool:
        """Tell whether a broker answers a metadata request."""
        try:
            return bool(self.admin().list_topics(timeout=1.0).brokers)
        except KafkaException:
            return False


class LocalKafka:
    """One node of its own, broker and controller in one, which keeps its log over a restart."""

    def __init__(self, libs: Path, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Use the folder; `settings` are server properties that count before ours."""
        self.address = KafkaAddress(f"{HOST}:{free_port()}")
        self._libs = libs
        self._properties = folder / "server.properties"
        self._log_folder = folder / "log"
        controller = f"{HOST}:{free_port()}"
        self._properties.write_text(
            "process.roles=broker,controller\n"
            "node.id=1\n"
            f"controller.quorum.voters=1@{controller}\n"
            f"listeners=PLAINTEXT://{self.address.bootstrap},CONTROLLER://{controller}\n"
            f"advertised.listeners=PLAINTEXT://{self.address.bootstrap}\n"
            "controller.listener.names=CONTROLLER\n"
            f"log.dirs={self._log_folder}\n"
            # Everything below defaults to three nodes or to the patience of production.
            "offsets.topic.replication.factor=1\n"
            "offsets.topic.num.partitions=1\n"
            "transaction.state.log.replication.factor=1\n"
            "transaction.state.log.min.isr=1\n"
            "share.coordinator.state.topic.replication.factor=1\n"
            "share.coordinator.state.topic.min.isr=1\n"
            "group.initial.rebalance.delay.ms=0\n"
            "auto.create.topics.enable=false\n"
            # After a kill the node is let in again only when its old session is over (9 s).
            "broker.session.timeout.ms=3000\n"
            "broker.heartbeat.interval.ms=500\n"
            "log.cleaner.dedupe.buffer.size=8388608\n"
            # of a property given twice the later one counts
            + "".join(f"{name}={value}\n" for name, value in (settings or {}).items()),
            encoding="utf-8",
        )
        self._process = LocalProcess(
            [*_java(libs), "kafka.Kafka", str(self._properties)],
            log=folder / "kafka.log",
            is_ready=self.address.answers,
            ready_within_s=_READY_WITHIN_S,
        )
        self._is_formatted = False

    def start(self) -> None:
        """Start the node, also again after `stop` or `kill`, and wait until it answers."""
        if not self._is_formatted:
            # no setting of a node has a part in it: all of a run begin with a copy
            shutil.copytree(_formatted(self._libs), self._log_folder)
            self._is_formatted = True
        self._process.start()

    def stop(self) -> None:
        """End the node as an operator would."""
        self._process.stop()

    def kill(self) -> None:
        """End the node at once, as a crash would."""
        self._process.kill()

    def forget(self) -> None:
        """Delete all that a node which is not running has kept; the next start finds nothing."""
        shutil.rmtree(self._log_folder)
        self._is_formatted = False


@cache
def _formatted(libs: Path) -> Path:
    """Return a log folder as Kafka's own tool makes it, which takes seconds of Java each time."""
    folder = Path(tempfile.mkdtemp(prefix="backstride-kafka-"))
    atexit.register(shutil.rmtree, folder)
    properties = folder / "server.properties"
    properties.write_text(
        "process.roles=broker,controller\n"
        "node.id=1\n"
        f"controller.quorum.voters=1@{HOST}:9093\n"
        "controller.listener.names=CONTROLLER\n"
        f"listeners=PLAINTEXT://{HOST}:9092,CONTROLLER://{HOST}:9093\n"
        f"log.dirs={folder / 'log'}\n",
        encoding="utf-8",
    )
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID]
    made = subprocess.run(
        [*_java(libs), *tool, "--config", str(properties)],
        capture_output=True,
        text=True,
        timeout=_READY_WITHIN_S,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "log"


def _java(libs: Path) -> list[str]:
    return ["java", *_JVM, "-cp", f"{libs}/*"]


def installed_libs() -> Path:
    """Return the folder of the jars; skips, or fails, when they or Java are not there."""
    version = _VERSION_FILE.read_text(encoding="utf-8").strip()
    libs = cache_folder() / f"kafka-{version}" / "libs"
    if not libs.is_dir():
        unavailable("kafka", "it is not installed; `make kafka` does that")
    if shutil.which("java") is None:
        unavailable("kafka", "there is no program java on this machine")
    return libs


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaAddress]:
    """Lend the Kafka that all tests share; take fresh topics and groups in each test."""
    if url := given_address("kafka"):
        yield KafkaAddress(url.removeprefix("kafka://"))
        return
    node = LocalKafka(installed_libs(), tmp_path_factory.mktemp("kafka"))
    node.start()
    yield node.address
    node.kill()  # nobody reads its log again


@pytest.fixture
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Lend a running Kafka that belongs to one test, which may stop, kill and start it."""
    node = LocalKafka(installed_libs(), tmp_path_factory.mktemp("own-kafka"))
    node.start()
    yield node
    node.kill()
