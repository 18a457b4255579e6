"""Which message goes over which topic: what the schemas and AsyncAPI are made from."""

from typing import Final, NamedTuple

import msgspec

from backstride_shared.frames import Alert, DeadLetter, EnergyFrame, EventsFrame, StateRecord
from backstride_shared.messages import (
    ClaimAnswerMessage,
    ConsoleClaimMessage,
    ReadingsMessage,
    RefusedMessage,
    StateMessage,
    StoredMessage,
)
from backstride_shared.topics import MQTT_PREFIX, KafkaTopic, MqttKind


class Wire(NamedTuple):
    """One topic: its type, who writes and who reads it.

    `address` has `{gym_id}` and `{treadmill_id}` in it where it is MQTT.
    """

    name: str
    address: str
    message: type[msgspec.Struct]
    protocol: str
    written_by: str
    read_by: str
    is_retained: bool = False

    @property
    def schema_file(self) -> str:
        """Path of its JSON Schema below the folder of contracts."""
        return f"{self.protocol}/{self.name}.schema.json"


def _mqtt(
    kind: MqttKind,
    message: type[msgspec.Struct],
    written_by: str,
    read_by: str,
    *,
    is_retained: bool = False,
) -> Wire:
    address = f"{MQTT_PREFIX}/{{gym_id}}/{{treadmill_id}}/{kind}"
    return Wire(str(kind), address, message, "mqtt", written_by, read_by, is_retained)


def _kafka(topic: KafkaTopic, message: type[msgspec.Struct], written_by: str, read_by: str) -> Wire:
    return Wire(str(topic), str(topic), message, "kafka", written_by, read_by)


WIRES: Final = (
    _mqtt(MqttKind.READINGS, ReadingsMessage, "treadmill", "ingest"),
    _mqtt(MqttKind.STATE, StateMessage, "treadmill", "ingest", is_retained=True),
    _mqtt(MqttKind.CLAIMS, ConsoleClaimMessage, "treadmill", "gateway"),
    _mqtt(MqttKind.ANSWERS, ClaimAnswerMessage, "gateway", "treadmill"),
    _mqtt(MqttKind.STORED, StoredMessage, "recorder", "treadmill", is_retained=True),
    _mqtt(MqttKind.REFUSED, RefusedMessage, "ingest", "treadmill"),
    _kafka(KafkaTopic.TREADMILL_EVENTS, EventsFrame, "ingest, gateway", "processor"),
    _kafka(KafkaTopic.ENERGY, EnergyFrame, "processor", "recorder, gateway"),
    _kafka(KafkaTopic.TREADMILL_STATES, StateRecord, "ingest", "gateway"),
    _kafka(KafkaTopic.ALERTS, Alert, "processor", "whoever wants to be called"),
    _kafka(KafkaTopic.DEAD_LETTERS, DeadLetter, "ingest, processor", "backstride dead-letters"),
)
"""Every topic that carries messages today."""
