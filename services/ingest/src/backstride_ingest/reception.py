"""Works out what comes of one MQTT message: an event for the log, records, an answer."""

import hashlib
from typing import Final, NamedTuple

from backstride_ingest import metrics
from backstride_ingest.domain.acceptance import AcceptedTreadmills
from backstride_ingest.domain.readings import decode_readings
from backstride_ingest.domain.refusals import Reason, Reject, reject_message
from backstride_ingest.domain.states import decode_state
from backstride_ingest.ports import Arrival, Record
from backstride_shared.frames import ReadingsEvent, StateRecord, encoder
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.messages import RefusedMessage, json_encoder
from backstride_shared.topics import (
    PARTITION_COUNT,
    KafkaTopic,
    MqttKind,
    UnknownTopicError,
    mqtt_topic,
    parse_mqtt_topic,
)

MAX_KNOWN_TOPICS: Final = 10_000
SKIP_BYTES: Final = 32


class Answer(NamedTuple):
    """A message back to a treadmill."""

    topic: str
    payload: bytes


class Outcome(NamedTuple):
    """What comes of one message.

    `event_bytes` is not less than what readings and skips of `event` take in a frame: JSON is
    longer than MessagePack.
    """

    event: ReadingsEvent | None = None
    event_bytes: int = 0
    partition: int = 0
    records: tuple[Record, ...] = ()
    rejects: tuple[Reject, ...] = ()
    answer: Answer | None = None


class _Sender(NamedTuple):
    """What a topic says; worked out once."""

    treadmill: TreadmillKey | None
    partition: int
    is_state: bool = False
    is_for_others: bool = False
    problem: Reason | None = None
    detail: str = ""


class Reception:
    """Judges messages; remembers nothing but what their topics mean."""

    def __init__(self, accepted: AcceptedTreadmills) -> None:
        self._accepted = accepted
        self._senders: dict[bytes, _Sender] = {}

    def receive(self, arrival: Arrival, received_at_ms: int) -> Outcome:
        """Return what comes of a message that arrived at `received_at_ms`; never raises."""
        sender = self._senders.get(arrival.topic) or self._look_up(arrival.topic)
        if sender.is_for_others:
            return Outcome()
        payload = arrival.payload
        treadmill = sender.treadmill
        if treadmill is None or sender.problem is not None:
            problem = sender.problem or Reason.UNKNOWN_TOPIC
            reject = reject_message(problem, sender.detail, payload, arrival.payload_bytes)
            return _set_aside(arrival, sender, received_at_ms, (reject,))
        if arrival.payload_bytes > len(payload):
            detail = f"{arrival.payload_bytes} bytes are more than a message may have"
            reject = reject_message(
                Reason.UNREADABLE_MESSAGE, detail, payload, arrival.payload_bytes
            )
            return _set_aside(arrival, sender, received_at_ms, (reject,))
        if sender.is_state:
            return _receive_state(arrival, sender, treadmill, received_at_ms)
        event, rejects, refusal = decode_readings(treadmill, payload, received_at_ms)
        if not rejects:
            return Outcome(event, len(payload), sender.partition)
        outcome = _set_aside(arrival, sender, received_at_ms, rejects)
        return outcome._replace(
            event=event,
            event_bytes=len(payload) + SKIP_BYTES * len(rejects),
            answer=None if refusal is None else _refuse(treadmill, payload, refusal),
        )

    def _look_up(self, topic: bytes) -> _Sender:
        if len(self._senders) >= MAX_KNOWN_TOPICS:
            self._senders.clear()
        sender = self._senders[topic] = self._read(topic)
        metrics.KNOWN_TOPICS.set(len(self._senders))
        return sender

    def _read(self, topic: bytes) -> _Sender:
        try:
            address = parse_mqtt_topic(topic.decode())
        except (UnknownTopicError, UnicodeDecodeError) as error:
            return _Sender(None, 0, problem=Reason.UNKNOWN_TOPIC, detail=str(error))
        treadmill, kind = address
        partition = partition_of(treadmill, PARTITION_COUNT)
        if kind not in {MqttKind.READINGS, MqttKind.STATE}:
            # amqtt also gives what nobody subscribed to
            return _Sender(treadmill, partition, is_for_others=True)
        if treadmill not in self._accepted:
            detail = f"{treadmill} is not among the accepted treadmills"
            return _Sender(treadmill, partition, problem=Reason.UNKNOWN_TREADMILL, detail=detail)
        return _Sender(treadmill, partition, is_state=kind is MqttKind.STATE)


def _receive_state(
    arrival: Arrival, sender: _Sender, treadmill: TreadmillKey, received_at_ms: int
) -> Outcome:
    if not arrival.payload:
        # how a retained message is deleted
        return Outcome()
    state = decode_state(treadmill, arrival.payload, received_at_ms)
    if not isinstance(state, StateRecord):
        return _set_aside(arrival, sender, received_at_ms, (state,))
    record = Record(
        KafkaTopic.TREADMILL_STATES, sender.partition, encoder.encode(state), treadmill.encode()
    )
    return Outcome(records=(record,))


def _set_aside(
    arrival: Arrival, sender: _Sender, received_at_ms: int, rejects: tuple[Reject, ...]
) -> Outcome:
    topic = arrival.topic.decode(errors="replace")
    letters = (reject.to_dead_letter(topic, sender.treadmill, received_at_ms) for reject in rejects)
    records = tuple(
        Record(KafkaTopic.DEAD_LETTERS, sender.partition, encoder.encode(letter))
        for letter in letters
    )
    return Outcome(partition=sender.partition, records=records, rejects=rejects)


def _refuse(treadmill: TreadmillKey, payload: bytes, reason: str) -> Answer:
    message = RefusedMessage(payload_sha256=hashlib.sha256(payload).hexdigest(), reason=reason)
    return Answer(mqtt_topic(treadmill, MqttKind.REFUSED), json_encoder.encode(message))
