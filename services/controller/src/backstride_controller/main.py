"""Composition root of the controller: settings → outbox, network, devices → the running gym."""

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import NamedTuple

import structlog

from backstride_controller.adapters.json_script import ScriptedTreadmill
from backstride_controller.adapters.jsonl_log import JsonlReadingLog, NoReadingLog
from backstride_controller.adapters.paho_network import PahoNetwork
from backstride_controller.adapters.sqlite_outbox import SqliteOutbox
from backstride_controller.courier import Courier
from backstride_controller.domain import wire
from backstride_controller.domain.faults import PRESETS, FaultRates, Faults
from backstride_controller.domain.history import PastSession, claim_of_today, past_sessions
from backstride_controller.domain.programmes import MIX, Segment, endless
from backstride_controller.domain.timeline import Timeline
from backstride_controller.domain.treadmill import SimulatedTreadmill
from backstride_controller.gym import Device, Gym
from backstride_controller.history import HistoryWriter
from backstride_controller.ports import (
    Box,
    Network,
    Outbox,
    OutboxBusyError,
    OutboxUnavailableError,
    ReadingLog,
)
from backstride_controller.sampling import Sampler, next_boot_id
from backstride_controller.settings import ControllerSettings
from backstride_shared.identity import treadmill_key
from backstride_shared.lifecycle import stop_on_signals
from backstride_shared.messages import ConsoleClaimMessage
from backstride_shared.settings import MqttBlock, read_settings_or_exit
from backstride_shared.telemetry import serve_health, set_up_logging

log = structlog.get_logger()

FIRMWARE = f"backstride-simulator {version('backstride-controller')}"


@dataclass(frozen=True)
class Plan:
    """What a gym is to simulate; `script` takes the place of number and programme."""

    mqtt: MqttBlock
    outbox_dir: Path
    gym_id: str = "demo"
    treadmills: int = 4
    first_number: int = 1
    rate_hz: float = 4.0
    programme: str = MIX
    seed: int = 1
    speed_up: float = 1.0
    duration_s: float | None = None
    goes_live: bool = False
    history_days: int = 0
    faults: FaultRates = field(default_factory=FaultRates)
    script: Sequence[ScriptedTreadmill] = ()
    reading_log: Path | None = None


class _Planned(NamedTuple):
    """One treadmill of the plan; `past` None means that it has none to replay."""

    treadmill_id: str
    segments: Iterator[Segment]
    claims: list[ConsoleClaimMessage]
    has_safety_stops: bool
    past: list[PastSession] | None


def build_gym(plan: Plan) -> Gym:
    """Return the gym, with its outbox open and its links about to connect.

    Raises:
        OutboxBusyError: another controller has the outbox.
        OutboxUnavailableError: the outbox cannot be written.
        UnknownProgrammeError: there is no such programme.
        InvalidIdentifierError: the gym's id is none.
        OSError: the log of readings cannot be written.

    """
    timeline = Timeline(
        anchor_ms=1000 * time.time(),
        speed_up=plan.speed_up,
        duration_ms=None if plan.duration_s is None else 1000 * plan.duration_s,
        goes_live=plan.goes_live,
    )
    planned = list(_scripted(plan, timeline) if plan.script else _planned(plan, timeline))
    treadmills = [treadmill_key(plan.gym_id, each.treadmill_id) for each in planned]
    reading_log = NoReadingLog() if plan.reading_log is None else JsonlReadingLog(plan.reading_log)
    outbox = SqliteOutbox(plan.outbox_dir)
    boxes = [outbox.open_box(treadmill) for treadmill in treadmills]
    reading_log.resume(boxes, outbox)
    network = PahoNetwork(plan.mqtt)
    return Gym(
        [
            _device(plan, each, box, timeline, outbox, network, reading_log)
            for each, box in zip(planned, boxes, strict=True)
        ],
        outbox=outbox,
        network=network,
        timeline=timeline,
        reading_log=reading_log,
        monotonic_s=monotonic_s,
    )


def monotonic_s() -> float:
    """Return a clock that only goes forward, also while the machine sleeps.

    Python's own stands still then, and all readings after it would carry a time that is past.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _device(
    plan: Plan,
    planned: _Planned,
    box: Box,
    timeline: Timeline,
    outbox: Outbox,
    network: Network,
    reading_log: ReadingLog,
) -> Device:
    seed = f"{plan.seed}/{box.treadmill}"
    boot_id = next_boot_id(box.last_boot_id, timeline.start_ms)
    will = wire.last_will(box.device_id, boot_id)
    faults = Faults(plan.faults, Random(f"{seed}/faults"), timeline.start_ms / 1000)
    courier = Courier(
        box,
        outbox,
        network.add(box.treadmill, f"backstride-controller-{box.device_id}", will),
        firmware=FIRMWARE,
        rate_hz=plan.rate_hz,
        faults=faults,
        speed_up=plan.speed_up,
    )
    courier.set_boot(boot_id)
    treadmill = SimulatedTreadmill(
        planned.segments, Random(seed), has_safety_stops=planned.has_safety_stops
    )
    sampler = Sampler(
        box,
        outbox,
        treadmill,
        rate_hz=plan.rate_hz,
        start_ms=timeline.start_ms,
        reading_log=reading_log,
        claims=planned.claims,
    )
    history = None
    if planned.past is not None:
        history = HistoryWriter(box, outbox, planned.past, seed=seed, reading_log=reading_log)
    return Device(courier, sampler, faults, boot_id, history)


def _planned(plan: Plan, timeline: Timeline) -> Iterator[_Planned]:
    past: list[list[PastSession]] = []
    if plan.history_days:
        past = past_sessions(
            round(timeline.anchor_ms),
            plan.history_days,
            max(1, plan.treadmills // 2),
            Random(f"{plan.seed}/past"),
        )
    for index in range(plan.treadmills):
        number = plan.first_number + index
        # the last ones replay the past, so that the first ones are seen live at once
        from_end = plan.treadmills - 1 - index
        replayed = past[from_end] if from_end < len(past) else None
        claim = None
        if plan.history_days and replayed is None:
            claim = claim_of_today(number, round(timeline.anchor_ms))
        yield _Planned(
            treadmill_id=f"treadmill-{number:02d}",
            segments=endless(plan.programme, number),
            claims=[] if claim is None else [claim],
            has_safety_stops=True,
            past=replayed,
        )


def _scripted(plan: Plan, timeline: Timeline) -> Iterator[_Planned]:
    for treadmill in plan.script:
        name = f"{plan.gym_id}/{treadmill.treadmill_id}/{timeline.start_ms}"
        yield _Planned(
            treadmill_id=treadmill.treadmill_id,
            segments=iter(treadmill.segments),
            claims=list(console_claims(treadmill, name, timeline.start_ms)),
            has_safety_stops=False,
            past=None,
        )


def console_claims(
    treadmill: ScriptedTreadmill, name: str, start_ms: float
) -> Iterator[ConsoleClaimMessage]:
    """Yield the messages of a script's claims; a release has the id of the claim it ends."""
    claim_id = ""
    for number, claim in enumerate(sorted(treadmill.claims, key=lambda claim: claim.at_s)):
        if claim.action == "claim" or not claim_id:
            claim_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{number}"))
        yield ConsoleClaimMessage(
            console_claim_id=claim_id,
            action=claim.action,
            member_number=claim.member_number,
            at_ms=round(start_ms + 1000 * claim.at_s),
            purpose=claim.purpose,
        )


def main() -> None:
    """Run the gym of the settings until SIGTERM; status 2 for settings that cannot be used."""
    settings = read_settings_or_exit(ControllerSettings)
    set_up_logging("controller", settings.telemetry)
    stop = stop_on_signals()
    plan = Plan(
        mqtt=settings.mqtt,
        outbox_dir=settings.outbox_dir,
        gym_id=settings.gym_id,
        treadmills=settings.treadmills,
        first_number=settings.first_number,
        rate_hz=settings.rate_hz,
        programme=settings.programme,
        seed=settings.seed,
        history_days=settings.history_days,
        faults=PRESETS[settings.faults],
    )
    try:
        gym = build_gym(plan)
    except (OutboxBusyError, OutboxUnavailableError) as error:
        log.error("no outbox", folder=str(settings.outbox_dir), error=str(error))  # noqa: TRY400  told in words
        raise SystemExit(1) from None
    health = serve_health("controller", settings.telemetry, gym.waiting_for)
    log.info("running", treadmills=settings.treadmills, broker=settings.mqtt.url)
    try:
        gym.run(stop)
    finally:
        gym.close()
        if health is not None:
            health.shutdown()
            health.server_close()
    log.info("stopped")
