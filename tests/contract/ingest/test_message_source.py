"""What a source of messages promises, for the fake and for paho with a real broker."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from backstride_ingest.adapters.mqtt_source import PahoSource
from backstride_ingest.ports import Arrival, MessageSource
from backstride_shared.settings import MqttBlock
from tests.fakes.ingest_ports import InMemorySource
from tests.servers.finding import fresh_name
from tests.servers.mosquitto import MqttAddress
from tests.waiting import wait_until

MAX_MESSAGE_BYTES = 200_000


class World(Protocol):
    """A source, and the treadmill at the other side of its broker."""

    source: MessageSource
    topic: str

    def treadmill_publishes(self, payload: bytes) -> None: ...

    def answers(self) -> list[bytes]: ...

    def close(self) -> None: ...


class InMemoryWorld:
    def __init__(self) -> None:
        self.broker = InMemorySource()
        self.source: MessageSource = self.broker
        self.topic = "backstride/v1/gym/treadmill/readings"

    def treadmill_publishes(self, payload: bytes) -> None:
        self.broker.treadmill_publishes(self.topic, payload)

    def answers(self) -> list[bytes]:
        return [payload for _, payload in self.broker.answers]

    def close(self) -> None:
        self.source.disconnect()


class MosquittoWorld:
    def __init__(self, address: MqttAddress) -> None:
        gym_id = fresh_name("gym")
        self.topic = f"backstride/v1/{gym_id}/treadmill/readings"
        self.source: MessageSource = PahoSource(
            MqttBlock(url=address.url),
            fresh_name("ingest"),
            [f"backstride/+/{gym_id}/+/readings"],
            MAX_MESSAGE_BYTES,
        )
        self._answers: list[bytes] = []
        self._treadmill = paho.Client(CallbackAPIVersion.VERSION2, client_id=fresh_name("device"))
        self._treadmill.on_message = lambda _client, _data, message: self._answers.append(
            bytes(message.payload)
        )
        self._treadmill.connect(address.host, address.port)
        self._treadmill.loop_start()
        self._treadmill.subscribe(f"backstride/v1/{gym_id}/treadmill/refused", qos=1)

    def treadmill_publishes(self, payload: bytes) -> None:
        self._treadmill.publish(self.topic, payload, qos=1).wait_for_publish(10)

    def answers(self) -> list[bytes]:
        return self._answers

    def close(self) -> None:
        self.source.disconnect()
        self._treadmill.disconnect()
        self._treadmill.loop_stop()


# of the session, so that the broker is there before a test's own fixtures
@pytest.fixture(scope="session", params=["in memory", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> MqttAddress | None:
    if request.param == "in memory":
        return None
    address: MqttAddress = request.getfixturevalue("mosquitto")
    return address


@pytest.fixture
def world(broker: MqttAddress | None) -> Iterator[World]:
    made: World = InMemoryWorld() if broker is None else MosquittoWorld(broker)
    connect(made)
    yield made
    made.close()


def connect(world: World) -> list[Arrival]:
    """Return once the source is connected, with what has arrived by then."""
    taken: list[Arrival] = []

    def is_connected() -> bool:
        taken.extend(world.source.take(0.05, may_read=True)[1])
        return world.source.waiting_for() is None

    wait_until(is_connected, what="the source to be connected")
    return taken


def take(world: World, count: int, already: Sequence[Arrival] = ()) -> tuple[int, list[Arrival]]:
    """Take until `count` messages are there, of one connection."""
    taken = list(already)
    connection = 0

    def number_taken() -> int:
        nonlocal connection
        connection, arrivals = world.source.take(0.05, may_read=True)
        taken.extend(arrivals)
        return len(taken)

    wait_until(number_taken, what=f"{count} messages", holds=lambda number: number >= count)
    return connection, taken


def payloads(arrivals: list[Arrival]) -> list[bytes]:
    return [arrival.payload for arrival in arrivals]


def test_messages_arrive_whole_and_in_order(world: World) -> None:
    sent = [b"one", b"", b"three" * 10_000, b"\x00\xff"]
    for payload in sent:
        world.treadmill_publishes(payload)

    _, arrivals = take(world, len(sent))

    assert payloads(arrivals) == sent
    assert {arrival.topic.decode() for arrival in arrivals} == {world.topic}
    assert [arrival.payload_bytes for arrival in arrivals] == [len(payload) for payload in sent]
    assert len({arrival.mid for arrival in arrivals} - {0}) == len(sent)


def test_what_was_not_acknowledged_comes_again_at_the_next_connection(world: World) -> None:
    for payload in (b"one", b"two", b"three"):
        world.treadmill_publishes(payload)
    connection, arrivals = take(world, 3)
    world.source.acknowledge(connection, [arrivals[0].mid])
    # lets the acknowledgement go out
    world.source.take(0.0, may_read=True)

    world.source.disconnect()
    assert world.source.waiting_for() is not None
    again, arrivals = take(world, 2, connect(world))

    assert again != connection
    assert payloads(arrivals) == [b"two", b"three"]


def test_acknowledgements_of_a_gone_connection_have_no_effect(world: World) -> None:
    world.treadmill_publishes(b"one")
    connection, arrivals = take(world, 1)
    world.source.disconnect()
    take(world, 1, connect(world))

    world.source.acknowledge(connection, [arrivals[0].mid])
    world.source.disconnect()

    assert payloads(take(world, 1, connect(world))[1]) == [b"one"]


def test_nothing_is_taken_while_nothing_may_be_read(world: World) -> None:
    world.treadmill_publishes(b"one")

    for _ in range(5):
        assert list(world.source.take(0.02, may_read=False)[1]) == []

    assert world.source.waiting_for() is None
    assert payloads(take(world, 1)[1]) == [b"one"]


def test_answers_reach_the_treadmill(world: World) -> None:
    world.source.publish(world.topic.replace("readings", "refused"), b"no")

    def answers() -> list[bytes]:
        world.source.take(0.02, may_read=True)
        return world.answers()

    assert wait_until(answers, what="the answer") == [b"no"]
