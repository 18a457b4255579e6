"""AsyncAPI 3.0 of everything that goes over MQTT and Kafka."""

from typing import Any, Final

from backstride_shared.contracts.schemas import Schema, components
from backstride_shared.contracts.wire import WIRES, Wire
from backstride_shared.identity import ID_PATTERN
from backstride_shared.topics import MQTT_VERSION, PARTITION_COUNT

ASYNCAPI_VERSION: Final = "3.0.0"
_CONTENT_TYPES: Final = {"mqtt": "application/json", "kafka": "application/msgpack"}
_PARAMETERS: Final = {
    "gym_id": {"description": f"Identifier of the gym, {ID_PATTERN}"},
    "treadmill_id": {"description": f"Identifier of the treadmill in its gym, {ID_PATTERN}"},
}


def asyncapi_document() -> dict[str, Any]:
    """Return the document: channels, operations and messages; addresses are examples."""
    references, definitions = components(
        [wire.message for wire in WIRES], "#/components/schemas/{name}"
    )
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Backstride",
            "version": MQTT_VERSION.removeprefix("v") + ".0.0",
            "license": {"name": "Apache-2.0"},
            "description": (
                "What treadmills say over MQTT, and what programs say to each other over Kafka. "
                "Times are milliseconds since 1970 UTC, units are in the names. "
                "Unknown fields are ignored; new fields are optional. "
                f"Kafka's topics have {PARTITION_COUNT} partitions; the partition is the CRC-32 of "
                "gym_id/treadmill_id modulo their number. "
                "Kafka's records are MessagePack; where a schema says array, the fields stand in "
                "that order."
            ),
        },
        "servers": {
            "mqtt": {"host": "localhost:1883", "protocol": "mqtt", "protocolVersion": "3.1.1"},
            "kafka": {"host": "localhost:9092", "protocol": "kafka"},
        },
        "channels": {_channel_id(wire): _channel(wire) for wire in WIRES},
        "operations": {
            f"{verb}-{_channel_id(wire)}": _operation(wire, action, verb, programs)
            for wire in WIRES
            for verb, action, programs in (
                ("write", "send", wire.written_by),
                ("read", "receive", wire.read_by),
            )
        },
        "components": {
            "messages": {
                _channel_id(wire): _message(wire, reference)
                for wire, reference in zip(WIRES, references, strict=True)
            },
            "schemas": dict(sorted(definitions.items())),
        },
    }


def _channel_id(wire: Wire) -> str:
    return f"{wire.protocol}-{wire.name.replace('.', '-')}"


def _channel(wire: Wire) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": wire.address,
        "servers": [{"$ref": f"#/servers/{wire.protocol}"}],
        "messages": {"message": {"$ref": f"#/components/messages/{_channel_id(wire)}"}},
    }
    if wire.protocol == "mqtt":
        channel["parameters"] = _PARAMETERS
    else:
        channel["bindings"] = {"kafka": {"topic": wire.address, "partitions": PARTITION_COUNT}}
    return channel


def _operation(wire: Wire, action: str, verb: str, programs: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{_channel_id(wire)}"},
        "summary": f"{verb} by: {programs}".capitalize(),
    }
    if wire.protocol == "mqtt":
        operation["bindings"] = {"mqtt": {"qos": 1, "retain": wire.is_retained}}
    return operation


def _message(wire: Wire, reference: Schema) -> dict[str, Any]:
    return {
        "name": wire.message.__name__,
        "contentType": _CONTENT_TYPES[wire.protocol],
        "payload": reference,
    }
