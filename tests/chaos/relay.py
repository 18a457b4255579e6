"""A relay between a gym's own broker and ours that repeats messages and mixes up their order.

No MQTT broker does that to one client's messages; bridges, gateways and shared subscriptions do.
"""

import threading
import uuid
from random import Random
from typing import Final

from paho.mqtt.client import Client, MQTTMessage

from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, mqtt_filter
from tests.servers.mosquitto import MqttAddress
from tests.waiting import wait_until

SHARE_REPEATED: Final = 0.3
SHARE_HELD_BACK: Final = 0.03
LONGEST_HOLD_S: Final = 2.0
MOST_WAITING_MESSAGES: Final = 100_000
_UP: Final = (MqttKind.READINGS, MqttKind.STATE, MqttKind.CLAIMS)
_DOWN: Final = (MqttKind.STORED, MqttKind.REFUSED, MqttKind.ANSWERS)


class Relay:
    """Carries a gym's messages both ways until closed."""

    def __init__(self, gym_id: str, field: MqttAddress, main: MqttAddress, seed: int) -> None:
        self._random = Random(f"{seed}/relay")
        self._timers: list[threading.Timer] = []
        self._field = _client()
        self._main = _client()
        self._field.on_message = self._carry_up
        self._main.on_message = self._carry_down
        connect_in_background(self._field, MqttBlock(url=field.url))
        connect_in_background(self._main, MqttBlock(url=main.url))
        wait_until(
            lambda: self._field.is_connected() and self._main.is_connected(),
            what="the relay to connect",
        )
        self._field.subscribe([(mqtt_filter(kind, gym_id), 1) for kind in _UP])
        self._main.subscribe([(mqtt_filter(kind, gym_id), 1) for kind in _DOWN])

    def close(self) -> None:
        """Carry what is held back, and leave."""
        for timer in self._timers:
            timer.join()
        for client in (self._field, self._main):
            client.disconnect()
            client.loop_stop()

    def _carry_up(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if not message.topic.endswith(MqttKind.READINGS):
            self._pass_on(message)
            return
        self._timers = [timer for timer in self._timers if timer.is_alive()]
        if self._random.random() < SHARE_HELD_BACK:
            self._pass_on_later(message)
        else:
            self._pass_on(message)
        if self._random.random() < SHARE_REPEATED:
            self._pass_on_later(message)

    def _pass_on_later(self, message: MQTTMessage) -> None:
        wait_s = self._random.uniform(0.1, LONGEST_HOLD_S)
        timer = threading.Timer(wait_s, self._pass_on, (message,))
        self._timers.append(timer)
        timer.start()

    def _pass_on(self, message: MQTTMessage) -> None:
        self._main.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def _carry_down(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._field.publish(message.topic, message.payload, qos=1, retain=message.retain)


def _client() -> Client:
    return build_mqtt_client(
        MqttBlock(),
        f"relay-{uuid.uuid4()}",
        clean_session=True,
        max_queued_messages=MOST_WAITING_MESSAGES,
    )
