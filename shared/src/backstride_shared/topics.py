"""Names of MQTT and Kafka topics: their one home."""

from enum import StrEnum
from typing import Final, NamedTuple

from backstride_shared.identity import InvalidIdentifierError, TreadmillKey, treadmill_key

MQTT_VERSION: Final = "v1"
MQTT_ROOT: Final = "backstride"
MQTT_PREFIX: Final = f"{MQTT_ROOT}/{MQTT_VERSION}"


class MqttKind(StrEnum):
    """The last level of a treadmill's MQTT topics."""

    READINGS = "readings"
    STATE = "state"
    CLAIMS = "claims"
    STORED = "stored"
    REFUSED = "refused"
    ANSWERS = "answers"


class MqttAddress(NamedTuple):
    """A parsed MQTT topic."""

    treadmill: TreadmillKey
    kind: MqttKind


class UnknownTopicError(ValueError):
    """An MQTT topic that is not one of ours, or of another version."""


def mqtt_topic(treadmill: TreadmillKey, kind: MqttKind) -> str:
    """Return the topic of one treadmill."""
    return f"{MQTT_PREFIX}/{treadmill}/{kind}"


def mqtt_filter(kind: MqttKind, gym_id: str = "+", version: str = MQTT_VERSION) -> str:
    """Return the filter for one kind of message of every treadmill, or of one gym's.

    `version` "+" takes messages of other versions too.
    """
    return f"{MQTT_ROOT}/{version}/{gym_id}/+/{kind}"


def parse_mqtt_topic(topic: str) -> MqttAddress:
    """Return whose and what kind of message a topic carries.

    Raises:
        UnknownTopicError: for another prefix, version, depth, kind or a malformed identifier.

    """
    levels = topic.split("/")
    if len(levels) != 5 or levels[0] != MQTT_ROOT:  # noqa: PLR2004  prefix, version, gym, treadmill, kind
        message = f"topic {topic!r} is not {MQTT_PREFIX}/<gym_id>/<treadmill_id>/<kind>"
        raise UnknownTopicError(message)
    if levels[1] != MQTT_VERSION:
        message = f"topic {topic!r} is of version {levels[1]!r}, known is {MQTT_VERSION!r}"
        raise UnknownTopicError(message)
    try:
        return MqttAddress(treadmill_key(levels[2], levels[3]), MqttKind(levels[4]))
    except (InvalidIdentifierError, ValueError) as error:
        raise UnknownTopicError(str(error)) from error


class KafkaTopic(StrEnum):
    """Kafka's topics; each is partitioned by treadmill with the same count."""

    TREADMILL_EVENTS = "treadmill-events.v1"
    ENERGY = "energy.v1"
    TREADMILL_STATES = "treadmill-states.v1"
    ALERTS = "alerts.v1"
    DEAD_LETTERS = "dead-letters.v1"


PARTITION_COUNT: Final = 4
"""Partitions of every topic, fixed for ever: a treadmill's log must never move.

Four is what librdkafka's in-process broker gives a topic that it makes on demand, and lets four
processors share a gym chain: some 100 000 readings a second, when a gym of 50 treadmills has 200.
"""

PROCESSOR_GROUP: Final = "backstride-processor"
RECORDER_GROUP: Final = "backstride-recorder"
CHANGELOG_TOPIC: Final = f"{PROCESSOR_GROUP}-treadmills-changelog"
"""Compacted topic of the processor's table, named as Faust derives it from app id and table."""
