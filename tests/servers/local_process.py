"""A server program that a test starts: it becomes ready within a deadline, and ends by its id."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.waiting import wait_until

_STOP_WITHIN_S = 60.0  # Kafka flushes its logs before it goes
_LOG_TAIL_CHARACTERS = 2000


class LocalProcess:
    """One program, which can be stopped, killed and started again with the same data."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        is_ready: Callable[[], bool],
        ready_within_s: float,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        kill_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self._command = list(command)
        self._log = log
        self._is_ready = is_ready
        self._ready_within_s = ready_within_s
        self._environment = {**os.environ, **(environment or {})}
        self._stop_signal = stop_signal
        self._kill_signal = kill_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program and return once it is ready.

        Raises AssertionError with the end of its log when it exits or is not ready in time.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )
        try:
            wait_until(
                self._has_ended_or_is_ready,
                what=f"{self._command[0]} to become ready",
                within_s=self._ready_within_s,
            )
            ended = self._process.poll()
            assert ended is None, f"{self._command[0]} ended with status {ended}"
        except AssertionError as error:
            error.add_note(self._log_tail())
            self.kill()
            raise

    def stop(self) -> None:
        """End the program as an operator would, harder when it does not go."""
        self._end_by(self._stop_signal)

    def kill(self) -> None:
        """End the program at once, as a power cut would."""
        self._end_by(self._kill_signal)

    def _end_by(self, gentle: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(gentle)
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _has_ended_or_is_ready(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None or self._is_ready()

    def _log_tail(self) -> str:
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return f"end of its log:\n{text[-_LOG_TAIL_CHARACTERS:]}"
