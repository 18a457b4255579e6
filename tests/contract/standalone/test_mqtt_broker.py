"""What the platform relies on in an MQTT broker, on both brokers that `backstride run` starts."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from backstride_standalone.adapters.child_process import ChildProcess
from backstride_standalone.adapters.http_health import is_listening
from backstride_standalone.adapters.mosquitto_program import find_mosquitto, write_configuration
from tests.servers.finding import HOST, free_port, unavailable
from tests.waiting import wait_until

TOPIC = "backstride/v1/gym/treadmill/readings"
STATE = "backstride/v1/gym/treadmill/state"


def mosquitto_command(folder: Path, port: int) -> list[str]:
    program = find_mosquitto()
    if program is None:
        unavailable("mosquitto", "there is no program mosquitto on this machine")
    return [str(program), "-c", str(write_configuration(folder / "mosquitto", HOST, port))]


def amqtt_command(_folder: Path, _port: int) -> list[str]:
    return [sys.executable, "-m", "backstride_standalone.embedded_mqtt"]


BROKERS = {"mosquitto": mosquitto_command, "amqtt": amqtt_command}


@dataclass
class Broker:
    """A broker in a process of its own, which keeps its port over a restart."""

    command: list[str]
    port: int
    log: Path
    process: ChildProcess | None = None

    def start(self) -> None:
        settings = {"BACKSTRIDE_EMBEDDED__PORT": str(self.port)}
        self.process = ChildProcess(self.command, settings, self.log)
        wait_until(lambda: is_listening(self.port), what="the broker to listen")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.close()


@dataclass
class Subscriber:
    """A client that takes messages and acknowledges them only when told."""

    client: Client
    messages: list[MQTTMessage] = field(default_factory=list)

    def payloads(self) -> list[bytes]:
        return [bytes(message.payload) for message in self.messages]

    def acknowledge(self) -> None:
        for message in self.messages:
            self.client.ack(message.mid, message.qos)


@pytest.fixture(params=BROKERS, ids=list(BROKERS))
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    port = free_port()
    make: Callable[[Path, int], list[str]] = BROKERS[request.param]
    lent = Broker(make(tmp_path, port), port, tmp_path / "broker.log")
    lent.start()
    yield lent
    lent.kill()


def new_client(client_id: str, *, clean: bool, manual_ack: bool = False) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=clean,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=manual_ack,
    )
    client.reconnect_delay_set(1, 1)
    client.max_inflight_messages_set(1000)
    return client


@contextmanager
def connected(client: Client, broker: Broker) -> Iterator[Client]:
    client.connect(HOST, broker.port, keepalive=5)
    client.loop_start()
    wait_until(client.is_connected, what="the client to connect")
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def subscribed(broker: Broker, topic: str = TOPIC) -> Iterator[Subscriber]:
    """Lend a subscriber with a persistent session, the same one each time."""
    client = new_client("subscriber", clean=False, manual_ack=True)
    subscriber = Subscriber(client)
    subscriptions: list[int] = []
    client.on_message = lambda _c, _u, message: subscriber.messages.append(message)
    client.on_subscribe = lambda _c, _u, mid, _r, _p: subscriptions.append(mid)
    with connected(client, broker):
        client.subscribe(topic, qos=1)
        wait_until(lambda: subscriptions, what="the subscription")
        yield subscriber


def publish(broker: Broker, payloads: list[bytes]) -> None:
    with connected(new_client("publisher", clean=True), broker) as client:
        for published in [client.publish(TOPIC, payload, qos=1) for payload in payloads]:
            published.wait_for_publish(10)


def some_payloads(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def test_messages_arrive_in_the_order_of_publishing(broker: Broker) -> None:
    with subscribed(broker) as subscriber:
        publish(broker, some_payloads(500))

        wait_until(lambda: len(subscriber.messages) >= 500, what="all messages")
        subscriber.acknowledge()
        assert subscriber.payloads() == some_payloads(500)


def test_messages_wait_for_a_subscriber_that_is_away(broker: Broker) -> None:
    with subscribed(broker):
        pass

    publish(broker, some_payloads(50))

    with subscribed(broker) as subscriber:
        wait_until(lambda: len(subscriber.messages) >= 50, what="all messages")
        subscriber.acknowledge()
        assert subscriber.payloads() == some_payloads(50)


def test_a_retained_message_greets_a_later_subscriber(broker: Broker) -> None:
    with connected(new_client("publisher", clean=True), broker) as client:
        client.publish(STATE, b"online", qos=1, retain=True).wait_for_publish(10)

    with subscribed(broker, STATE) as subscriber:
        wait_until(lambda: subscriber.messages, what="the retained message")
        assert (subscriber.payloads()[0], subscriber.messages[0].retain) == (b"online", True)
        subscriber.acknowledge()


def test_a_client_hears_only_of_topics_it_subscribed_to(broker: Broker) -> None:
    with connected(new_client("publisher", clean=True), broker) as client:
        client.publish(STATE, b"online", qos=1, retain=True).wait_for_publish(10)
    heard: list[str] = []
    other = new_client("other", clean=True)
    other.on_message = lambda _c, _u, message: heard.append(message.topic)
    other.on_connect = lambda one, *_: one.subscribe(TOPIC, qos=1)

    with subscribed(broker, STATE) as subscriber, connected(other, broker):
        wait_until(lambda: subscriber.messages, what="the retained message")
        subscriber.acknowledge()

        def hears_itself() -> bool:
            other.publish(TOPIC, b"mine", qos=1)
            return TOPIC in heard

        wait_until(hears_itself, what="the own message")

        assert set(heard) == {TOPIC}


def test_the_last_will_of_a_client_that_vanished_is_published_and_retained(
    broker: Broker, tmp_path: Path
) -> None:
    vanishing = (
        "import sys; from paho.mqtt.client import Client; "
        "from paho.mqtt.enums import CallbackAPIVersion; "
        "client = Client(CallbackAPIVersion.VERSION2, client_id='vanishing'); "
        f"client.will_set({STATE!r}, b'offline', qos=1, retain=True); "
        f"client.connect({HOST!r}, {broker.port}); "
        "client.on_connect = lambda *_: print('connected', flush=True); client.loop_forever()"
    )
    log = tmp_path / "vanishing.log"
    child = ChildProcess([sys.executable, "-c", vanishing], {}, log)
    wait_until(lambda: log.exists() and log.read_bytes(), what="the client to connect")

    child.kill()
    child.close()

    with subscribed(broker, STATE) as subscriber:
        wait_until(lambda: subscriber.messages, what="the last will")
        assert subscriber.payloads()[0] == b"offline"
        subscriber.acknowledge()


def test_a_client_without_a_name_and_password_may_publish(broker: Broker) -> None:
    with subscribed(broker) as subscriber:
        publish(broker, [b"from anybody on this machine"])

        wait_until(lambda: subscriber.messages, what="the message")
        subscriber.acknowledge()


@contextmanager
def treadmills_at_once(broker: Broker, names: list[str]) -> Iterator[list[Client]]:
    """Connect all at the same time, each subscribing to its own topic when it is connected.

    Fails when the broker ends any of the connections.
    """
    ended: list[str] = []
    with contextlib.ExitStack() as stack:
        clients = [new_client(name, clean=False) for name in names]
        for name, client in zip(names, clients, strict=True):
            topic = f"backstride/v1/gym/{name}/stored"
            client.on_connect = lambda one, *_, topic=topic: one.subscribe(topic, qos=1)
            client.on_disconnect = lambda *_, name=name: ended.append(name)
            client.connect_async(HOST, broker.port, keepalive=30)
            stack.callback(client.loop_stop)
            stack.callback(client.disconnect)
            client.loop_start()
        wait_until(lambda: all(client.is_connected() for client in clients), what="all clients")
        yield clients
        assert ended == []


def test_clients_that_connect_and_subscribe_all_at_once_are_all_served(broker: Broker) -> None:
    names = [f"treadmill-{number}" for number in range(60)]
    with connected(new_client("publisher", clean=True), broker) as client:
        for name in names:
            retained = client.publish(f"backstride/v1/gym/{name}/stored", b"0", retain=True, qos=1)
            retained.wait_for_publish(10)
    with treadmills_at_once(broker, names[::2]):
        pass  # half of them are known already when all come

    with treadmills_at_once(broker, names) as clients, subscribed(broker) as subscriber:
        for name, client in zip(names, clients, strict=True):
            client.publish(TOPIC, name.encode(), qos=1)
        wait_until(
            lambda: set(names) - {payload.decode() for payload in subscriber.payloads()},
            what="a message of each client",
            holds=lambda unheard: not unheard,
        )
        subscriber.acknowledge()


def test_clients_come_back_to_the_same_port_after_a_kill(broker: Broker) -> None:
    with connected(new_client("publisher", clean=True), broker) as client:
        broker.kill()
        broker.start()

        wait_until(client.is_connected, what="the client to come back", within_s=20)
        with subscribed(broker) as subscriber:
            client.publish(TOPIC, b"after", qos=1).wait_for_publish(10)
            wait_until(lambda: b"after" in subscriber.payloads(), what="the message")
            subscriber.acknowledge()


@pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)
def test_mosquitto_sends_again_what_was_not_acknowledged(broker: Broker) -> None:
    """Without a counterpart for amqtt, which gives such a message up: see embedded_mqtt."""
    with subscribed(broker) as subscriber:
        publish(broker, some_payloads(20))
        wait_until(lambda: len(subscriber.messages) >= 20, what="all messages")

    with subscribed(broker) as subscriber:
        wait_until(lambda: len(subscriber.messages) >= 20, what="all messages again")
        assert subscriber.payloads() == some_payloads(20)
        subscriber.acknowledge()


def test_the_broker_can_be_reached_from_this_machine_only(broker: Broker) -> None:
    assert broker.process is not None

    listening = [
        connection.laddr
        for connection in psutil.Process(broker.process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert listening == [(HOST, broker.port)]
