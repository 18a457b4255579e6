"""What the supervisor needs from the machine it runs on."""

from collections.abc import Mapping
from typing import Protocol

from backstride_standalone.domain.log_lines import Notice
from backstride_standalone.domain.picture import LiveTreadmill, Picture
from backstride_standalone.domain.programs import Program


class RunningProgram(Protocol):
    """A program that was started."""

    @property
    def pid(self) -> int:
        """Its process id."""
        ...

    def status(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs. Never blocks."""
        ...

    def terminate(self) -> None:
        """Ask it to finish and leave; nothing happens when it has ended."""
        ...

    def kill(self) -> None:
        """End it at once; nothing happens when it has ended."""
        ...

    def close(self) -> None:
        """Collect it; called once, after `status` gave its exit status."""
        ...


class Machine(Protocol):
    """Starts programs and asks how they are."""

    def start(self, program: Program) -> RunningProgram:
        """Start a program.

        Raises OSError when it cannot be started at all.
        """
        ...

    def waiting_for(self, program: Program) -> list[str]:
        """Return what a started program still waits for; may block for a second.

        Called from a thread, ten times a second until the answer is empty.
        """
        ...

    def new_log_lines(self, program: Program) -> list[str]:
        """Return the lines a program has logged since the last call."""
        ...

    def last_log_lines(self, program: Program, count: int) -> list[str]:
        """Return the end of a program's log."""
        ...


class Screen(Protocol):
    """Shows a person how the platform is."""

    def show(self, picture: Picture) -> None:
        """Show the state of everything; called about once a second."""
        ...

    def notice(self, notice: Notice) -> None:
        """Show one line that should not be missed."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was found."""
        ...


class Telemetry(Protocol):
    """What the programs tell of themselves; each call may block for a second."""

    def controller_metrics(self) -> Mapping[str, float]:
        """Return the simulated treadmills' metrics.

        Empty where none are simulated; while they are silent, something that holds no figures.
        """
        ...

    def recorder_metrics(self) -> Mapping[str, float]:
        """Return the recorder's metrics; empty while it is silent."""
        ...

    def treadmills(self) -> list[LiveTreadmill]:
        """Return what each treadmill does now; empty while nobody can tell."""
        ...


class KillRequests(Protocol):
    """Where the page of a demonstration asks for a program to be killed."""

    def take(self) -> bool:
        """Return whether it was asked since the last call; never raises."""
        ...


class StatusBoard(Protocol):
    """Where others read how the run is."""

    def write(self, picture: Picture, at_ms: int) -> None:
        """Replace what stands there.

        Raises OSError when it cannot be written now.
        """
        ...
