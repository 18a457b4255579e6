"""The platform as a controller sees it through a real broker: handles readings, says `stored`.

It keeps the rules of the fold (marks, `after`), so that a controller that breaks the order loses
readings here as it would there.
"""

import threading
from collections import defaultdict
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import StoredMessage, json_encoder, readings_decoder
from backstride_shared.topics import MqttKind, mqtt_filter, mqtt_topic, parse_mqtt_topic
from tests.servers.finding import fresh_name
from tests.servers.mosquitto import MqttAddress


class StoringPlatform:
    """Subscribes to one gym's readings and stores those that come in order."""

    def __init__(self, address: MqttAddress, gym_id: str) -> None:
        self.is_storing = True
        self.stored: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.dropped_messages = 0
        self._marks: dict[tuple[str, str], tuple[int, int]] = {}
        self._gym_id = gym_id
        self._lock = threading.Lock()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=fresh_name("platform"), clean_session=False
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect(address.host, address.port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(10), "no subscription"
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def positions(self) -> set[tuple[str, int, int]]:
        """Return (device id, boot id, seq) of every reading stored."""
        with self._lock:
            return {
                (device_id, *position)
                for device_id, positions in self.stored.items()
                for position in positions
            }

    def say_stored(self) -> None:
        """Tell every treadmill how far its readings are stored."""
        with self._lock:
            marks = dict(self._marks)
        for (treadmill, device_id), (boot_id, seq) in marks.items():
            message = StoredMessage(device_id=device_id, boot_id=boot_id, seq=seq)
            topic = mqtt_topic(TreadmillKey(treadmill), MqttKind.STORED)
            self._client.publish(topic, json_encoder.encode(message), qos=1, retain=True)

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(mqtt_filter(MqttKind.READINGS, self._gym_id), qos=1)

    def _on_message(self, _client: mqtt.Client, _data: object, raw: mqtt.MQTTMessage) -> None:
        message = readings_decoder.decode(raw.payload)
        treadmill = parse_mqtt_topic(raw.topic).treadmill
        device_id = message.device_id or treadmill
        with self._lock:
            mark = self._marks.get((treadmill, device_id), (0, 0))
            if message.after is not None and message.after > mark:
                self.dropped_messages += 1
                return
            for reading in message.readings:
                position = (message.boot_id, reading.seq)
                if position > mark:
                    mark = position
                    self.stored[device_id].append(position)
            self._marks[(treadmill, device_id)] = mark
        if self.is_storing:
            self.say_stored()
