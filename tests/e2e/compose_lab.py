"""A platform of docker-compose.yml that runs in the compose lab, and what a test does to it."""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil

from tests.waiting import wait_until

# All but Grafana, of which the lab has no image.
SERVICES = (
    *("mosquitto", "kafka", "influxdb", "postgres"),
    *("mosquitto-setup", "kafka-setup", "influxdb-setup", "migrate", "postgres-setup"),
    *("ingest", "processor", "recorder", "gateway", "front", "prometheus"),
)
LASTING = tuple(name for name in SERVICES if name != "migrate" and not name.endswith("-setup"))
UP_WITHIN_S = 300.0
HEALTHY_WITHIN_S = 90.0


@dataclass
class ComposeLab:
    """A copy of the checkout with secrets of its own, under a project name of its own.

    Lives inside the lab's namespace, where `podman` is the lab's.
    """

    folder: Path
    composer: str = field(default_factory=lambda: os.environ["PODMAN_COMPOSE"])
    project: str = field(default_factory=lambda: os.environ["COMPOSE_PROJECT_NAME"])

    def compose(self, *words: str, within_s: float = UP_WITHIN_S) -> str:
        """Run a command of compose and return what it printed."""
        return self._run([*self.compose_command(), *words], within_s)

    def compose_command(self) -> list[str]:
        """Return the command of compose with every profile on."""
        return [self.composer, "--profile", "simulator", "--profile", "metrics"]

    def podman(self, *words: str, within_s: float = 60.0) -> str:
        """Run a command of podman and return what it printed."""
        return self._run(["podman", *words], within_s)

    def up(self) -> None:
        """Start everything and return when it is healthy."""
        self.compose("up", "--detach", *SERVICES)
        for service in LASTING:
            self.wait_healthy(service)

    def down(self, *words: str) -> None:
        """Stop everything; the volumes stay unless the words say otherwise."""
        self.compose("down", *words)

    def container(self, service: str) -> str:
        """Return the name of a service's container."""
        return f"{self.project}_{service}_1"

    def pid(self, service: str) -> int:
        """Return the id of a container's first process; 0 when it does not run."""
        return int(self.podman("inspect", "--format", "{{.State.Pid}}", self.container(service)))

    def kill(self, service: str) -> None:
        """Kill a service as a crash would; return when it was started again and is healthy."""
        before = self.pid(service)
        psutil.Process(before).kill()
        wait_until(
            lambda: self.pid(service),
            what=f"{service} to be started again",
            within_s=30,
            holds=lambda now: now not in {0, before},
        )
        self.wait_healthy(service)

    def wait_healthy(self, service: str) -> None:
        """Return when the service's own health check passes."""
        wait_until(
            lambda: self._is_healthy(service),
            what=f"{service} to be healthy: {self.said(service)}",
            within_s=HEALTHY_WITHIN_S,
        )

    def said(self, service: str) -> str:
        """Return the end of a service's log."""
        done = subprocess.run(
            ["podman", "logs", "--tail", "15", self.container(service)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    def sql(self, query: str) -> list[list[str]]:
        """Ask PostgreSQL as the tables' owner; a row is a list of texts."""
        words = ["--username=backstride", "--no-align", "--tuples-only", "--field-separator=|"]
        words += ["--command", query, "backstride"]
        answer = self.podman("exec", self.container("postgres"), "psql", *words)
        return [line.split("|") for line in answer.splitlines() if line]

    def memory_mib(self) -> dict[str, float]:
        """Return the memory that each service has for itself, shared pages counted in parts."""
        return {service: _memory_mib(self.pid(service)) for service in LASTING}

    def setting(self, name: str) -> str:
        """Return a variable of .env."""
        lines = (self.folder / ".env").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if line[:1] not in {"", "#"})[name]

    def secret(self, name: str) -> str:
        """Return the content of a file in secrets/."""
        return (self.folder / "secrets" / name).read_text(encoding="utf-8").strip()

    def http(self) -> httpx.Client:
        """Return a client of the front, which trusts its own authority and nobody else."""
        authority = "/data/caddy/pki/authorities/local/root.crt"
        certificate = self.podman("exec", self.container("front"), "cat", authority)
        return httpx.Client(
            base_url=f"https://localhost:{self.setting('GYM_HTTPS_PORT')}",
            verify=ssl.create_default_context(cadata=certificate),
            timeout=10.0,
            trust_env=False,
        )

    def prometheus(self, expression: str) -> list[dict[str, Any]]:
        """Return what Prometheus answers now, a series each."""
        url = f"http://127.0.0.1:9090/api/v1/query?query={quote(expression)}"
        answer = self.podman("exec", self.container("prometheus"), "wget", "-qO-", url)
        result: list[dict[str, Any]] = json.loads(answer)["data"]["result"]
        return result

    def _is_healthy(self, service: str) -> bool:
        command = ["podman", "healthcheck", "run", self.container(service)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        return done.returncode == 0

    def _run(self, words: Sequence[str], within_s: float) -> str:
        done = subprocess.run(
            words,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(words)}: {done.stderr[-3000:]}"
        return done.stdout


def _memory_mib(pid: int) -> float:
    return sum(_proportional_kib(process) for process in _family(pid)) / 1024


def _family(pid: int) -> Iterator[psutil.Process]:
    first = psutil.Process(pid)
    yield first
    yield from first.children(recursive=True)


def _proportional_kib(process: psutil.Process) -> int:
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
