"""The faults: what is done to a running round. What they return is what already is wrong."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from tests.chaos import overload
from tests.chaos.changes import set_right_and_erased
from tests.chaos.gym import RATE_HZ
from tests.chaos.programs import (
    GATEWAY,
    INGEST,
    PROCESSOR,
    PROGRAMS,
    RECORDER,
    SECOND_PROCESSOR,
)
from tests.chaos.proxy import Wire
from tests.chaos.relay import Relay
from tests.chaos.round import Round, all_of
from tests.chaos.servers import Server, Servers, second_broker
from tests.servers.small_disk import fill, small_disk
from tests.waiting import wait_until

LOADED_HZ: Final = 12.0
MOST_HOLD_S: Final = 15.0
"""An outage that is no server's shows all it can show in this time."""
SERVER_HOLD_S: Final = 60.0
_HOUR_S: Final = 3600.0
_OUTBOX_DISK_BYTES: Final = 6 * 1024 * 1024
_LATENCY_S: Final = 0.2
LEAVES_WITHIN_S: Final = 10.0
"""What an init system waits for before it kills."""
_DISK_NOTICED_WITHIN_S: Final = 60.0
"""Memory keeps 20 000 readings, at 200 a second."""
_BACKLOG: Final = "a backlog beside live treadmills"
_FLOOD: Final = "a flood of three times the capacity"

Apply = Callable[[Round], list[str]]
Surroundings = Callable[[Servers, Path, str, int], AbstractContextManager[int]]
"""Takes servers, the round's folder, the gym and the seed; gives the port of the gym's broker."""


@contextmanager
def _plain(servers: Servers, _folder: Path, _gym_id: str, _seed: int) -> Iterator[int]:
    yield servers.wires.treadmills_mqtt.port


@dataclass(frozen=True)
class Fault:
    """One fault; `holds` is how many times the length of an outage it takes.

    An outage lasts as long as the run says, and at most `most_hold_s`.
    """

    name: str
    apply: Apply
    holds: float = 1.0
    more_s: float = 0.0
    most_hold_s: float = MOST_HOLD_S
    is_short: bool = False
    has_members: bool = True
    rate_hz: float = RATE_HZ
    surroundings: Surroundings = _plain
    clock_shift_s: Callable[[], float] = lambda: 0.0


# --- programs -------------------------------------------------------------------------------------


def _kill(name: str) -> Apply:
    def apply(turn: Round) -> list[str]:
        turn.programs.kill(name)
        turn.hold(1.0)
        turn.programs.wait_ready()
        return []

    return apply


def _kill_recorder(turn: Round) -> list[str]:
    with turn.programs.killed(RECORDER):
        told = turn.told_too_early()
    turn.programs.wait_ready()
    return told


def _kill_each_in_turn(turn: Round) -> list[str]:
    return all_of(
        [_kill_recorder(turn), *(_kill(one)(turn) for one in (INGEST, PROCESSOR, GATEWAY))]
    )


def _stop_each_in_turn(turn: Round) -> list[str]:
    told = []
    for name in PROGRAMS:
        began_s = time.monotonic()
        status = turn.programs.stop(name)
        took_s = time.monotonic() - began_s
        if status != 0 or took_s > LEAVES_WITHIN_S:
            told.append(f"{name} left with status {status} after {took_s:.1f} s")
        turn.tell(f"{name} left in {took_s:.1f} s")
        turn.programs.start(name)
        turn.programs.wait_ready()
    return told


def _kill_at_random(turn: Round) -> list[str]:
    until_s = time.monotonic() + max(turn.hold_s, 6.0)
    while time.monotonic() < until_s:
        turn.programs.kill(turn.random.choice(PROGRAMS))
        turn.hold(turn.random.uniform(0.2, 4.0))
    turn.programs.wait_ready()
    return []


def _kill_controller(turn: Round) -> list[str]:
    turn.gym.kill()
    turn.gym.start()
    turn.hold(2.0)
    turn.gym.kill()
    turn.gym.start()
    return []


def _recorder_away(turn: Round) -> list[str]:
    with turn.programs.killed(RECORDER):
        turn.hold()
    turn.programs.wait_ready()
    return []


def _rebalance(turn: Round) -> list[str]:
    for is_gentle in (True, False):
        turn.programs.start(SECOND_PROCESSOR)
        turn.programs.wait_ready()
        turn.hold(turn.random.uniform(1.0, 3.0))
        if is_gentle:
            turn.programs.stop(SECOND_PROCESSOR)
        else:
            turn.programs.remove(SECOND_PROCESSOR)
    turn.programs.wait_ready()
    return []


# --- servers --------------------------------------------------------------------------------------


def _server_away(pick: Callable[[Servers], Server], *, is_store: bool = False) -> Apply:
    def apply(turn: Round) -> list[str]:
        told: list[str] = []
        with turn.away(pick(turn.servers)):
            if is_store:
                told = turn.told_meanwhile()
            else:
                turn.hold()
        turn.programs.wait_ready()
        return told

    return apply


def _server_killed(pick: Callable[[Servers], Server]) -> Apply:
    def apply(turn: Round) -> list[str]:
        with turn.away(pick(turn.servers), by_kill=True):
            pass
        turn.programs.wait_ready()
        return []

    return apply


def _kafka_forgets(turn: Round) -> list[str]:
    kafka = turn.servers.kafka
    with turn.away(kafka, by_kill=True):
        kafka.forget()
    turn.servers.create_topics()
    turn.programs.wait_ready()
    return []


def _stores_stopped_by_turns(turn: Round) -> list[str]:
    return all_of(
        [
            _server_away(lambda servers: servers.influxdb, is_store=True)(turn),
            _server_away(lambda servers: servers.postgres, is_store=True)(turn),
        ]
    )


# --- the network ----------------------------------------------------------------------------------


def _resets(turn: Round) -> list[str]:
    until_s = time.monotonic() + turn.hold_s
    while time.monotonic() < until_s:
        turn.random.choice(turn.servers.wires.all()).reset_connections()
        turn.hold(turn.random.uniform(0.1, 1.0))
    turn.programs.wait_ready()
    return []


def _wires(wire: Wire, latency_s: float = 0.0) -> Apply:
    def apply(turn: Round) -> list[str]:
        wires = turn.servers.wires.all()
        for one in wires:
            one.set(wire, latency_s=latency_s)
        try:
            turn.hold()
        finally:
            for one in wires:
                one.set(Wire.WHOLE)
        turn.programs.wait_ready()
        return []

    return apply


# --- treadmills -----------------------------------------------------------------------------------


@contextmanager
def _small_disk(servers: Servers, folder: Path, gym_id: str, seed: int) -> Iterator[int]:
    outbox = folder / "outbox"
    outbox.mkdir(parents=True)
    with (
        small_disk(outbox, _OUTBOX_DISK_BYTES),
        _plain(servers, folder, gym_id, seed) as port,
    ):
        yield port


def _disk_full(turn: Round) -> list[str]:
    filler = fill(turn.gym.outbox)
    try:
        wait_until(
            turn.gym.metrics,
            what="the controller to tell that its disk is full",
            within_s=_DISK_NOTICED_WITHIN_S,
            holds=lambda told: told.get("backstride_controller_outbox_writable") == 0.0,
        )
        turn.hold(min(turn.hold_s, 10.0))
    finally:
        filler.unlink()
    return []


@contextmanager
def _mixed_up(servers: Servers, folder: Path, gym_id: str, seed: int) -> Iterator[int]:
    with second_broker(folder) as field:
        relay = Relay(gym_id, field, servers.mosquitto.address, seed)
        try:
            yield field.port
        finally:
            relay.close()


def _nothing_more(turn: Round) -> list[str]:
    turn.hold(min(turn.hold_s, 10.0))
    return []


def _clock_steps(turn: Round) -> list[str]:
    for shift_s in (_HOUR_S, -_HOUR_S):
        turn.gym.kill()
        turn.gym.start(clock_shift_s=shift_s)
        turn.hold(5.0)
    turn.gym.kill()
    turn.gym.start()
    return []


def _to_1970() -> float:
    return _HOUR_S - time.time()


FAULTS: Final = (
    Fault(
        "kill -9 recorder, ingest, processor, gateway by turns",
        _kill_each_in_turn,
        0,
        14,
        is_short=True,
    ),
    Fault("SIGTERM to each program by turns", _stop_each_in_turn, 0, 15, is_short=True),
    Fault("kill -9 controller, twice", _kill_controller, 0, 4, is_short=True, has_members=False),
    Fault("kill -9 of random programs", _kill_at_random, 1, 6, is_short=True),
    Fault("kill -9 Mosquitto", _server_killed(lambda servers: servers.mosquitto), 0, 2),
    Fault(
        "kill -9 Kafka under three times the load",
        _server_killed(lambda servers: servers.kafka),
        0,
        12,
        rate_hz=LOADED_HZ,
    ),
    Fault(
        "kill -9 InfluxDB under three times the load",
        _server_killed(lambda servers: servers.influxdb),
        0,
        5,
        rate_hz=LOADED_HZ,
    ),
    Fault("PostgreSQL crashes", _server_killed(lambda servers: servers.postgres), 0, 5),
    Fault(
        "Mosquitto away",
        _server_away(lambda servers: servers.mosquitto),
        most_hold_s=SERVER_HOLD_S,
        is_short=True,
    ),
    Fault(
        "Kafka away",
        _server_away(lambda servers: servers.kafka),
        1,
        10,
        SERVER_HOLD_S,
        is_short=True,
    ),
    Fault(
        "InfluxDB away, then PostgreSQL",
        _stores_stopped_by_turns,
        2,
        6,
        SERVER_HOLD_S,
        is_short=True,
    ),
    Fault("recorder away while energy.v1 grows", _recorder_away, 1, 3),
    Fault("latency of 0.2 s on every wire", _wires(Wire.SLOW, _LATENCY_S)),
    Fault("connections reset", _resets, 1, 8, is_short=True),
    Fault("every wire cut", _wires(Wire.CUT), 1, 8),
    Fault("every connection half open", _wires(Wire.HALF_OPEN), 1, 20),
    Fault("a second processor comes, leaves, comes, is killed", _rebalance, 0, 25, is_short=True),
    Fault("messages doubled and reordered", _nothing_more, 0, 10, surroundings=_mixed_up),
    Fault("the outbox's disk is full", _disk_full, 0, 20, surroundings=_small_disk),
    Fault("a clock steps by +1 h, then by -1 h", _clock_steps, 0, 12, has_members=False),
    Fault(
        "a controller's clock says 1970",
        _nothing_more,
        0,
        5,
        has_members=False,
        clock_shift_s=_to_1970,
    ),
    Fault("sessions set right and erased while that is killed", set_right_and_erased, 0, 20),
    Fault(_BACKLOG, overload.backlog, 0, 5, 10.0),
    Fault(_FLOOD, overload.flood, 0, 5, 5.0),
    Fault("Kafka's data deleted", _kafka_forgets, 0, 15, is_short=True),
)


def overloads() -> list[Fault]:
    """Return the two that ask for more than can be taken, at their full length."""
    return [
        replace(fault, most_hold_s=SERVER_HOLD_S)
        for fault in FAULTS
        if fault.name in {_BACKLOG, _FLOOD}
    ]


def chosen(words: str = "", *, is_short: bool) -> list[Fault]:
    """Return the faults of a run; `words`, comma separated, picks those whose name holds one."""
    wanted = [word.strip().lower() for word in words.split(",") if word.strip()]
    return [
        fault
        for fault in FAULTS
        if (
            any(word in fault.name.lower() for word in wanted)
            if wanted
            else fault.is_short or not is_short
        )
    ]


def shuffled(faults: list[Fault], seed: int) -> list[Fault]:
    """Return the faults in an order that the seed chooses: what one leaves behind meets others."""
    mixed = list(faults)
    Random(f"{seed}/order").shuffle(mixed)
    return mixed
