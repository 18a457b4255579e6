"""Builds the MQTT client that the programs share: paho, MQTT 3.1.1, settings applied.

3.1.1 is the common denominator of the brokers we run on. The client is not yet connected and has
no thread: its owner sets callbacks, then connects and runs the loop it wants.
"""

from typing import NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from backstride_shared.settings import MqttBlock

RECONNECT_FIRST_S = 1
RECONNECT_MOST_S = 15
"""paho's own reconnect (in `loop_start` and `loop_forever`) doubles its wait between these."""


class LastWill(NamedTuple):
    """What the broker publishes for us, QoS 1 and retained, when our connection breaks."""

    topic: str
    payload: bytes


def build_mqtt_client(
    mqtt: MqttBlock,
    client_id: str,
    *,
    clean_session: bool = False,
    manual_ack: bool = False,
    will: LastWill | None = None,
    max_inflight_messages: int = 20,
    max_queued_messages: int = 1000,
) -> Client:
    """Return a client for the broker of `mqtt`, not yet connected.

    `client_id` is fixed for the program: with `clean_session` False the broker keeps the
    subscriptions and queued messages of that name. With `manual_ack` the owner calls
    `client.ack(mid, qos)`, in the order of arrival. `max_queued_messages` bounds what paho keeps
    beyond the window in flight; a `publish` past it answers MQTT_ERR_QUEUE_SIZE.

    Raises:
        OSError: when the certificate authority's file cannot be read.

    """
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=clean_session,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=manual_ack,
    )
    if mqtt.username is not None:
        password = mqtt.password.get_secret_value() if mqtt.password is not None else None
        client.username_pw_set(mqtt.username, password)
    if mqtt.is_tls:
        # without a file the system's authorities count; the host name is checked
        client.tls_set(ca_certs=None if mqtt.ca_file is None else str(mqtt.ca_file))
    if will is not None:
        client.will_set(will.topic, will.payload, qos=1, retain=True)
    client.max_inflight_messages_set(max_inflight_messages)
    client.max_queued_messages_set(max_queued_messages)
    client.reconnect_delay_set(RECONNECT_FIRST_S, RECONNECT_MOST_S)
    return client


def connect_in_background(client: Client, mqtt: MqttBlock) -> None:
    """Start the client's thread, which connects, also when the broker comes later, and reconnects.

    End it with `client.disconnect()` and `client.loop_stop()`.
    """
    client.connect_async(mqtt.host, mqtt.port, keepalive=mqtt.keepalive_s)
    client.loop_start()
