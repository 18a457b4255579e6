"""JSON Schemas of the messages, made from their types."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

import msgspec

from backstride_shared import messages
from backstride_shared.contracts.wire import WIRES

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, or a part of one, as JSON has it."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# What ingest checks reading by reading, so that one bad reading does not take its message along:
# the types do not say it, but who writes a device must know it.
_READING_RANGES: Final = {
    "speed_m_per_s": (0.0, messages.MAX_SPEED_M_PER_S),
    "grade_percent": (-messages.MAX_GRADE_PERCENT, messages.MAX_GRADE_PERCENT),
    "heart_rate_bpm": (messages.MIN_HEART_RATE_BPM, messages.MAX_HEART_RATE_BPM),
}


def components(
    types: Iterable[type[msgspec.Struct]], ref_template: str
) -> tuple[list[Schema], dict[str, Schema]]:
    """Return a reference for each type, and the definitions that they refer to, by name."""
    wanted = list(types)
    references, definitions = msgspec.json.schema_components(wanted, ref_template=ref_template)
    structs = {struct.cls.__name__: struct for struct in _structs(wanted)}
    for name, definition in definitions.items():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
        struct = structs.get(name)
        if struct is not None and definition["type"] == "array":
            _name_items(definition, struct)
    if "Reading" in definitions:
        _add_ranges(definitions["Reading"])
    return list(references), definitions


def schema_files() -> dict[str, Schema]:
    """Return the schema of each topic's messages, by its path below the folder of contracts."""
    files = {}
    for wire in WIRES:
        (reference,), definitions = components([wire.message], "#/$defs/{name}")
        files[wire.schema_file] = {
            "$schema": DIALECT,
            "title": f"{wire.address}",
            **reference,
            "$defs": dict(sorted(definitions.items())),
        }
    return files


def _structs(types: Iterable[type[msgspec.Struct]]) -> Iterator[msgspec.inspect.StructType]:
    """Yield the given structs and all inside them, each once."""
    seen: set[type] = set()
    ahead: list[msgspec.inspect.Type] = list(msgspec.inspect.multi_type_info(types))
    while ahead:
        node = ahead.pop()
        if isinstance(node, msgspec.inspect.StructType):
            if node.cls in seen:
                continue
            seen.add(node.cls)
            yield node
            ahead += [field.type for field in node.fields]
        elif isinstance(node, msgspec.inspect.UnionType):
            ahead += node.types
        elif isinstance(node, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            ahead.append(node.item_type)
        elif isinstance(node, msgspec.inspect.TupleType):
            ahead += node.item_types
        elif isinstance(node, msgspec.inspect.DictType):
            ahead.append(node.value_type)


def _name_items(definition: Schema, struct: msgspec.inspect.StructType) -> None:
    """Say which field stands at which place of an array."""
    names = [field.encode_name for field in struct.fields]
    if struct.tag is not None:
        names.insert(0, "type")
    definition["prefixItems"] = [
        {"title": name, **item} for name, item in zip(names, definition["prefixItems"], strict=True)
    ]


def _add_ranges(reading: Schema) -> None:
    for name, (least, most) in _READING_RANGES.items():
        schema = reading["properties"][name]
        for part in schema.get("anyOf", [schema]):
            if part["type"] == "number":
                part["minimum"], part["maximum"] = least, most
