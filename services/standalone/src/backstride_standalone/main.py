"""Composition root of `backstride run`: the only module that opens anything."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Coroutine, Sequence

from backstride_standalone.adapters import local_ports
from backstride_standalone.adapters.child_machine import ChildMachine
from backstride_standalone.adapters.data_folder import DataFolder
from backstride_standalone.adapters.first_start import has_admin, set_up_code
from backstride_standalone.adapters.kill_request_file import KillRequestFile
from backstride_standalone.adapters.lan_interfaces import find_lan
from backstride_standalone.adapters.mosquitto_program import find_mosquitto, write_configuration
from backstride_standalone.adapters.program_telemetry import ProgramTelemetry
from backstride_standalone.adapters.run_status_file import RunStatusFile
from backstride_standalone.adapters.terminal_qr import terminal_qr
from backstride_standalone.adapters.terminal_screen import open_screen
from backstride_standalone.demonstration import Demonstration
from backstride_standalone.domain.lan import check_may_open
from backstride_standalone.domain.ports import PortPlan, plan_ports
from backstride_standalone.platform_programs import (
    DATABASE_FILE,
    HOST,
    KILL_REQUEST_FILE,
    MQTT_PORT,
    PAGE_PORT,
    PROCESSOR,
    RECORDER,
    SIMULATION,
    STATUS_FILE,
    gateway_url,
    health_port,
    kafka_servers,
    mqtt_url,
    platform_programs,
    port_wishes,
)
from backstride_standalone.run_options import MqttChoice, RunOptions
from backstride_standalone.supervision import Supervision
from backstride_standalone.watching import Watching

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class MissingBrokerError(Exception):
    """Mosquitto was asked for and is not installed."""


def run_platform(options: RunOptions, folder: DataFolder) -> None:
    """Run the platform in the data folder until a signal; no program is left behind.

    Raises:
        PortTakenError: when a port that was asked for is in use.
        MissingBrokerError: when Mosquitto was asked for and is not installed.
        LanRefusedError: when the network may not be let in, or there is none.
        ProgramFailedError: when one of the programs cannot run here.

    """
    lan = None
    if options.is_lan:
        check_may_open(
            is_demo=options.is_demo,
            is_fresh=False,
            has_admin=has_admin(folder.path / DATABASE_FILE),
        )
        lan = find_lan()
    ports = plan_ports(port_wishes(options), local_ports.is_free, local_ports.free_ports)
    mosquitto_command = _mosquitto_command(options, folder, ports)
    board = RunStatusFile(folder.path / STATUS_FILE)
    folder.write_run_file(
        {
            "pid": os.getpid(),
            "gateway_url": gateway_url(ports),
            "mqtt_url": mqtt_url(ports),
            "kafka_bootstrap_servers": kafka_servers(ports),
        }
    )
    code = None if options.is_demo else set_up_code(folder.path / DATABASE_FILE)
    programs = platform_programs(options, ports, folder.path, mosquitto_command, code, lan)
    broker = "Mosquitto" if mosquitto_command else "amqtt"
    heading = _heading(options, ports, folder, broker, code)
    banner = None
    if lan is not None:
        url = lan.url(ports[PAGE_PORT])
        heading.append(f"  for members   {url} (without TLS: for a network that you trust)")
        banner = terminal_qr(url)
    screen = open_screen(heading, time.monotonic, banner)
    try:
        supervision = Supervision(programs, ChildMachine(folder.logs), screen)
        watching = Watching(
            supervision,
            ProgramTelemetry(
                health_port(ports, SIMULATION) if options.has_simulation else None,
                health_port(ports, RECORDER),
                ports[PAGE_PORT],
            ),
            screen,
            board,
        )
        beside = [watching.run()]
        if options.is_demo:
            requests = KillRequestFile(folder.path / KILL_REQUEST_FILE)
            beside.append(Demonstration(supervision, requests, PROCESSOR).run())
        asyncio.run(_run(supervision, watching, beside))
    finally:
        screen.close()


async def _run(
    supervision: Supervision, watching: Watching, beside: Sequence[Coroutine[None, None, None]]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(work) for work in beside]
    for task in tasks:
        # it ends on its own only by a defect, which must not leave a run that nobody sees
        task.add_done_callback(lambda _: stop.set())
    try:
        await supervision.run(stop)
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        watching.show_end()


def _mosquitto_command(
    options: RunOptions, folder: DataFolder, ports: PortPlan
) -> tuple[str, ...] | None:
    program = None if options.mqtt is MqttChoice.AMQTT else find_mosquitto()
    if program is None:
        if options.mqtt is MqttChoice.MOSQUITTO:
            raise MissingBrokerError(
                "there is no program mosquitto on this machine; "
                "install it, or leave --mqtt away to use the built-in broker"
            )
        return None
    configuration = write_configuration(folder.path / "mosquitto", HOST, ports[MQTT_PORT])
    return (str(program), "-c", str(configuration))


def _heading(
    options: RunOptions, ports: PortPlan, folder: DataFolder, broker: str, code: str | None
) -> list[str]:
    demo = " · demonstration: simulated treadmills, made-up members" if options.is_demo else ""
    owner = [] if code is None else [f"  for the owner {gateway_url(ports)}/set-up, code {code}"]
    return [
        f"Backstride{demo}",
        f"  page and API  {gateway_url(ports)}",
        f"  MQTT          {mqtt_url(ports)} ({broker})",
        f"  Kafka         {kafka_servers(ports)} (embedded)",
        f"  data, logs    {folder.path}",
        *owner,
    ]
