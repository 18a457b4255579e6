"""Runs the programs together: starts them in order, starts again what died, ends all.

No program is left behind: `run` returns or raises only when every one of them has ended.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from backstride_standalone.domain.log_lines import Notice, notice_from
from backstride_standalone.domain.programs import (
    Program,
    ProgramView,
    State,
    check_programs,
    falling_with,
)
from backstride_standalone.domain.restarting import Attempts
from backstride_standalone.ports import Machine, RunningProgram, Screen

POLL_S: Final = 0.05
"""How soon the end of a program is noticed; a poll is one system call each."""
HEALTH_STARTING_S: Final = 0.1
HEALTH_READY_S: Final = 1.0
PROGRAMS_END_WITHIN_S: Final = 1.8
SERVERS_END_WITHIN_S: Final = 0.6
"""Together under the 3 s in which Ctrl-C must be done; what takes longer is killed, which loses
nothing, because a kill at any moment loses nothing."""

_SETTINGS_STATUS: Final = 2
_LOG_LINES_SHOWN: Final = 6


class ProgramFailedError(Exception):
    """A program cannot run here, and starting it again would not help; the text says why."""


class _Child:
    """A program with what is known of its process."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: RunningProgram | None = None
        self.state = State.WAITING
        self.waiting_for: tuple[str, ...] = ()
        self.ready = asyncio.Event()
        self.attempts = Attempts()
        self.restarts = 0
        # ended by us, and not yet started again; and not yet reported
        self.is_felled = False
        self.has_fallen = False

    def view(self) -> ProgramView:
        pid = self.process.pid if self.process else None
        return ProgramView(
            self.program.name, self.state, pid, self.restarts, tuple(self.waiting_for)
        )


class Supervision:
    """The programs of one platform, from their first start to their end."""

    def __init__(self, programs: Sequence[Program], machine: Machine, screen: Screen) -> None:
        """Take the programs.

        Raises:
            ProgramError: when they cannot be started in any order.

        """
        check_programs(programs)
        self._children = {program.name: _Child(program) for program in programs}
        self._machine = machine
        self._screen = screen

    def views(self) -> tuple[ProgramView, ...]:
        """Return how each program is, in the order given."""
        return tuple(child.view() for child in self._children.values())

    def is_ready(self, name: str) -> bool:
        """Tell whether a program has become ready since its last start."""
        return self._children[name].ready.is_set()

    def kill(self, name: str) -> None:
        """End a program as a crash would, when it runs; it is started again."""
        process = self._children[name].process
        if process is not None:
            process.kill()

    async def run(self, stop: asyncio.Event) -> None:
        """Keep all programs running until `stop`; then end them.

        Raises:
            ProgramFailedError: when one of them can never run; all have ended then.

        """
        keepers = [
            asyncio.create_task(self._keep(child), name=child.program.name)
            for child in self._children.values()
        ]
        stopping = asyncio.create_task(stop.wait())
        try:
            waiting = {*keepers, stopping}
            while not stop.is_set():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in (*keepers, stopping):
                task.cancel()
            await asyncio.gather(*keepers, stopping, return_exceptions=True)
            await self._end_all()

    def report_logs(self) -> None:
        """Show the warnings that the programs have logged since the last call."""
        for child in self._children.values():
            lines = self._machine.new_log_lines(child.program)
            if child.has_fallen:
                # what it said of the server it lost is told by that server's own line
                child.has_fallen = False
                continue
            for line in lines:
                if notice := notice_from(child.program.name, line):
                    self._screen.notice(notice)

    async def _keep(self, child: _Child) -> None:
        program = child.program
        while True:
            child.state = State.RESTARTING if child.restarts else State.WAITING
            for name in program.needs:
                child.waiting_for = (name,)
                await self._children[name].ready.wait()
            child.waiting_for = ()
            try:
                child.process = process = self._machine.start(program)
            except OSError as error:
                raise ProgramFailedError(f"{program.name} cannot be started: {error}") from error
            started_at_s = time.monotonic()
            child.state = State.STARTING
            status = await self._until_end(child, process)
            child.ready.clear()
            process.close()
            child.process = None
            if program.ends and status == 0:
                child.state = State.DONE
                child.ready.set()
                return
            if program.must_succeed or status == _SETTINGS_STATUS:
                raise ProgramFailedError(self._last_words(program, status))
            child.state = State.RESTARTING
            child.restarts += 1
            self._fell_with(program)
            if child.is_felled:
                child.is_felled = False
                continue
            child.attempts = child.attempts.after_end(time.monotonic() - started_at_s)
            self._screen.notice(Notice(program.name, "warning", self._end_and_why(program, status)))
            await asyncio.sleep(child.attempts.wait_s)

    async def _until_end(self, child: _Child, process: RunningProgram) -> int:
        """Return the exit status, having said in between how the program is."""
        health = asyncio.create_task(self._watch_health(child))
        try:
            while (status := process.status()) is None:  # noqa: ASYNC110  no event tells it
                await asyncio.sleep(POLL_S)
        finally:
            health.cancel()
            await asyncio.gather(health, return_exceptions=True)
        return status

    async def _watch_health(self, child: _Child) -> None:
        if child.program.ends:
            return
        while True:
            missing = await asyncio.to_thread(self._machine.waiting_for, child.program)
            child.waiting_for = tuple(missing)
            if not missing:
                child.ready.set()
            if child.ready.is_set():
                # what it lacks for a while it waits for itself, without a restart
                child.state = State.WAITING if missing else State.READY
            else:
                child.state = State.STARTING
            await asyncio.sleep(HEALTH_READY_S if child.ready.is_set() else HEALTH_STARTING_S)

    def _fell_with(self, program: Program) -> None:
        """End the programs that hold in memory what ended with `program`.

        Killed and not asked: what they would still send has nowhere to go.
        """
        programs = [child.program for child in self._children.values()]
        for name in falling_with(programs, program.name):
            fallen = self._children[name]
            if fallen.process:
                fallen.is_felled = fallen.has_fallen = True
                fallen.process.kill()

    def _end_and_why(self, program: Program, status: int) -> str:
        text = f"{_end_in_words(status)}; it is started again"
        # a killed program had no time for words: its last line tells of something else
        words = self._machine.last_log_lines(program, 1) if status > 0 else []
        return f"{text}: {words[0]}" if words else text

    def _last_words(self, program: Program, status: int) -> str:
        lines = self._machine.last_log_lines(program, _LOG_LINES_SHOWN)
        notices = [notice_from(program.name, line) for line in lines]
        said = "\n".join(
            f"  {notice.text if notice else line}"
            for notice, line in zip(notices, lines, strict=True)
        )
        return f"{program.name} {_end_in_words(status)}:\n{said}"

    async def _end_all(self) -> None:
        children = [child for child in self._children.values() if child.process]
        programs = [child for child in children if not child.program.is_server]
        servers = [child for child in children if child.program.is_server]
        await self._end(programs, PROGRAMS_END_WITHIN_S)
        await self._end(servers, SERVERS_END_WITHIN_S)
        for child in self._children.values():
            if child.state is not State.DONE:
                child.state = State.STOPPED
            child.waiting_for = ()

    async def _end(self, children: Sequence[_Child], within_s: float) -> None:
        processes = [child.process for child in children if child.process]
        for process in processes:
            process.terminate()
        deadline_s = time.monotonic() + within_s
        while any(process.status() is None for process in processes):
            if time.monotonic() > deadline_s:
                for process in processes:
                    process.kill()
            await asyncio.sleep(POLL_S)
        for child in children:
            if child.process:
                child.process.close()
            child.process = None
            child.ready.clear()


def _end_in_words(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
