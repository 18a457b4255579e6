"""A real Mosquitto with our own configuration: who gets in, and what each may send and receive."""

import getpass
import queue
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from pydantic import SecretStr

from backstride_shared.identity import TreadmillKey, treadmill_key
from backstride_shared.mqtt_client import LastWill, build_mqtt_client
from backstride_shared.provision.mosquitto import set_up
from backstride_shared.provision.settings import MosquittoSetupBlock
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, mqtt_filter, mqtt_topic
from tests.repository import ROOT
from tests.servers.finding import HOST, free_port, unavailable
from tests.servers.local_process import LocalProcess
from tests.servers.mosquitto import installed_program
from tests.waiting import wait_until

ONE, TWO = treadmill_key("gym", "one"), treadmill_key("gym", "two")
WITHIN_S = 10.0
REFUSED_SUBSCRIPTION = 128


class Broker:
    """The broker of `infra/mosquitto`, with paths and ports of this test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._tls_port = free_port(), free_port()
        self._passwords = folder / "passwords"
        (folder / "treadmills").write_text(f"# the gym's\n{ONE}\n{TWO} # by the window\n")
        (folder / "data").mkdir()
        self.wanted = MosquittoSetupBlock(
            accounts_folder=folder / "accounts",
            passwords_folder=self._passwords,
            treadmills_file=folder / "treadmills",
            simulated_gym_id="demo",
        )
        set_up(self.wanted)
        subprocess.run(
            [ROOT / "infra/mosquitto/make_certificates.sh", folder / "certificates", HOST],
            check=True,
            capture_output=True,
        )
        (folder / "mosquitto.conf").write_text(self._configuration())
        self._process = LocalProcess(
            [installed_program(), "-c", str(folder / "mosquitto.conf")],
            log=folder / "mosquitto.log",
            is_ready=self._listens,
            ready_within_s=WITHIN_S,
        )
        self.start, self.stop = self._process.start, self._process.stop

    def settings(self, username: str, password: str | None = None) -> MqttBlock:
        """Return the settings of a program, or of a treadmill, which comes by TLS."""
        kind, url = "programs", f"mqtt://{HOST}:{self._port}"
        if "/" in username:
            kind, url = "treadmills", f"mqtts://{HOST}:{self._tls_port}"
        stored = (self._passwords / kind / username).read_text().strip()
        return MqttBlock(
            url=url,
            username=username,
            password=SecretStr(password or stored),
            ca_file=self._folder / "certificates/ca.crt",
        )

    def _configuration(self) -> str:
        text = (ROOT / "infra/mosquitto/mosquitto.conf").read_text()
        plugins = list(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
        if not plugins:
            unavailable("mosquitto", "its dynamic-security plug-in is not on this machine")
        for ours, here in {
            "/usr/lib/mosquitto_dynamic_security.so": str(plugins[0]),
            "listener 1883": f"listener {self._port} {HOST}",
            "listener 8883": f"listener {self._tls_port} {HOST}",
            "/mosquitto/": f"{self._folder}/",
        }.items():
            assert ours in text
            text = text.replace(ours, here)
        # started by root it would become the user mosquitto, who cannot write the folder
        return f"{text}user {getpass.getuser()}\n"

    def _listens(self) -> bool:
        try:
            socket.create_connection((HOST, self._tls_port), timeout=1).close()
        except OSError:
            return False
        return True


class Connection:
    """One client of the broker and what came to it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.connected: queue.Queue[tuple[bool, bool]] = queue.Queue()
        self.granted: queue.Queue[list[int]] = queue.Queue()
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _client, _data, message: self.received.put(
            (message.topic, bytes(message.payload))
        )

    def subscribe(self, topic: str) -> bool:
        """Ask for a topic and return whether the broker grants it."""
        self.client.subscribe(topic, qos=1)
        return self.granted.get(timeout=WITHIN_S) != [REFUSED_SUBSCRIPTION]

    def publish(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> None:
        """Send a message; the broker acknowledges also what it refuses."""
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WITHIN_S)

    def next(self) -> tuple[str, bytes]:
        """Return the next message."""
        return self.received.get(timeout=WITHIN_S)

    def _on_connect(self, _client: Client, _data: Any, flags: Any, code: Any, _: Any) -> None:  # noqa: ANN401  paho's own types
        self.connected.put((not code.is_failure, flags.session_present))

    def _on_subscribe(self, _client: Client, _data: Any, _mid: int, codes: Any, _: Any) -> None:  # noqa: ANN401  as above
        self.granted.put([code.value for code in codes])


@contextmanager
def connected(
    settings: MqttBlock, client_id: str = "any", *, will: LastWill | None = None
) -> Iterator[Connection]:
    """Connect with a persistent session; the broker must let the client in."""
    with trying(settings, client_id, will=will) as (connection, is_in):
        assert is_in
        yield connection


@contextmanager
def trying(
    settings: MqttBlock, client_id: str = "any", *, will: LastWill | None = None
) -> Iterator[tuple[Connection, bool]]:
    client = build_mqtt_client(settings, client_id, will=will, max_queued_messages=100_000)
    connection = Connection(client)
    client.connect(settings.host, settings.port)
    client.loop_start()
    try:
        is_in, _ = connection.connected.get(timeout=WITHIN_S)
        yield connection, is_in
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("our-mosquitto"))
    broker.start()
    yield broker
    broker.stop()


def readings(treadmill: TreadmillKey) -> str:
    return mqtt_topic(treadmill, MqttKind.READINGS)


def test_nobody_gets_in_without_a_password(broker: Broker) -> None:
    good = broker.settings("ingest")
    nameless = good.model_copy(update={"username": None, "password": None})

    with trying(nameless) as (_, is_in):
        assert not is_in
    with trying(broker.settings("ingest", "guessed")) as (_, is_in):
        assert not is_in
    with trying(broker.settings(ONE, "guessed")) as (_, is_in):
        assert not is_in


def test_a_treadmill_sends_its_own_readings_and_no_others(broker: Broker) -> None:
    with (
        connected(broker.settings("ingest"), "watching") as ingest,
        connected(broker.settings(ONE)) as one,
    ):
        assert ingest.subscribe(mqtt_filter(MqttKind.READINGS, version="+"))
        assert ingest.subscribe(mqtt_filter(MqttKind.STATE, version="+"))

        one.publish(readings(TWO), b"forged")
        one.publish("backstride/v2/gym/one/readings", b"forged")
        one.publish(readings(ONE), b"own")
        one.publish(mqtt_topic(ONE, MqttKind.STATE), b"own state")

        assert ingest.next() == (readings(ONE), b"own")
        assert ingest.next() == (mqtt_topic(ONE, MqttKind.STATE), b"own state")


def test_a_treadmill_hears_what_is_for_it_and_nothing_else(broker: Broker) -> None:
    stored = mqtt_topic(ONE, MqttKind.STORED)
    with (
        connected(broker.settings("recorder"), "recorder") as recorder,
        connected(broker.settings("ingest"), "refusing") as ingest,
        connected(broker.settings(ONE)) as one,
    ):
        assert one.subscribe(stored)
        assert one.subscribe(mqtt_topic(ONE, MqttKind.REFUSED))
        for foreign in (
            mqtt_topic(TWO, MqttKind.STORED),
            mqtt_filter(MqttKind.STORED),
            mqtt_filter(MqttKind.READINGS),
            readings(TWO),
            "#",
            "$SYS/#",
            "$CONTROL/#",
        ):
            assert not one.subscribe(foreign), foreign

        recorder.publish(mqtt_topic(TWO, MqttKind.STORED), b"for two")
        recorder.publish(stored, b"for one", retain=True)
        ingest.publish(mqtt_topic(ONE, MqttKind.REFUSED), b"why")

        assert {one.next(), one.next()} == {
            (stored, b"for one"),
            (mqtt_topic(ONE, MqttKind.REFUSED), b"why"),
        }


def test_a_treadmill_leaves_its_last_will(broker: Broker) -> None:
    state = mqtt_topic(ONE, MqttKind.STATE)
    with connected(broker.settings("ingest"), "mourning") as ingest:
        assert ingest.subscribe(state)
        with connected(broker.settings(ONE), will=LastWill(state, b"offline")) as one:
            one.publish(state, b"online")
            assert ingest.next() == (state, b"online")
            cut = one.client.socket()
            assert cut is not None
            cut.close()
            assert ingest.next() == (state, b"offline")


def test_a_treadmill_cannot_take_over_the_session_of_a_program(broker: Broker) -> None:
    """Mosquitto gives a session to whoever knows its client id; here the user's name is the id."""
    with connected(broker.settings("ingest"), "backstride-ingest") as ingest:
        assert ingest.subscribe(mqtt_filter(MqttKind.READINGS, version="+"))
    with connected(broker.settings(TWO)) as two:
        two.publish(readings(TWO), b"waits for ingest")

    with connected(broker.settings(ONE), "backstride-ingest") as sly:
        sly.publish(readings(ONE), b"and so does this")
        assert sly.received.empty()

    with connected(broker.settings("ingest"), "backstride-ingest") as ingest:
        assert ingest.next() == (readings(TWO), b"waits for ingest")
        assert ingest.next() == (readings(ONE), b"and so does this")


def test_programs_do_their_own_work_only(broker: Broker) -> None:
    with (
        connected(broker.settings("gateway"), "gateway") as gateway,
        connected(broker.settings("recorder"), "recorder-two") as recorder,
        connected(broker.settings("ingest"), "ingest-two") as ingest,
        connected(broker.settings("monitor"), "monitor") as monitor,
    ):
        assert gateway.subscribe(mqtt_filter(MqttKind.CLAIMS))
        assert not gateway.subscribe(mqtt_filter(MqttKind.READINGS))
        with connected(broker.settings(ONE)) as one:
            assert one.subscribe(mqtt_topic(ONE, MqttKind.ANSWERS))
            assert not one.subscribe(mqtt_topic(TWO, MqttKind.ANSWERS))
            gateway.publish(mqtt_topic(ONE, MqttKind.ANSWERS), b"claimed")
            assert one.next() == (mqtt_topic(ONE, MqttKind.ANSWERS), b"claimed")
        assert not recorder.subscribe(mqtt_filter(MqttKind.READINGS))
        assert not ingest.subscribe(mqtt_filter(MqttKind.CLAIMS))
        assert monitor.subscribe("$SYS/broker/publish/messages/dropped")
        assert not monitor.subscribe(mqtt_filter(MqttKind.READINGS))

        assert ingest.subscribe(mqtt_filter(MqttKind.READINGS))
        recorder.publish(readings(ONE), b"forged by recorder")
        gateway.publish(readings(ONE), b"forged by gateway")
        with connected(broker.settings(ONE)) as one:
            one.publish(readings(ONE), b"real")
        assert ingest.next() == (readings(ONE), b"real")


def test_a_simulating_controller_stays_in_its_gym(broker: Broker) -> None:
    demo = treadmill_key("demo", "treadmill-01")
    with (
        connected(broker.settings("ingest"), "ingest-demo") as ingest,
        connected(broker.settings("controller"), "controller") as controller,
    ):
        assert ingest.subscribe(mqtt_filter(MqttKind.READINGS))
        assert controller.subscribe(mqtt_topic(demo, MqttKind.STORED))
        assert not controller.subscribe(mqtt_topic(ONE, MqttKind.STORED))

        controller.publish(readings(ONE), b"of another gym")
        controller.publish(readings(demo), b"simulated")

        assert ingest.next() == (readings(demo), b"simulated")


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


def test_a_backlog_beyond_the_defaults_waits_also_over_a_restart(own_broker: Broker) -> None:
    """1 000 messages are Mosquitto's default; what is beyond it would be dropped silently."""
    count = 3_000
    broker = own_broker
    with connected(broker.settings("ingest"), "backstride-ingest") as ingest:
        assert ingest.subscribe(mqtt_filter(MqttKind.READINGS, version="+"))
    with connected(broker.settings(ONE)) as one:
        sent = [one.client.publish(readings(ONE), b"%d" % n, qos=1) for n in range(count)]
        for info in sent:
            info.wait_for_publish(WITHIN_S)

    broker.stop()
    broker.start()

    with connected(broker.settings("ingest"), "backstride-ingest") as ingest:
        wait_until(ingest.received.qsize, what="the backlog", holds=lambda size: size >= count)
        assert [int(ingest.next()[1]) for _ in range(count)] == list(range(count))


def _files(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def wanted(tmp_path: Path) -> Callable[[str], MosquittoSetupBlock]:
    def of(treadmills: str) -> MosquittoSetupBlock:
        (tmp_path / "treadmills").write_text(treadmills)
        return MosquittoSetupBlock(
            accounts_folder=tmp_path / "accounts",
            passwords_folder=tmp_path / "passwords",
            treadmills_file=tmp_path / "treadmills",
        )

    return of


def test_writing_accounts_twice_changes_nothing(
    wanted: Callable[[str], MosquittoSetupBlock], tmp_path: Path
) -> None:
    assert set_up(wanted("gym/one"))
    first = _files(tmp_path)

    assert not set_up(wanted("gym/one"))

    assert _files(tmp_path) == first
    secret = _files(tmp_path / "passwords") | _files(tmp_path / "accounts")
    assert {oct(path.stat().st_mode & 0o777) for path in secret} == {"0o600"}


def test_a_new_treadmill_leaves_the_passwords_of_others(
    wanted: Callable[[str], MosquittoSetupBlock], tmp_path: Path
) -> None:
    set_up(wanted("gym/one"))
    before = _files(tmp_path / "passwords")

    assert set_up(wanted("gym/one\ngym/two"))

    after = _files(tmp_path / "passwords")
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1
