"""TypeScript types of the API's models, so that the pages are checked against the API."""

from collections.abc import Iterator
from typing import Any, Final

_HEAD: Final = "// Made from the API's models by `make generated`; do not edit.\n"
_PRIMITIVES: Final = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}


class UntranslatableSchemaError(ValueError):
    """A schema of a kind that the pages have not needed so far."""


def typescript_types(document: dict[str, Any]) -> str:
    """Return one interface for each schema of an OpenAPI document, in the order of their names."""
    schemas = document["components"]["schemas"]
    parts = [_HEAD]
    parts += ["\n".join(_interface(name, schemas[name])) for name in sorted(schemas)]
    return "\n".join(parts)


def _interface(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"export interface {name} {{"
    # what has a default is always there in an answer, and may be left out of a request
    required = set(schema.get("required", ()))
    for field, part in schema.get("properties", {}).items():
        mark = "" if field in required else "?"
        yield f"  {field}{mark}: {_type(part)};"
    yield "}\n"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        inner = _type(schema["items"])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    raise UntranslatableSchemaError(str(schema))
