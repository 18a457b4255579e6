"""The machine, as the supervisor uses it: child processes, log files, health ports."""

from pathlib import Path

from backstride_standalone.adapters.child_process import ChildProcess
from backstride_standalone.adapters.http_health import UnreachableError, is_listening, waiting_for
from backstride_standalone.adapters.program_log import ProgramLog
from backstride_standalone.domain.programs import Program


class ChildMachine:
    """Runs programs as children, each with a log file named after it."""

    def __init__(self, logs: Path) -> None:
        """Keep the logs in the folder `logs`, which exists."""
        self._folder = logs
        self._logs: dict[str, ProgramLog] = {}

    def start(self, program: Program) -> ChildProcess:
        """Start a program.

        Raises OSError when it cannot be started at all.
        """
        return ChildProcess(program.command, program.environment, self._log(program).path)

    def waiting_for(self, program: Program) -> list[str]:
        """Return what a started program still waits for; may block for a second."""
        if program.ready_port is None:
            return []
        if not program.has_health:
            return [] if is_listening(program.ready_port) else ["its port"]
        try:
            return waiting_for(program.ready_port)
        except UnreachableError:
            return ["its health port"]

    def new_log_lines(self, program: Program) -> list[str]:
        """Return the lines a program has logged since the last call."""
        return self._log(program).new_lines()

    def last_log_lines(self, program: Program, count: int) -> list[str]:
        """Return the end of a program's log."""
        return self._log(program).last_lines(count)

    def _log(self, program: Program) -> ProgramLog:
        if program.name not in self._logs:
            self._logs[program.name] = ProgramLog(self._folder / f"{program.name}.log")
        return self._logs[program.name]
