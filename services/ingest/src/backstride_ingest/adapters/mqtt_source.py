"""Receives treadmills' messages by paho-mqtt: MQTT 3.1.1, persistent session, QoS 1.

The session outlives us at the broker under a fixed client id: what we have not acknowledged comes
again at the next connection, and what treadmills publish meanwhile is kept for us.
paho does connecting, subscribing, pinging and our own publishing; messages and their
acknowledgements go past it, see `mqtt_socket`.
"""

import select
import socket
import time
from collections.abc import Sequence
from typing import Final

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from backstride_ingest.adapters.mqtt_packets import MalformedStreamError
from backstride_ingest.adapters.mqtt_socket import PacketSocket
from backstride_ingest.ports import Arrival
from backstride_shared.lifecycle import backoff_s
from backstride_shared.settings import MqttBlock

log = structlog.get_logger()

CONNECT_TIMEOUT_S: Final = 3.0
CONNACK_TIMEOUT_S: Final = 10.0
MOST_BACKOFF_S: Final = 5.0
HOUSEKEEPING_INTERVAL_S: Final = 0.5
MAX_QUEUED_ANSWERS: Final = 1_000


class _TappedClient(paho.Client):
    """paho with our socket between it and the network."""

    max_packet_bytes: int
    tap: PacketSocket | None = None

    def _create_socket(self) -> PacketSocket:
        # the one private method of paho we override: its hook for other transports
        inner = super()._create_socket()
        assert isinstance(inner, socket.socket)  # noqa: S101  no websockets here
        inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tap = PacketSocket(inner, self.max_packet_bytes)
        return self.tap


class PahoSource:
    """One connection at a time, made and renewed inside `take`."""

    def __init__(
        self, mqtt: MqttBlock, client_id: str, filters: Sequence[str], max_message_bytes: int
    ) -> None:
        self._mqtt = mqtt
        self._filters = filters
        self._connection = 0
        self._is_subscribed = False
        self._backoff = backoff_s(most_s=MOST_BACKOFF_S)
        self._next_attempt_s = 0.0
        self._housekeeping_due_s = 0.0
        self._give_up_connecting_s = 0.0
        client = _TappedClient(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_packet_bytes = max_message_bytes
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_queued_messages_set(MAX_QUEUED_ANSWERS)
        if mqtt.username is not None:
            password = mqtt.password.get_secret_value() if mqtt.password else None
            client.username_pw_set(mqtt.username, password)
        if mqtt.is_tls:
            client.tls_set(ca_certs=str(mqtt.ca_file) if mqtt.ca_file else None)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        self._client = client

    def take(self, wait_s: float, *, may_read: bool) -> tuple[int, Sequence[Arrival]]:
        """See `ports.MessageSource`."""
        tap = self._client.tap
        if tap is None:
            self._connect(wait_s)
            return self._connection, ()
        # SUBACK must be read even when no message may be
        is_reading = may_read or not self._is_subscribed
        self._wait(tap, wait_s, is_reading=is_reading)
        try:
            if is_reading:
                tap.fill()
        except MalformedStreamError as error:
            log.warning("the MQTT broker sends what is not MQTT", error=str(error))
            self.disconnect()
            return self._connection, ()
        while self._client.tap is tap and tap.pending():
            self._client.loop_read()
        if self._client.want_write():
            # what paho queued inside a callback
            self._client.loop_write()
        self._keep_house()
        tap.flush()
        if self._client.tap is not tap:
            # what arrived before the end comes again
            return self._connection, ()
        return self._connection, tap.take_arrivals()

    def acknowledge(self, connection: int, mids: Sequence[int]) -> None:
        """See `ports.MessageSource`."""
        tap = self._client.tap
        if tap is None or connection != self._connection:
            return
        for mid in mids:
            tap.acknowledge(mid)
        tap.flush()

    def publish(self, topic: str, payload: bytes) -> None:
        """See `ports.MessageSource`."""
        if self._is_subscribed:
            self._client.publish(topic, payload, qos=1)

    def disconnect(self) -> None:
        """See `ports.MessageSource`."""
        if self._client.tap is not None:
            self._client.disconnect()
        self._forget_connection()

    def waiting_for(self) -> str | None:
        """See `ports.MessageSource`."""
        return (
            None if self._is_subscribed else f"MQTT broker at {self._mqtt.host}:{self._mqtt.port}"
        )

    def _connect(self, wait_s: float) -> None:
        left_s = self._next_attempt_s - time.monotonic()
        if left_s > 0:
            time.sleep(min(wait_s, left_s))
            return
        self._next_attempt_s = time.monotonic() + next(self._backoff)
        self._give_up_connecting_s = time.monotonic() + CONNACK_TIMEOUT_S
        self._connection += 1
        try:
            self._client.connect(self._mqtt.host, self._mqtt.port, keepalive=self._mqtt.keepalive_s)
        except OSError as error:
            log.debug("MQTT broker not reached", error=str(error))
            self._forget_connection()

    def _wait(self, tap: PacketSocket, wait_s: float, *, is_reading: bool) -> None:
        tap.flush()
        if is_reading and tap.has_unread():
            return
        readers = [tap] if is_reading else []
        writers = [tap] if tap.wants_write() else []
        if readers or writers:
            select.select(readers, writers, [], wait_s)
        else:
            time.sleep(wait_s)

    def _keep_house(self) -> None:
        now_s = time.monotonic()
        if now_s < self._housekeeping_due_s:
            return
        self._housekeeping_due_s = now_s + HOUSEKEEPING_INTERVAL_S
        self._client.loop_misc()
        if not self._is_subscribed and now_s > self._give_up_connecting_s:
            log.warning("the MQTT broker does not answer; connecting again")
            self.disconnect()

    def _forget_connection(self) -> None:
        self._client.tap = None
        self._is_subscribed = False

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error("the MQTT broker refuses us", reason=str(reason))
            return
        log.info("connected to the MQTT broker", session_present=flags.session_present)
        # also when the session is present: its subscriptions may be those of an older program
        client.subscribe([(topic_filter, 1) for topic_filter in self._filters])

    def _on_subscribe(
        self,
        _client: paho.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("the MQTT broker refuses the subscription", filters=list(self._filters))
            return
        self._is_subscribed = True
        self._backoff = backoff_s(most_s=MOST_BACKOFF_S)

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        log.info("disconnected from the MQTT broker", reason=str(reason))
        self._forget_connection()
