"""One treadmill's connection over paho, as a `Link`.

A paho client lives for one connection: nothing of an old connection reaches into a new one, and
what was on its way is sent again by the outbox's rules, not by paho's.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from socket import SHUT_RDWR, socket

import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from backstride_controller.ports import (
    Acknowledged,
    LinkDown,
    LinkDownError,
    LinkEvent,
    LinkUp,
    Received,
)
from backstride_shared.identity import TreadmillKey
from backstride_shared.lifecycle import backoff_s
from backstride_shared.mqtt_client import LastWill, build_mqtt_client
from backstride_shared.settings import MqttBlock
from backstride_shared.topics import MqttKind, UnknownTopicError, mqtt_topic, parse_mqtt_topic

log = structlog.get_logger()

MOST_UNACKNOWLEDGED = 20
"""Messages on their way on one connection: what brokers take without queueing by default."""
_SUBSCRIPTIONS = (MqttKind.STORED, MqttKind.REFUSED, MqttKind.ANSWERS)


class PahoLink:
    """One treadmill's connection; `PahoNetwork.add` makes it and does its work."""

    def __init__(
        self,
        number: int,
        treadmill: TreadmillKey,
        client_id: str,
        will: bytes,
        events: deque[LinkEvent],
        stuffed: set[int],
    ) -> None:
        """Start disconnected; what happens is appended to `events`.

        The link's number is put into `stuffed` when its socket takes no more for now.
        """
        self.number = number
        self.treadmill = treadmill
        self.client: Client | None = None
        self.is_up = False
        self.is_lost = False
        """Set by callbacks: the connection is of no more use."""
        self.give_up_at_s = 0.0
        self.away_s = 0.0
        self._client_id = client_id
        self._will = will
        self._events = events
        self._stuffed = stuffed
        self._topics = {kind: mqtt_topic(treadmill, kind) for kind in MqttKind}
        self._tokens: set[int] = set()
        self._subscribe_mid: int | None = None
        self._waits_s: Iterator[float] = backoff_s()

    @property
    def unacknowledged(self) -> int:
        """Messages handed over which the broker has not acknowledged."""
        return len(self._tokens)

    @property
    def has_room(self) -> bool:
        """Whether a message can be handed over: connected, and not too much on its way."""
        return self.is_up and len(self._tokens) < MOST_UNACKNOWLEDGED

    def set_will(self, payload: bytes) -> None:
        """Give the `state` that the broker publishes when the next connection breaks."""
        self._will = payload

    def publish(self, kind: MqttKind, payload: bytes, *, is_retained: bool = False) -> int:
        """Hand a message over, QoS 1, and return its token."""
        if self.client is None or not self.has_room:
            raise LinkDownError(self.treadmill)
        info = self.client.publish(self._topics[kind], payload, qos=1, retain=is_retained)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkDownError(f"{self.treadmill}: {info.rc.name}")
        self._tokens.add(info.mid)
        if self.client.want_write():
            self._stuffed.add(self.number)
        return info.mid

    def drop(self, away_s: float = 0.0) -> None:
        """Lose the connection without a goodbye, and do not connect again for `away_s`."""
        self.away_s = max(self.away_s, away_s)
        if self.client is not None:
            _shut(self.client)

    def new_client(self, mqtt: MqttBlock) -> Client:
        """Return a client for the next connection, with the will as it is now."""
        return build_mqtt_client(
            mqtt,
            self._client_id,
            clean_session=True,
            will=LastWill(self._topics[MqttKind.STATE], self._will),
            max_inflight_messages=MOST_UNACKNOWLEDGED,
        )

    def adopt(self, client: Client, on_socket_close: Callable[[int], None]) -> None:
        """Take a client that has just connected its socket; the broker's answers come later."""
        self.client, self.is_lost = client, False
        # callbacks only take notes: paho holds a lock while they run
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_socket_close = lambda _client, _data, sock: on_socket_close(sock.fileno())

    def let_go(self, reason: str) -> None:
        """End the connection at once, whatever is on its way."""
        client, self.client = self.client, None
        was_up, self.is_up = self.is_up, False
        self._tokens.clear()
        if client is not None:
            client.on_publish = client.on_message = client.on_disconnect = None
            close_client(client)
        if was_up:
            self._events.append(LinkDown(self.number, reason))

    def next_wait_s(self) -> float:
        """Return how long to wait before the next try to connect."""
        away_s, self.away_s = self.away_s, 0.0
        return max(away_s, next(self._waits_s))

    # callbacks: the rest of their arguments is MQTT 5's

    def _on_connect(
        self, client: Client, _data: object, _flags: object, code: ReasonCode, *_: object
    ) -> None:
        if code.is_failure:
            log.warning("broker refuses us", treadmill=self.treadmill, reason=str(code))
            self.is_lost = True
            return
        self._subscribe_mid = client.subscribe([(self._topics[k], 1) for k in _SUBSCRIPTIONS])[1]

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, codes: list[ReasonCode], *_: object
    ) -> None:
        if any(code.is_failure for code in codes):
            log.warning("broker refuses our subscription", treadmill=self.treadmill)
            self.is_lost = True
        elif mid == self._subscribe_mid:
            self.is_up = True
            self._waits_s = backoff_s()
            self._events.append(LinkUp(self.number))

    def _on_publish(self, _client: Client, _data: object, mid: int, *_: object) -> None:
        self._tokens.discard(mid)
        self._events.append(Acknowledged(self.number, mid))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with contextlib.suppress(UnknownTopicError):
            kind = parse_mqtt_topic(message.topic).kind
            self._events.append(Received(self.number, kind, bytes(message.payload)))

    def _on_disconnect(self, *_: object) -> None:
        self.is_lost = True


def close_client(client: Client) -> None:
    """End a client's connection at once; harmless when it has none."""
    _shut(client)
    while client.socket() is not None:
        # paho reads what came before, finds the end and closes the socket itself
        client.loop_read()


def _shut(client: Client) -> None:
    sock = client.socket()
    if isinstance(sock, socket):
        with contextlib.suppress(OSError):
            sock.shutdown(SHUT_RDWR)
