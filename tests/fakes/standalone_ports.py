"""Fakes of what `backstride run` needs of the machine: processes, logs, the terminal."""

from collections import defaultdict

from backstride_standalone.domain.log_lines import Notice
from backstride_standalone.domain.picture import Picture
from backstride_standalone.domain.programs import Program

SIGKILLED = -9


class FakeProcess:
    """A process that ends when a test says so, or when it is told to."""

    def __init__(self, pid: int, *, is_deaf: bool) -> None:
        self.pid = pid
        self.ended: int | None = None
        self.is_closed = False
        self.signals: list[str] = []
        self._is_deaf = is_deaf

    def status(self) -> int | None:
        return self.ended

    def terminate(self) -> None:
        self.signals.append("terminate")
        if self.ended is None and not self._is_deaf:
            self.ended = 0

    def kill(self) -> None:
        self.signals.append("kill")
        if self.ended is None:
            self.ended = SIGKILLED

    def close(self) -> None:
        assert self.ended is not None
        self.is_closed = True


class FakeMachine:
    """Starts fake processes; a test says what they wait for and what they log."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.processes: dict[str, list[FakeProcess]] = defaultdict(list)
        self.missing: dict[str, list[str]] = defaultdict(list)
        self.logged: dict[str, list[str]] = defaultdict(list)
        self.deaf: set[str] = set()
        self.absent: set[str] = set()

    def start(self, program: Program) -> FakeProcess:
        if program.name in self.absent:
            raise FileNotFoundError(2, "No such file", program.name)
        self.started.append(program.name)
        process = FakeProcess(1000 + len(self.started), is_deaf=program.name in self.deaf)
        self.processes[program.name].append(process)
        return process

    def waiting_for(self, program: Program) -> list[str]:
        return self.missing[program.name]

    def new_log_lines(self, program: Program) -> list[str]:
        lines, self.logged[program.name] = self.logged[program.name], []
        return lines

    def last_log_lines(self, program: Program, count: int) -> list[str]:
        return self.logged[program.name][-count:]

    def last(self, name: str) -> FakeProcess:
        return self.processes[name][-1]


class FakeScreen:
    """Remembers what a person would have seen."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.notices: list[str] = []

    def show(self, picture: Picture) -> None:
        self.pictures.append(picture)

    def notice(self, notice: Notice) -> None:
        self.notices.append(str(notice))

    def close(self) -> None:
        """Have nothing to close."""
