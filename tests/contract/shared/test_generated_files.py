"""What is generated is in the repository, says what the code does, and is what it claims to be."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from backstride_shared import frames
from backstride_shared.contracts.asyncapi import asyncapi_document
from backstride_shared.contracts.schemas import schema_files
from backstride_shared.contracts.settings import env_example, programs, variables
from backstride_shared.contracts.wire import WIRES
from backstride_shared.generate import main, stale_files, write_files
from backstride_shared.messages import json_encoder
from backstride_shared.settings import known_variables, read_settings
from tests.factories.events import claim, message, run_of
from tests.factories.mqtt_payloads import raw_reading, readings_payload

ROOT = Path(__file__).parents[3]


def test_the_generated_files_are_up_to_date() -> None:
    assert stale_files(ROOT) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "pyproject.toml").touch()
    return tmp_path


def test_what_is_written_is_up_to_date(repository: Path) -> None:
    assert main(["--root", str(repository), "--check"]) == 1
    assert main(["--root", str(repository)]) == 0
    assert main(["--root", str(repository), "--check"]) == 0


def test_a_changed_file_is_named_and_a_forgotten_one_goes(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(repository)
    changed = repository / "docs" / "settings.md"
    changed.write_text("changed by hand", encoding="utf-8")
    forgotten = repository / "docs" / "contracts" / "mqtt" / "old.schema.json"
    forgotten.write_text("{}", encoding="utf-8")
    capsys.readouterr()

    assert main(["--root", str(repository), "--check"]) == 1
    named = capsys.readouterr().err
    assert "docs/settings.md is not up to date" in named
    assert "docs/contracts/mqtt/old.schema.json is not up to date" in named

    write_files(repository)
    assert not forgotten.exists()
    assert "changed by hand" not in changed.read_text(encoding="utf-8")


def test_another_folder_is_refused(tmp_path: Path) -> None:
    assert main(["--root", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", schema_files())
def test_a_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema_files()[name])


@pytest.mark.parametrize(
    "bad",
    [
        raw_reading(1, speed_m_per_s=8.1),
        raw_reading(1, speed_m_per_s=-1),
        raw_reading(1, grade_percent=46),
        raw_reading(1, heart_rate_bpm=20),
        raw_reading(0),
        raw_reading(1, direction="sideways"),
    ],
)
def test_the_schema_of_readings_refuses_what_ingest_refuses(bad: dict[str, Any]) -> None:
    schema = Draft202012Validator(schema_files()["mqtt/readings.schema.json"])

    assert schema.is_valid(json.loads(readings_payload(raw_reading(1))))
    assert not schema.is_valid(json.loads(readings_payload(bad)))


def test_the_schema_of_frames_names_the_fields_in_their_order() -> None:
    frame = frames.EventsFrame(
        frames.FRAME_VERSION,
        [message(run_of(1, 2, 0)), frames.ClaimEvent("gym/treadmill", claim("c", 0))],
    )
    schema = schema_files()["kafka/treadmill-events.v1.schema.json"]

    Draft202012Validator(schema).validate(json.loads(json_encoder.encode(frame)))
    titles = [item["title"] for item in schema["$defs"]["ReadingsEvent"]["prefixItems"]]
    assert titles[:4] == ["type", "treadmill", "device_id", "boot_id"]


def references(node: Any) -> Iterator[str]:  # noqa: ANN401  JSON of any kind
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    document = asyncapi_document()

    found = list(references(document))
    for reference in found:
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    assert len(found) > len(WIRES)
    assert {channel["address"] for channel in document["channels"].values()} == {
        wire.address for wire in WIRES
    }


def services_with_settings() -> list[str]:
    names = (
        path.parent.name.removeprefix("backstride_")
        for path in ROOT.glob("services/*/src/backstride_*/settings.py")
    )
    # `backstride run` sets what its embedded servers read; no operator does
    return sorted(set(names) - {"standalone"})


@pytest.mark.parametrize("service", services_with_settings())
def test_every_program_for_operators_has_its_settings_in_the_tables(service: str) -> None:
    module = importlib.import_module(f"backstride_{service}.settings")

    assert programs()[service] is getattr(module, f"{service.capitalize()}Settings")


@pytest.mark.parametrize("program", programs())
def test_every_setting_says_what_it_means(program: str) -> None:
    settings_type = programs()[program]
    rows = list(variables(settings_type))

    assert [row.name for row in rows] == list(known_variables(settings_type))
    assert [row.name for row in rows if not row.meaning] == []


@pytest.mark.parametrize("program", programs())
def test_the_defaults_in_the_example_are_those_of_the_program(program: str) -> None:
    settings_type = programs()[program]
    required = {
        row.name: "sqlite:///x.db" for row in variables(settings_type) if row.default is None
    }
    given = {row.name: row.default for row in variables(settings_type) if row.default is not None}
    text = env_example()

    plain = read_settings(settings_type, required)
    spelt_out = read_settings(
        settings_type, required | {name: value for name, value in given.items() if value}
    )

    assert spelt_out == plain
    assert all(f"{name}={value}" in text for name, value in given.items())


def test_no_secret_has_a_default() -> None:
    secrets = [
        row for program in programs().values() for row in variables(program) if row.is_secret
    ]

    assert secrets
    assert {row.default for row in secrets} <= {"", None}
