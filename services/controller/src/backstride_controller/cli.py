"""`backstride simulate`: a simulated gym on any broker, in real time or faster."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer
from pydantic import ValidationError

from backstride_controller.adapters.json_script import Script, ScriptError, read_script
from backstride_controller.domain.faults import UnknownPresetError, rates_of
from backstride_controller.domain.history import MOST_DAYS
from backstride_controller.domain.programmes import MIX, UnknownProgrammeError
from backstride_controller.main import Plan, build_gym
from backstride_controller.ports import OutboxBusyError, OutboxUnavailableError
from backstride_shared.identity import InvalidIdentifierError
from backstride_shared.lifecycle import stop_on_signals
from backstride_shared.settings import MqttBlock, TelemetryBlock
from backstride_shared.telemetry import serve_health, set_up_logging

log = structlog.get_logger()

_SCRIPT_TAIL_S = 5.0


def simulate(  # noqa: PLR0913  each is an option of the command
    *,
    broker: Annotated[str, typer.Option(help="mqtt://host:port or mqtts://…")] = (
        "mqtt://127.0.0.1:1883"
    ),
    username: Annotated[str | None, typer.Option(envvar="BACKSTRIDE_MQTT__USERNAME")] = None,
    password: Annotated[str | None, typer.Option(envvar="BACKSTRIDE_MQTT__PASSWORD")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Certificate authority for mqtts")] = None,
    gym: Annotated[str, typer.Option(help="Gym of the treadmills")] = "demo",
    treadmills: Annotated[int, typer.Option(min=1, max=10_000, help="How many")] = 4,
    first_number: Annotated[int, typer.Option(min=1, help="The first is treadmill-01")] = 1,
    rate_hz: Annotated[float, typer.Option(min=0.1, max=50, help="Readings a second each")] = 4.0,
    programme: Annotated[str, typer.Option(help="mix, or the name of a programme")] = MIX,
    script: Annotated[Path | None, typer.Option(help="JSON file: what each treadmill does")] = None,
    duration_s: Annotated[
        float | None, typer.Option(min=1, help="Length in treadmill time; none: until stopped")
    ] = None,
    speed_up: Annotated[
        float, typer.Option(min=1, help="Times faster; starts in the past and ends at now")
    ] = 1.0,
    then_live: Annotated[bool, typer.Option(help="Go on live after the accelerated run")] = False,
    history_days: Annotated[
        int, typer.Option(max=MOST_DAYS, help="Half of them replay past days of demo members")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn")] = 1,
    outbox_dir: Annotated[
        Path | None, typer.Option(help="Folder of the outbox; none: a temporary one")
    ] = None,
    faults: Annotated[str, typer.Option(help="Preset: none, gym or rough")] = "none",
    dropouts: Annotated[float | None, typer.Option(help="Lost connections an hour")] = None,
    outages: Annotated[float | None, typer.Option(help="Minutes offline, so many an hour")] = None,
    reboots: Annotated[float | None, typer.Option(help="Power losses an hour")] = None,
    duplicates: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of messages sent twice")
    ] = None,
    jitter: Annotated[float | None, typer.Option(help="Seconds a message waits at most")] = None,
    publish_log: Annotated[
        Path | None, typer.Option(help="File: one JSON line per reading made")
    ] = None,
    drain: Annotated[
        bool, typer.Option(help="At the end wait until all is stored; status 1 if not")
    ] = False,
    drain_within_s: Annotated[float, typer.Option(help="How long to wait for that")] = 60.0,
    telemetry_port: Annotated[int | None, typer.Option(help="Health and metrics port")] = None,
) -> None:
    """Simulate treadmills that publish to a broker as real ones do.

    Hours and seconds of faults are treadmill time: an accelerated hour has an hour's faults.
    """
    telemetry = TelemetryBlock(port=telemetry_port)
    set_up_logging("controller", telemetry)
    temporary = None
    folder = outbox_dir
    if folder is None:
        folder = temporary = Path(tempfile.mkdtemp(prefix="backstride-outbox-"))
    try:
        scripted = read_script(script) if script is not None else None
        plan = Plan(
            mqtt=MqttBlock(url=broker, username=username, password=password, ca_file=ca_file),
            outbox_dir=folder,
            gym_id=gym,
            treadmills=treadmills,
            first_number=first_number,
            rate_hz=rate_hz,
            programme=programme,
            seed=seed,
            speed_up=speed_up,
            duration_s=_duration_s(duration_s, speed_up, scripted),
            goes_live=then_live,
            history_days=history_days,
            faults=rates_of(
                faults,
                dropouts_per_hour=dropouts,
                outages_per_hour=outages,
                reboots_per_hour=reboots,
                duplicates=duplicates,
                jitter_s=jitter,
            ),
            script=() if scripted is None else scripted.treadmills,
            reading_log=publish_log,
        )
        running = build_gym(plan)
    except ValidationError as error:
        words = "; ".join(f"{detail['loc'][-1]}: {detail['msg']}" for detail in error.errors())
        _refuse(words, temporary)
    except (
        ScriptError,
        UnknownPresetError,
        UnknownProgrammeError,
        InvalidIdentifierError,
        _OptionsError,
    ) as error:
        _refuse(str(error), temporary)
    except (OutboxBusyError, OutboxUnavailableError, OSError) as error:
        _refuse(str(error), temporary, status=1)
    stop = stop_on_signals()
    health = serve_health("controller", telemetry, running.waiting_for)
    is_drained = True
    try:
        running.run(stop)
        if drain and not stop.is_set():
            is_drained = running.drain(stop, drain_within_s)
    finally:
        left = running.close()
        if health is not None:
            health.shutdown()
            health.server_close()
    if temporary and left == 0:
        shutil.rmtree(temporary)
    elif left:
        log.warning("not yet stored, kept in the outbox", readings=left, outbox_dir=str(folder))
    if not is_drained:
        raise typer.Exit(1)


class _OptionsError(ValueError):
    """Options that do not go together."""


def _duration_s(duration_s: float | None, speed_up: float, script: Script | None) -> float | None:
    if duration_s is None and script is not None:
        return max(treadmill.duration_s for treadmill in script.treadmills) + _SCRIPT_TAIL_S
    if duration_s is None and speed_up > 1:
        raise _OptionsError("--speed-up needs --duration-s: an accelerated run ends at now")
    return duration_s


def _refuse(words: str, temporary: Path | None, status: int = 2) -> NoReturn:
    if temporary:
        shutil.rmtree(temporary)
    typer.echo(words, err=True)
    raise typer.Exit(status)
