"""docker-compose.yml and the Dockerfiles as data: what no container has to be started for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from backstride_shared.contracts.settings import programs
from backstride_shared.settings import ServiceSettings, known_variables, read_settings
from backstride_shared.store.__main__ import MigrationSettings
from tests.contract.compose.compose_file import (
    PATH,
    Service,
    document,
    is_one_shot,
    mounts,
    secret_targets,
    services,
    variables,
)
from tests.repository import ROOT
from tests.repository import services as packages

SERVICES = services()
PROGRAMS: dict[str, type[ServiceSettings]] = {**programs(), "migrate": MigrationSettings}
OURS = sorted(set(SERVICES) & set(PROGRAMS))
IMAGED = sorted(package.name for package in packages() if package.name != "standalone")
SECRET_VALUE = "a-value-of-a-secret-in-a-test"
DATABASE_URL = "postgresql://user:password@postgres/backstride"

every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_it_is_what_the_specification_of_compose_says() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", PATH],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_of_our_services_is_there_under_its_own_name() -> None:
    assert set(IMAGED) <= set(SERVICES)
    for name in IMAGED:
        build = SERVICES[name]["build"]
        assert build["dockerfile"] == f"services/{name}/Dockerfile"
        assert (ROOT / build["dockerfile"]).is_file()


def test_each_set_up_program_runs_before_those_who_need_it() -> None:
    assert {name for name in PROGRAMS if name not in SERVICES} == set()
    waited_for = {
        name
        for service in SERVICES.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    one_shots = {name for name, service in SERVICES.items() if is_one_shot(service)}

    assert waited_for == one_shots


@every_service
def test_nothing_is_named_that_is_not_there(name: str) -> None:
    service, whole = SERVICES[name], document()

    for other, how in service.get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        # with a profile, what one waits for might not be started at all
        assert set(SERVICES[other].get("profiles", [])) <= set(service.get("profiles", []))
    assert set(secret_targets(service).values()) <= set(whole["secrets"])
    assert set(service.get("networks", [])) <= set(whole["networks"])
    for source in mounts(service).values():
        if source.startswith("./secrets") or source == "./treadmills.txt":
            continue  # made by `make secrets`, see test_secrets
        assert (ROOT / source).exists() if source.startswith(".") else source in whole["volumes"]


def test_no_volume_and_no_secret_is_left_over() -> None:
    whole = document()
    used = {source for service in SERVICES.values() for source in mounts(service).values()}
    given = {one for service in SERVICES.values() for one in secret_targets(service).values()}

    assert set(whole["volumes"]) <= used
    assert set(whole["secrets"]) == given


@every_service
def test_a_service_can_do_no_more_than_it_has_to(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert _user(service).split(":")[0] not in {"", "0", "root"}


def _user(service: Service) -> str:
    """Return the user of a service, from the Dockerfile where compose says none."""
    if "user" in service:
        return str(service["user"])
    build = service["build"]
    dockerfile = ROOT / build["context"] / build.get("dockerfile", "Dockerfile")
    users = re.findall(r"^USER (\S+)$", dockerfile.read_text(encoding="utf-8"), re.MULTILINE)
    return str(users[-1]) if users else ""


@every_service
def test_a_service_is_bounded(name: str) -> None:
    service = SERVICES[name]

    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] > 0
    assert service["logging"]["driver"] == "json-file"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


@every_service
def test_a_service_that_lasts_is_started_again_and_asked_how_it_is(name: str) -> None:
    service = SERVICES[name]
    if is_one_shot(service):
        return

    assert service["restart"] == "unless-stopped"
    check = service["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@every_service
def test_images_are_pinned_to_a_version(name: str) -> None:
    image = SERVICES[name]["image"]

    if image.startswith("backstride/"):
        assert "build" in SERVICES[name]
    else:
        assert image.startswith("docker.io/")
        assert re.search(r":v?\d+\.\d+(\.\d+)?$", image), image


def _dockerfiles() -> list[Path]:
    return sorted([*ROOT.glob("services/*/Dockerfile"), *ROOT.glob("infra/*/Dockerfile")])


@pytest.mark.parametrize("path", _dockerfiles(), ids=lambda path: path.parent.name)
def test_base_images_are_pinned_to_a_version(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    bases = re.findall(r"^(?:ARG PYTHON_IMAGE=|FROM )(\S+)", text, re.MULTILINE)

    assert bases
    for base in bases:
        assert base == "${PYTHON_IMAGE}" or re.search(r":\d+\.\d+\.\d+[\w.-]*$", base), base


def test_all_dockerfiles_of_services_have_one_shape() -> None:
    """The gateway's builds its pages too; apart from that only names differ."""
    shapes = set()
    for name in IMAGED:
        lines = (ROOT / f"services/{name}/Dockerfile").read_text(encoding="utf-8").splitlines()[1:]
        text = "\n".join(lines).replace(name, "NAME")
        text = re.sub(r"COPY requirements/pages\.txt.*?(?=COPY shared)", "", text, flags=re.DOTALL)
        text = re.sub(r"RUN cd services/NAME/pages .*?&& /opt", "RUN /opt", text, flags=re.DOTALL)
        shapes.add(text)

    assert len(shapes) == 1


@pytest.mark.parametrize("name", OURS)
def test_a_program_is_given_settings_that_it_takes(name: str, tmp_path: Path) -> None:
    """The program's own class reads them, from files in place of secrets and volumes."""
    service, settings_type = SERVICES[name], PROGRAMS[name]
    environment = {
        variable: str(value)
        for variable, value in service["environment"].items()
        if variable.startswith("BACKSTRIDE_")
    }
    known = set(known_variables(settings_type))
    for variable, value in environment.items():
        if variable.endswith("_FILE") and variable not in known:
            assert value in secret_targets(service), f"{value} is no secret of {name}"
            given = DATABASE_URL if "DATABASE" in variable else SECRET_VALUE
            (tmp_path / variable).write_text(given, encoding="utf-8")
            environment[variable] = str(tmp_path / variable)

    assert isinstance(read_settings(settings_type, environment), settings_type)


@every_service
def test_every_secret_that_a_service_gets_is_used_by_it(name: str) -> None:
    service = SERVICES[name]
    shown = str({key: value for key, value in service.items() if key != "secrets"})
    if name == "grafana":
        shown += (ROOT / "infra/grafana/provisioning/datasources/backstride.yaml").read_text()

    assert {path for path in secret_targets(service) if path not in shown} == set()


def test_no_secret_has_a_value_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|TOKEN|SECRET|CODE", variable):
                is_path = str(value).startswith("/")
                assert is_path, f"{name}: {variable}"


def test_only_front_grafana_and_mqtt_publish_ports() -> None:
    publishing = {name for name, service in SERVICES.items() if "ports" in service}
    outside = {
        name for name, service in SERVICES.items() if "outside" in service.get("networks", [])
    }

    assert publishing == outside == {"front", "grafana", "mosquitto"}
    assert [port.split(":")[-1] for port in SERVICES["mosquitto"]["ports"]] == ["8883"]
    networks = document()["networks"]
    assert {name for name in networks if not (networks[name] or {}).get("internal")} == {"outside"}


def test_mosquitto_publishes_the_listener_with_tls() -> None:
    text = (ROOT / "infra/mosquitto/mosquitto.conf").read_text(encoding="utf-8")
    listeners = {
        part.split()[0]: part for part in re.split(r"^listener ", text, flags=re.MULTILINE)[1:]
    }

    assert "certfile" in listeners["8883"]
    assert "certfile" not in listeners["1883"]
    used = re.findall(r"(/mosquitto/\S+)", text)
    there = mounts(SERVICES["mosquitto"])
    for path in used:
        assert any(path.startswith(one) for one in there), path


def test_kafka_is_set_up_for_one_node_and_makes_no_topic_by_itself() -> None:
    settings = SERVICES["kafka"]["environment"]
    topics = yaml.safe_load((ROOT / "infra/kafka/topics.yaml").read_text(encoding="utf-8"))
    largest = max(topic["config"].get("max.message.bytes", 0) for topic in topics.values())

    assert settings["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    for variable, value in settings.items():
        if variable.endswith(("REPLICATION_FACTOR", "MIN_ISR")):
            assert value == "1", variable
    assert int(settings["KAFKA_MESSAGE_MAX_BYTES"]) >= largest
    # lies on the volume, not in the container
    assert settings["KAFKA_LOG_DIRS"] in mounts(SERVICES["kafka"])


def test_prometheus_asks_every_program_that_tells_metrics() -> None:
    config = yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    told = {
        f"{name}:{service['environment']['BACKSTRIDE_TELEMETRY__PORT']}"
        for name, service in SERVICES.items()
        if "BACKSTRIDE_TELEMETRY__PORT" in service.get("environment", {})
    }

    assert set(job["static_configs"][0]["targets"]) == told


def test_the_front_leads_to_where_the_gateway_listens() -> None:
    caddyfile = (ROOT / "infra/caddy/Caddyfile").read_text(encoding="utf-8")
    environment = SERVICES["gateway"]["environment"]

    assert f"reverse_proxy gateway:{environment['BACKSTRIDE_HTTP__PORT']}" in caddyfile
    # it says who asks; nobody else reaches the port from outside
    assert environment["BACKSTRIDE_HTTP__TRUSTED_PROXIES"] == "*"
    assert "ports" not in SERVICES["gateway"]
    published = {port.split(":")[-1] for port in SERVICES["front"]["ports"]}
    assert published == set(re.findall(r"https?://\S*:(808[01]|8443) \{", caddyfile))


def test_what_a_gym_may_choose_is_listed_in_its_env_file() -> None:
    listed = (ROOT / "infra/make_secrets.sh").read_text(encoding="utf-8")
    asked = {name for name in variables() if name != "GYM_VERSION"}

    assert asked == set(re.findall(r"^set_up (GYM_\w+)", listed, re.MULTILINE)) | {
        "GYM_SIMULATED_ID"
    }
    assert os.access(ROOT / "infra/make_secrets.sh", os.X_OK)
