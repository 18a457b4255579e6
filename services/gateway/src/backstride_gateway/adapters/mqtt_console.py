"""Takes the claims of consoles from MQTT: answered and acknowledged one by one, in order.

A message that cannot be handled now is tried again until it can, or until the program stops; the
broker keeps what is not acknowledged.
"""

import threading
from typing import Any, Final, Protocol

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from backstride_gateway.ports import LogUnavailableError, StoreUnavailableError
from backstride_shared.lifecycle import backoff_s
from backstride_shared.mqtt_client import build_mqtt_client, connect_in_background
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, mqtt_filter

log = structlog.get_logger()

CLIENT_ID: Final = "backstride-gateway"
"""Fixed: the broker keeps the claims that come while the gateway restarts."""


class Handler(Protocol):
    """What handles a message; see `console_claims.ConsoleClaims.handle`."""

    def handle(self, topic: str, payload: bytes) -> tuple[str, bytes] | None:
        """Take one message; on return it may be acknowledged, after this topic got this answer."""
        ...


class MqttConsole:
    """The subscription to every treadmill's claims, in paho's own thread."""

    def __init__(self, mqtt: MqttBlock, handler: Handler, client_id: str = CLIENT_ID) -> None:
        self._mqtt = mqtt
        self._handler = handler
        self._stop = threading.Event()
        self._client = build_mqtt_client(mqtt, client_id, manual_ack=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self.is_connected = False

    def start(self) -> None:
        """Connect in the background, also when the broker comes later."""
        connect_in_background(self._client, self._mqtt)

    def close(self) -> None:
        """Stop; what is not acknowledged comes again."""
        self._stop.set()
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self,
        client: Client,
        _userdata: Any,  # noqa: ANN401  paho's signature
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("MQTT broker refused the connection", reason=str(reason))
            return
        client.subscribe(mqtt_filter(MqttKind.CLAIMS), qos=1)
        self.is_connected = True
        log.info("listening to consoles", broker=self._mqtt.url)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,  # noqa: ANN401  paho's signature
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.is_connected = False
        if not self._stop.is_set():
            log.warning("MQTT connection lost", reason=str(reason))

    def _on_message(
        self,
        client: Client,
        _userdata: Any,  # noqa: ANN401  paho's signature
        message: MQTTMessage,
    ) -> None:
        waits = backoff_s()
        while not self._stop.is_set():
            try:
                answer = self._handler.handle(message.topic, bytes(message.payload))
            except (StoreUnavailableError, LogUnavailableError) as error:
                log.warning("console claim waits", topic=message.topic, error=str(error))
                self._stop.wait(next(waits))
            except Exception:
                # our own fault: it would fail again, and must not hold up the next member's claim
                log.exception("console claim not handled", topic=message.topic)
                break
            else:
                if answer is not None:
                    # one that is lost is asked for again, by the same claim
                    client.publish(*answer, qos=1)
                break
        if not self._stop.is_set():
            client.ack(message.mid, message.qos)
