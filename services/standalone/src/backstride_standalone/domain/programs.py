"""What one program of the platform is to the supervisor, and how programs hang together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ProgramError(ValueError):
    """A set of programs that cannot be started: an unknown name, or a circle."""


class State(StrEnum):
    """What a program does at the moment."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Program:
    """A program as the supervisor runs it.

    `needs` are the programs that must be ready before it starts. `falls_with` are those whose end
    makes what it holds in memory wrong, so that it is ended and started anew with them.
    `ready_port` is the port with /readyz, or without `has_health` a port that must take
    connections; None means ready as soon as it runs. `is_server` programs end last.
    A program with `ends` is ready and done when it ends with status 0; with `must_succeed`
    another status ends the platform.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    falls_with: tuple[str, ...] = ()
    ready_port: int | None = None
    has_health: bool = True
    is_server: bool = False
    ends: bool = False
    must_succeed: bool = False


@dataclass(frozen=True)
class ProgramView:
    """How a program is, for people; `waiting_for` names what it lacks."""

    name: str
    state: State
    pid: int | None
    restarts: int
    waiting_for: tuple[str, ...] = ()


def check_programs(programs: Iterable[Program]) -> None:
    """Return when each program can be started in some order.

    Raises:
        ProgramError: for a name given twice, an unknown name, or a circle of needs.

    """
    by_name: dict[str, Program] = {}
    for program in programs:
        if program.name in by_name:
            raise ProgramError(f"two programs are called {program.name}")
        by_name[program.name] = program
    for program in by_name.values():
        for name in (*program.needs, *program.falls_with):
            if name not in by_name:
                raise ProgramError(f"{program.name} hangs on {name}, which is no program")
    started: set[str] = set()
    while len(started) < len(by_name):
        startable = {
            program.name
            for program in by_name.values()
            if program.name not in started and started.issuperset(program.needs)
        }
        if not startable:
            left = ", ".join(sorted(by_name.keys() - started))
            raise ProgramError(f"these programs wait for each other: {left}")
        started |= startable


def falling_with(programs: Iterable[Program], name: str) -> list[str]:
    """Return the names of the programs that are ended when `name` has ended."""
    return [program.name for program in programs if name in program.falls_with]
