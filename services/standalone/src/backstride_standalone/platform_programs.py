"""Which programs make a platform on one machine, what each is told, and what it waits for."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from backstride_standalone.domain.lan import ALL_INTERFACES, Lan
from backstride_standalone.domain.ports import PortPlan, PortWish
from backstride_standalone.domain.programs import Program
from backstride_standalone.run_options import RunOptions

HOST: Final = "127.0.0.1"

KAFKA: Final = "embedded-kafka"
MQTT: Final = "mqtt"
STORE: Final = "store"
INGEST: Final = "ingest"
PROCESSOR: Final = "processor"
RECORDER: Final = "recorder"
GATEWAY: Final = "gateway"
SIMULATION: Final = "simulation"

DEMO_GYM: Final = "demo"
STATUS_FILE: Final = "status.json"
KILL_REQUEST_FILE: Final = "kill-processor"
EXPORTS_FOLDER: Final = "exports"
DATABASE_FILE: Final = "backstride.db"

PAGE_PORT: Final = "page"
MQTT_PORT: Final = "MQTT"
KAFKA_PORT: Final = "Kafka"

_HEALTH: Final = " health"
_WITH_HEALTH_PORT: Final = (KAFKA, MQTT, INGEST, PROCESSOR, RECORDER, SIMULATION)


def port_wishes(options: RunOptions) -> list[PortWish]:
    """Return the ports that a run needs."""
    return [
        PortWish(PAGE_PORT, options.http_port, "--http-port"),
        PortWish(MQTT_PORT, options.mqtt_port, "--mqtt-port"),
        PortWish(KAFKA_PORT, options.kafka_port, "--kafka-port"),
        *(PortWish(name + _HEALTH, 0) for name in _WITH_HEALTH_PORT),
    ]


def health_port(ports: PortPlan, name: str) -> int:
    """Return the port at which a program tells its health and metrics."""
    return ports[name + _HEALTH]


def mqtt_url(ports: PortPlan) -> str:
    """Return where treadmills publish."""
    return f"mqtt://{HOST}:{ports[MQTT_PORT]}"


def kafka_servers(ports: PortPlan) -> str:
    """Return where Kafka's clients connect."""
    return f"{HOST}:{ports[KAFKA_PORT]}"


def gateway_url(ports: PortPlan) -> str:
    """Return where the page and the API are."""
    return f"http://{HOST}:{ports[PAGE_PORT]}"


def platform_programs(
    options: RunOptions,
    ports: PortPlan,
    folder: Path,
    mosquitto_command: tuple[str, ...] | None,
    set_up_code: str | None = None,
    lan: Lan | None = None,
) -> list[Program]:
    """Return the programs; without a command for Mosquitto the MQTT broker is amqtt.

    With a set-up code, the gateway lets the owner begin by it; with a LAN, its machines reach it.
    """
    programs = _Programs(ports, folder)
    return [
        programs.kafka(),
        programs.mqtt(mosquitto_command),
        programs.store(),
        programs.ingest(),
        programs.processor(),
        programs.recorder(),
        programs.gateway(set_up_code, lan, is_demo=options.is_demo),
        *([programs.simulation(options)] if options.has_simulation else []),
    ]


def _open_to(lan: Lan, port: int) -> dict[str, str]:
    return {
        "BACKSTRIDE_HTTP__HOST": ALL_INTERFACES,
        "BACKSTRIDE_HTTP__NAMES": lan.host_names,
        "BACKSTRIDE_HTTP__PUBLIC_URL": lan.url(port),
    }


class _Programs:
    """The programs, each with its settings as environment variables."""

    def __init__(self, ports: PortPlan, folder: Path) -> None:
        self._ports = ports
        self._folder = folder
        self._mqtt = {"BACKSTRIDE_MQTT__URL": mqtt_url(ports)}
        self._kafka = {
            "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": kafka_servers(ports),
            "BACKSTRIDE_KAFKA__IS_EMBEDDED": "true",
        }
        self._database = {"BACKSTRIDE_DATABASE__URL": f"sqlite:///{folder / DATABASE_FILE}"}
        self._series = {"BACKSTRIDE_SERIES__URL": f"sqlite:///{folder / 'series.db'}"}

    def kafka(self) -> Program:
        port = self._ports[KAFKA_PORT]
        return self._program(
            KAFKA,
            "backstride_standalone.embedded_kafka",
            {"BACKSTRIDE_EMBEDDED__PORT": str(port)},
            is_server=True,
        )

    def mqtt(self, mosquitto_command: tuple[str, ...] | None) -> Program:
        port = self._ports[MQTT_PORT]
        if mosquitto_command is not None:
            return Program(
                MQTT, mosquitto_command, ready_port=port, has_health=False, is_server=True
            )
        return self._program(
            MQTT,
            "backstride_standalone.embedded_mqtt",
            {"BACKSTRIDE_EMBEDDED__PORT": str(port)},
            is_server=True,
        )

    def store(self) -> Program:
        return Program(
            STORE,
            _python("backstride_shared.store"),
            {**_LOGGING, **self._database},
            ends=True,
            must_succeed=True,
        )

    def ingest(self) -> Program:
        return self._program(
            INGEST,
            "backstride_ingest",
            {**self._mqtt, **self._kafka},
            needs=(KAFKA, MQTT),
            falls_with=(KAFKA,),
        )

    def processor(self) -> Program:
        return self._program(
            PROCESSOR,
            "backstride_processor",
            {**self._kafka, **self._database},
            needs=(KAFKA, STORE),
            falls_with=(KAFKA,),
        )

    def recorder(self) -> Program:
        return self._program(
            RECORDER,
            "backstride_recorder",
            {**self._mqtt, **self._kafka, **self._database, **self._series},
            needs=(KAFKA, MQTT, STORE),
            falls_with=(KAFKA,),
        )

    def gateway(self, set_up_code: str | None, lan: Lan | None, *, is_demo: bool) -> Program:
        port = self._ports[PAGE_PORT]
        return Program(
            GATEWAY,
            _python("backstride_gateway"),
            {
                **_LOGGING,
                **self._mqtt,
                **self._kafka,
                **self._database,
                **self._series,
                "BACKSTRIDE_HTTP__PORT": str(port),
                "BACKSTRIDE_IS_DEMO": str(is_demo).lower(),
                "BACKSTRIDE_STATUS_FILE": str(self._folder / STATUS_FILE),
                "BACKSTRIDE_EXPORTS__FOLDER": str(self._folder / EXPORTS_FOLDER),
                **(
                    {"BACKSTRIDE_KILL_REQUEST_FILE": str(self._folder / KILL_REQUEST_FILE)}
                    if is_demo
                    else {}
                ),
                **({} if lan is None else _open_to(lan, port)),
                **({} if set_up_code is None else {"BACKSTRIDE_SET_UP_CODE": set_up_code}),
            },
            needs=(KAFKA, MQTT, STORE),
            falls_with=(KAFKA,),
            ready_port=port,
        )

    def simulation(self, options: RunOptions) -> Program:
        return self._program(
            SIMULATION,
            "backstride_controller",
            {
                **self._mqtt,
                "BACKSTRIDE_GYM_ID": DEMO_GYM,
                "BACKSTRIDE_TREADMILLS": str(options.treadmill_count),
                "BACKSTRIDE_HISTORY_DAYS": str(options.history_days),
                "BACKSTRIDE_OUTBOX_DIR": str(self._folder / "outbox"),
            },
            needs=(INGEST, GATEWAY),
        )

    def _program(
        self,
        name: str,
        module: str,
        environment: Mapping[str, str],
        *,
        needs: tuple[str, ...] = (),
        falls_with: tuple[str, ...] = (),
        is_server: bool = False,
    ) -> Program:
        port = health_port(self._ports, name)
        return Program(
            name,
            _python(module),
            {**_LOGGING, **environment, "BACKSTRIDE_TELEMETRY__PORT": str(port)},
            needs=needs,
            falls_with=falls_with,
            ready_port=port,
            is_server=is_server,
        )


_LOGGING: Final = {"BACKSTRIDE_TELEMETRY__LOG_FORMAT": "json"}


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)
