"""`backstride run` as a child process, as a person would start it, and what a test does to it."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.waiting import wait_until

BACKSTRIDE = str(Path(sys.executable).with_name("backstride"))
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 15.0
_LOG_TAIL_CHARACTERS = 3000
# a word of each program's command line
WORDS = {
    "embedded-kafka": ("backstride_standalone.embedded_kafka",),
    "mqtt": ("/mosquitto.conf", "backstride_standalone.embedded_mqtt"),
    "ingest": ("backstride_ingest",),
    "processor": ("backstride_processor",),
    "recorder": ("backstride_recorder",),
    "gateway": ("backstride_gateway",),
    "simulation": ("backstride_controller",),
}


@dataclass
class RunningPlatform:
    """One data folder, on which the platform is started, killed and started again."""

    folder: Path
    options: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    # every child ever seen, so that a test can tell that none was left behind
    children: dict[str, list[psutil.Process]] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """What the command printed."""
        return self.folder.with_suffix(".out")

    def start(self) -> None:
        """Start the platform on free ports and wait until every program is ready."""
        command = [BACKSTRIDE, "run", "--data-dir", str(self.folder), *self.options]
        command += ["--http-port", "0", "--mqtt-port", "0"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self.wait_ready()
        except AssertionError as error:
            error.add_note(self.said())
            self.kill_everything()
            raise

    def said(self) -> str:
        """Return the end of what the command printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]

    def facts(self) -> dict[str, Any]:
        """Return what the platform tells of itself: its addresses and its process."""
        return self._document("run.json")

    def status(self) -> dict[str, Any]:
        """Return the counts and the programs' states."""
        return self._document("status.json")

    def states(self) -> dict[str, str]:
        """Return each program's state."""
        return {program["name"]: program["state"] for program in self.status().get("programs", [])}

    def restarts(self) -> dict[str, int]:
        """Return how often each program was started again."""
        return {one["name"]: one["restarts"] for one in self.status().get("programs", [])}

    def wait_ready(self) -> None:
        """Return when every program of this start is ready."""
        wait_until(
            self._ready_states,
            what="every program to be ready",
            within_s=READY_WITHIN_S,
            holds=lambda seen: bool(seen) and set(seen.values()) <= {"ready", "done"},
        )
        self._remember_children()

    def kill_child(self, name: str) -> None:
        """Kill one program at once, and return when it runs again and is ready."""
        restarts_before = self.restarts()[name]
        self.child(name).kill()
        wait_until(
            lambda: self.restarts().get(name, 0),
            what=f"{name} to be started again",
            within_s=READY_WITHIN_S,
            holds=lambda restarts: restarts > restarts_before,
        )
        self.wait_ready()

    def child(self, name: str) -> psutil.Process:
        """Return the running process of a program."""
        found = self._child_or_none(name)
        assert found is not None, f"{name} does not run: {self.states()}"
        return found

    def interrupt(self) -> int:
        """Stop as Ctrl-C does, and return the exit status."""
        assert self.process is not None
        self._remember_children()
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(STOPPED_WITHIN_S)
        self.process = None
        return status

    def kill_supervisor(self) -> None:
        """Kill the supervisor alone, at once."""
        assert self.process is not None
        self._remember_children()
        self.process.kill()
        self.process.wait()
        self.process = None

    def kill_everything(self) -> None:
        """Kill every process at once, as a power cut would."""
        if self.process is None:
            return
        self._remember_children()
        self.process.kill()
        for child in self.left_behind():
            child.kill()
        self.process.wait()
        self.process = None

    def left_behind(self) -> list[psutil.Process]:
        """Return the children of any start that still run."""
        return [
            child
            for children in self.children.values()
            for child in children
            if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
        ]

    def http(self) -> httpx.Client:
        """Return a client of the gateway."""
        return httpx.Client(base_url=self.facts()["gateway_url"], timeout=10.0, trust_env=False)

    def _ready_states(self) -> dict[str, str]:
        assert self.process is not None
        status = self.process.poll()
        assert status is None, f"backstride run ended with status {status}"
        # the file of an earlier start is no answer
        return self.states() if self.facts().get("pid") == self.process.pid else {}

    def _document(self, name: str) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return document

    def _child_or_none(self, name: str) -> psutil.Process | None:
        self._remember_children()
        running = [child for child in self.children.get(name, []) if _is_alive(child)]
        return running[-1] if running else None

    def _remember_children(self) -> None:
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            try:
                command = " ".join(child.cmdline())
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            for name, words in WORDS.items():
                known = self.children.setdefault(name, [])
                is_it = any(word in command for word in words)
                # the leash shows the program's words before it has become the program
                if is_it and "leash" not in command and child not in known:
                    known.append(child)


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
