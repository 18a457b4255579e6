"""Messages of released wire versions must be readable for ever."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from backstride_shared import frames
from backstride_shared.contracts.schemas import schema_files
from backstride_shared.contracts.wire import WIRES
from backstride_shared.fold.state import StateVersionError, decode_state
from backstride_shared.messages import (
    ClaimAnswerMessage,
    ConsoleClaimMessage,
    ReadingsMessage,
    RefusedMessage,
    StateMessage,
    StoredMessage,
)

GOLDEN = Path(__file__).parents[2] / "golden"
MQTT = sorted((GOLDEN / "mqtt-v1").glob("*.json"))
KAFKA = sorted((GOLDEN / "kafka-v1").glob("*.hex"))
MQTT_TYPES: dict[str, type[msgspec.Struct]] = {
    "readings": ReadingsMessage,
    "state": StateMessage,
    "stored": StoredMessage,
    "refused": RefusedMessage,
    "claims": ConsoleClaimMessage,
    "answers": ClaimAnswerMessage,
}
KAFKA_DECODERS: dict[str, msgspec.msgpack.Decoder[Any]] = {
    "treadmill-events-frame": frames.events_decoder,
    "treadmill-events-correction": frames.events_decoder,
    "treadmill-events-erasure": frames.events_decoder,
    "energy-frame": frames.energy_decoder,
    "energy-erased": frames.energy_decoder,
    "energy-corrected": frames.energy_decoder,
    "treadmill-states-birth": frames.state_decoder,
    "treadmill-states-last-will": frames.state_decoder,
    "alert": frames.alert_decoder,
    "alert-recovery": frames.alert_decoder,
    "dead-letter": frames.dead_letter_decoder,
}


def kind_of(path: Path) -> str:
    return path.stem.partition("-")[0]


def as_json(message: object) -> Any:  # noqa: ANN401  JSON of any kind
    """Return a message as its golden JSON says it: bytes as hexadecimal."""
    builtins = msgspec.to_builtins(message, builtin_types=(bytes,))
    return json.loads(json.dumps(builtins, default=lambda data: {"hex": data.hex()}))


def says_all_of(decoded: Any, golden: Any) -> bool:  # noqa: ANN401  JSON of any kind
    """Tell whether nothing of `golden` got lost; fields that came later may follow."""
    if isinstance(golden, list):
        return (
            isinstance(decoded, list)
            and len(decoded) >= len(golden)
            and all(map(says_all_of, decoded, golden))
        )
    if isinstance(golden, dict):
        return isinstance(decoded, dict) and all(
            name in decoded and says_all_of(decoded[name], value) for name, value in golden.items()
        )
    return bool(decoded == golden)


@pytest.mark.parametrize("path", MQTT, ids=lambda path: path.stem)
def test_a_payload_of_mqtt_v1_is_understood_in_full(path: Path) -> None:
    payload = path.read_bytes()
    decoded = as_json(msgspec.json.decode(payload, type=MQTT_TYPES[kind_of(path)]))
    golden = json.loads(payload)

    if path.stem == "readings-with-fields-of-the-future":
        # ignored, and the rest is kept
        del golden["session_hint"], golden["readings"][0]["belt_load_n"]
    without_empty = json.loads(json.dumps(golden), object_hook=_without_nulls_and_defaults)
    assert says_all_of(decoded, without_empty)


def _without_nulls_and_defaults(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an encoder of ours would leave out too."""
    defaults: dict[str, object] = {"grade_percent": 0.0, "is_emergency_stop": False}
    return {
        name: value
        for name, value in fields.items()
        if value is not None and not (name in defaults and value == defaults[name])
    }


@pytest.mark.parametrize("path", KAFKA, ids=lambda path: path.stem)
def test_a_record_of_kafka_v1_is_understood_in_full(path: Path) -> None:
    data = bytes.fromhex(path.read_text(encoding="utf-8"))
    golden = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))

    if path.stem == "treadmill-state":
        try:
            decoded = as_json(decode_state(data))
        except StateVersionError:
            return  # a later version rebuilds the state from the stores
    else:
        decoded = as_json(KAFKA_DECODERS[path.stem].decode(data))

    assert says_all_of(decoded, golden)


@pytest.mark.parametrize("path", MQTT, ids=lambda path: path.stem)
def test_the_schema_accepts_what_the_program_accepts(path: Path) -> None:
    schema = schema_files()[f"mqtt/{kind_of(path)}.schema.json"]

    Draft202012Validator(schema).validate(json.loads(path.read_bytes()))


def test_there_is_a_golden_message_of_every_topic() -> None:
    assert {kind_of(path) for path in MQTT} == {
        wire.name for wire in WIRES if wire.protocol == "mqtt"
    }
    assert {path.stem for path in KAFKA} == {*KAFKA_DECODERS, "treadmill-state"}
    assert {decoder.type for decoder in KAFKA_DECODERS.values()} == {
        wire.message for wire in WIRES if wire.protocol == "kafka"
    }
