"""Tables of what each program reads from its environment, and `.env.example`.

A service registers its settings class as an entry point in the group `backstride.settings`; so
this package learns of the services without knowing them.
"""

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Final, NamedTuple, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from backstride_shared.settings import DELIMITER, PREFIX, ServiceSettings

GROUP: Final = "backstride.settings"


class Variable(NamedTuple):
    """One environment variable: what it may be and what it means.

    `default` is None when the variable must be set, "" when it may be left out.
    """

    name: str
    kind: str
    default: str | None
    meaning: str
    is_secret: bool


def programs() -> dict[str, type[ServiceSettings]]:
    """Return the settings class of each installed program, by the program's name."""
    found = {entry.name: entry.load() for entry in entry_points(group=GROUP)}
    return dict(sorted(found.items()))


def variables(
    settings_type: type[BaseModel], prefix: str = PREFIX, *, is_required: bool = True
) -> Iterator[Variable]:
    """Yield what a settings class reads, in the order in which it says it.

    `is_required` False: the block itself may be left out, so nothing in it must be set.
    """
    for name, field in settings_type.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from variables(
                annotation, f"{variable}{DELIMITER}", is_required=field.is_required()
            )
        else:
            yield _variable(variable, field, is_required=is_required)


def settings_page() -> str:
    """Return docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Written by `make generated` from the settings classes; do not edit.",
        "Every program reads its settings from environment variables, once, at its start.",
        "All problems are told at once; a variable that no program knows is a problem too.",
        "A variable marked as secret may be given as a file instead: append `_FILE` to its name.",
    ]
    for program, settings_type in programs().items():
        lines += ["", f"## {program}", ""]
        lines += ["| variable | value | default | meaning |", "|---|---|---|---|"]
        lines += [_row(variable) for variable in variables(settings_type)]
    return "\n".join(lines) + "\n"


def env_example() -> str:
    """Return .env.example: every variable once, with the programs that read it."""
    known: dict[str, Variable] = {}
    readers: dict[str, list[str]] = {}
    for program, settings_type in programs().items():
        for variable in variables(settings_type):
            known.setdefault(variable.name, variable)
            readers.setdefault(variable.name, []).append(program)
    lines = [
        "# Every setting with its default; written by `make generated`, do not edit.",
        "# Copy it to .env and take away the # where you want something else.",
    ]
    for name in sorted(known):
        variable = known[name]
        must = "; must be set" if variable.default is None else ""
        lines += ["", f"# {variable.meaning} ({variable.kind}){must}"]
        lines += [f"# read by: {', '.join(readers[name])}"]
        lines += [f"{'' if variable.default is None else '# '}{name}={variable.default or ''}"]
    return "\n".join(lines) + "\n"


def _row(variable: Variable) -> str:
    default = "must be set" if variable.default is None else f"`{variable.default}`"
    kind = f"{variable.kind}, secret" if variable.is_secret else variable.kind
    cells = (f"`{variable.name}`", kind, default if default != "``" else "", variable.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _variable(name: str, field: FieldInfo, *, is_required: bool) -> Variable:
    default: str | None
    if field.is_required():
        default = None if is_required else ""
    else:
        value = field.get_default(call_default_factory=True, validated_data={})
        default = "" if value is None else _text(value)
    is_secret = SecretStr in {field.annotation, *get_args(field.annotation)}
    return Variable(name, _kind(field), default, field.description or "", is_secret)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(field: FieldInfo) -> str:
    """Return what the value may be, in words: `int, 1 to 20` or `auto | console | json`."""
    options = [part for part in get_args(field.annotation) if part is not type(None)]
    if options and all(isinstance(option, str) for option in options):
        return " | ".join(options)
    kinds = options or [field.annotation]
    words = " | ".join(
        "text" if kind in (str, SecretStr) else getattr(kind, "__name__", str(kind)).lower()
        for kind in kinds
    )
    return f"{words}{_limits(field)}"


def _limits(field: FieldInfo) -> str:
    # what `ge` and `le` of Field become: objects with that one attribute
    least = [f"{limit.ge}" for limit in field.metadata if hasattr(limit, "ge")]
    most = [f"{limit.le}" for limit in field.metadata if hasattr(limit, "le")]
    if least and most:
        return f", {least[0]} to {most[0]}"
    if least:
        return f", at least {least[0]}"
    return f", at most {most[0]}" if most else ""
