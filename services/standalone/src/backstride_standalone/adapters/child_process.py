"""One program as a child process: it never outlives the supervisor, however that ends."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from backstride_shared.lifecycle import PARENT_VARIABLE
from backstride_shared.settings import PREFIX
from backstride_standalone import leash

_LEASH: Final = (sys.executable, "-I", "-S", leash.__file__)


class ChildProcess:
    """A running program in a session of its own, with its output in a log file.

    Ctrl-C at the terminal reaches only the supervisor, which ends its children in order.
    When the supervisor is killed the leash ends the child; our own programs also see the end of
    their standard input.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log_file: Path
    ) -> None:
        """Start the program.

        Raises OSError when it cannot be started.
        """
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*_LEASH, str(os.getpid()), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment_for(environment),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def status(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to finish and leave."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and what it may have started, at once."""
        if self._process.poll() is not None:
            return  # its number may belong to somebody else by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Collect it once it has ended."""
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()


def environment_for(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child: ours without our settings, and its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**inherited, **settings, PARENT_VARIABLE: "1"}
