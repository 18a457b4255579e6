"""The boards, rules and provisioning files as data."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.grafana.alert_rules import rules
from infra.grafana.dashboards import boards, stale_files
from infra.grafana.panels import INFLUXDB, POSTGRES, PROMETHEUS
from tests.repository import ROOT, services

BOARDS = boards()
PROVISIONING = ROOT / "infra/grafana/provisioning"
# what every Python program tells without being asked, and what Prometheus adds
OF_LIBRARIES = {"process_resident_memory_bytes", "process_cpu_seconds_total", "up"}
_METRIC = re.compile(r"\b(?:backstride|process)_[a-z_]+|\bup\b")
# a program's metrics appear when it is imported; one child process for each, since they share names
_LIST_METRICS = """
import sys, importlib
from prometheus_client import REGISTRY
importlib.import_module(sys.argv[1])
for family in REGISTRY.collect():
    ending = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    print(*(family.name + end for end in ending.get(family.type, [""])))
"""


def provisioned(name: str) -> Any:  # noqa: ANN401  a document of Grafana's
    return yaml.safe_load((PROVISIONING / name).read_text(encoding="utf-8"))


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            yield f"{name}: {panel['title']}", panel


def expressions() -> Iterator[str]:
    """Yield what the boards and rules ask Prometheus."""
    for _, panel in panels():
        if panel["datasource"]["uid"] == PROMETHEUS.uid:
            yield from (target["expr"] for target in panel["targets"])
    for group in rules()["groups"]:
        for rule in group["rules"]:
            yield rule["data"][0]["model"].get("expr", "")


def test_the_files_are_what_the_code_says() -> None:
    assert stale_files() == []


def test_every_panel_and_each_of_its_queries_name_one_datasource() -> None:
    known = {str(source.uid) for source in (INFLUXDB, POSTGRES, PROMETHEUS)}
    for name, panel in panels():
        assert panel["datasource"]["uid"] in known, name
        assert panel["targets"], name
        for target in panel["targets"]:
            # the SDK's own queries take the panel's
            assert target.get("datasource", panel["datasource"]) == panel["datasource"], name


def test_datasources_have_the_uids_and_types_that_panels_name() -> None:
    given = {
        (one["uid"], one["type"])
        for one in provisioned("datasources/backstride.yaml")["datasources"]
    }

    assert given == {(one.uid, one.type_val) for one in (INFLUXDB, POSTGRES, PROMETHEUS)}


def test_no_secret_stands_in_a_provisioning_file() -> None:
    for source in provisioned("datasources/backstride.yaml")["datasources"]:
        secrets = source.get("secureJsonData", {})
        assert all(value.startswith("$__file{/run/secrets/") for value in secrets.values())


def test_uids_are_unique_and_nothing_waits_for_an_import_by_hand() -> None:
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)
    for path in (ROOT / "infra/grafana/generated").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert "__inputs" not in text
        assert "${DS_" not in text


def test_panels_do_not_lie_upon_each_other() -> None:
    for name, board in BOARDS.items():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken, f"{name}: {panel['title']}"
            assert at["x"] + at["w"] <= 24
            taken |= cells


def test_rules_go_to_a_contact_point_that_exists_and_ask_known_datasources() -> None:
    contact = provisioned("alerting/contact.yaml")
    assert contact["policies"][0]["receiver"] in {one["name"] for one in contact["contactPoints"]}
    url = contact["contactPoints"][0]["receivers"][0]["settings"]["url"]
    assert url == "$ALERT_WEBHOOK_URL"
    uids = [rule["uid"] for group in rules()["groups"] for rule in group["rules"]]
    assert len(set(uids)) == len(uids)
    for group in rules()["groups"]:
        for rule in group["rules"]:
            assert rule["condition"] in {step["refId"] for step in rule["data"]}
            assert rule["data"][0]["datasourceUid"] in {POSTGRES.uid, PROMETHEUS.uid}


def test_every_alert_has_a_line_that_tells_what_to_do() -> None:
    told = (ROOT / "infra/README.md").read_text(encoding="utf-8")
    for group in rules()["groups"]:
        for rule in group["rules"]:
            assert f"| {rule['title']} | " in told


def test_every_metric_that_is_asked_for_exists() -> None:
    known = set(OF_LIBRARIES)
    for service in services():
        if service.name == "standalone":
            continue
        listing = subprocess.run(
            [sys.executable, "-c", _LIST_METRICS, f"backstride_{service.name}.main"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        known |= set(listing.stdout.split())
    asked = {metric for text in expressions() for metric in _METRIC.findall(text)}

    assert asked - known == set()


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_board_is_found_by_its_tag(name: str) -> None:
    assert BOARDS[name]["tags"] == ["backstride"]
    assert BOARDS[name]["uid"] == f"backstride-{name}"
