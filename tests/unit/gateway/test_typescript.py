import pytest

from backstride_gateway.api.typescript import UntranslatableSchemaError, typescript_types


def types_of(properties: dict[str, object], required: list[str]) -> str:
    schema = {"type": "object", "properties": properties, "required": required}
    return typescript_types({"components": {"schemas": {"Thing": schema}}})


def test_each_kind_of_field_is_translated() -> None:
    text = types_of(
        {
            "name": {"type": "string"},
            "count": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "kind": {"enum": ["a", "b"], "type": "string"},
            "others": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
        },
        ["name", "count"],
    )
    assert "export interface Thing {" in text
    assert "  name: string;" in text
    assert "  count: number | null;" in text
    assert '  kind?: "a" | "b";' in text
    assert "  others?: Thing[];" in text


def test_a_kind_that_nobody_needed_yet_is_refused() -> None:
    with pytest.raises(UntranslatableSchemaError):
        types_of({"odd": {"type": "object"}}, [])
