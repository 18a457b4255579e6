"""Publishes `stored`, retained, QoS 1, when the broker is there.

Only the newest mark of a device counts, so what waits is bounded by the number of devices.
What was given to paho it sends again by itself after a reconnect, until the broker acknowledges.
"""

import time
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Final

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from backstride_recorder import metrics
from backstride_recorder.ports import DeviceMark
from backstride_shared.identity import parse_treadmill_key
from backstride_shared.messages import StoredMessage, json_encoder
from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, mqtt_topic

log = structlog.get_logger()

MOST_UNDER_WAY: Final = 500
"""Publishes without acknowledgement at once; behind them only the newest mark is kept."""
_FLUSH_POLL_S: Final = 0.01


class MqttStored:
    """`StoredReports` over one connection of its own; called from one thread.

    paho's thread holds its own locks while it calls back, so callbacks only leave notes.
    """

    def __init__(self, mqtt: MqttBlock) -> None:
        self._mqtt = mqtt
        # two recorders must not push each other off the broker; nothing is kept there for us
        self._client = build_mqtt_client(
            mqtt,
            f"backstride-recorder-{uuid.uuid4().hex[:8]}",
            clean_session=True,
            max_inflight_messages=MOST_UNDER_WAY,
        )
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_publish = self._acknowledged
        self._waiting: dict[tuple[str, str], DeviceMark] = {}
        self._under_way_count = 0
        self._acknowledged_mids: deque[int] = deque()
        self._is_connected = False

    @property
    def is_connected(self) -> bool:
        """Whether the broker has taken us."""
        return self._is_connected

    def start(self) -> None:
        """Connect in the background, now or when the broker comes."""
        connect_in_background(self._client, self._mqtt)

    def publish(self, treadmill: str, marks: Mapping[str, DeviceMark]) -> None:
        """Send the marks of these devices, or as soon as the broker is there."""
        for device_id, mark in marks.items():
            self._waiting[treadmill, device_id] = mark
        self.keep_up()

    def keep_up(self) -> None:
        """Send what had to wait, as far as the broker takes it now."""
        while self._acknowledged_mids:
            self._acknowledged_mids.popleft()
            self._under_way_count -= 1
        while self._waiting and self._is_connected and self._under_way_count < MOST_UNDER_WAY:
            treadmill, device_id = next(iter(self._waiting))
            boot_id, seq = self._waiting.pop((treadmill, device_id))
            message = StoredMessage(device_id=device_id, boot_id=boot_id, seq=seq)
            self._client.publish(
                mqtt_topic(parse_treadmill_key(treadmill), MqttKind.STORED),
                json_encoder.encode(message),
                qos=1,
                retain=True,
            )
            self._under_way_count += 1
            metrics.STORED_REPORTS.inc()
        metrics.STORED_REPORTS_WAITING.set(len(self._waiting) + self._under_way_count)

    def flush(self, timeout_s: float) -> bool:
        """Wait until the broker has acknowledged everything; return whether it has."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            self.keep_up()
            if not self._waiting and not self._under_way_count:
                return True
            if not self._is_connected or time.monotonic() > deadline_s:
                return False
            time.sleep(_FLUSH_POLL_S)

    def close(self) -> None:
        """Disconnect and end the connection's thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("MQTT broker refused us", reason=str(reason))
            return
        self._is_connected = True
        log.info("MQTT connected", host=self._mqtt.host, port=self._mqtt.port)

    def _disconnected(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._is_connected and reason.is_failure:
            log.warning("MQTT connection lost", reason=str(reason))
        self._is_connected = False

    def _acknowledged(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._acknowledged_mids.append(mid)
