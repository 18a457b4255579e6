import queue
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers.finding import fresh_name
from tests.servers.mosquitto import LocalMosquitto, MqttAddress


@contextmanager
def _connected(
    address: MqttAddress, client_id: str
) -> Iterator[tuple[mqtt.Client, queue.Queue[bytes]]]:
    """Connect with a persistent session; the queue receives the payloads of its messages."""
    received: queue.Queue[bytes] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
    client.on_message = lambda _client, _data, message: received.put(bytes(message.payload))
    subscribed: queue.Queue[int] = queue.Queue()
    client.on_connect = lambda client, *_: client.subscribe("held/#", qos=1)
    client.on_subscribe = lambda _client, _data, mid, *_: subscribed.put(mid)
    client.connect(address.host, address.port)
    client.loop_start()
    try:
        subscribed.get(timeout=10)
        yield client, received
    finally:
        client.disconnect()
        client.loop_stop()


def _publish(address: MqttAddress, topic: str, payload: bytes) -> None:
    with _connected(address, fresh_name("publisher")) as (client, _):
        client.publish(topic, payload, qos=1).wait_for_publish(10)


def test_the_shared_broker_delivers(mosquitto: MqttAddress) -> None:
    with _connected(mosquitto, fresh_name("subscriber")) as (_, received):
        _publish(mosquitto, fresh_name("held/now"), b"hello")

        assert received.get(timeout=10) == b"hello"


def test_a_persistent_session_outlives_a_restart_of_its_broker(
    own_mosquitto: LocalMosquitto,
) -> None:
    absent = fresh_name("absent")
    with _connected(own_mosquitto.address, absent):
        pass  # its session now exists
    _publish(own_mosquitto.address, "held/later", b"queued")

    own_mosquitto.stop()
    own_mosquitto.start()

    with _connected(own_mosquitto.address, absent) as (_, received):
        assert received.get(timeout=10) == b"queued"
