"""Our programs as child processes, started again whenever they end, as an init system would."""

import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psutil

from tests.chaos.servers import Servers
from tests.servers.finding import HOST, free_port
from tests.waiting import wait_until

INGEST: Final = "ingest"
PROCESSOR: Final = "processor"
SECOND_PROCESSOR: Final = "processor-2"
RECORDER: Final = "recorder"
GATEWAY: Final = "gateway"
PROGRAMS: Final = (INGEST, PROCESSOR, RECORDER, GATEWAY)

READY_WITHIN_S: Final = 300.0  # 10 s where nothing else runs
_STOPS_WITHIN_S: Final = 60.0  # the 10 s that are promised have tests of their own
_LOOK_EVERY_S: Final = 0.2
_RESTART_AFTER_S: Final = 0.5
_MIB: Final = 1024 * 1024
_METRIC: Final = re.compile(r"^(backstride_\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


class Programs:
    """The programs of one run; a thread starts again what ended and notes how much memory each has.

    Ended with the context.
    """

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._folder = folder
        self._environments = _environments(servers)
        self.http_port = int(self._environments[GATEWAY]["BACKSTRIDE_HTTP__PORT"])
        self._ports = {name: free_port() for name in self._environments}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._is_over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper")
        self.highest_mib: dict[str, float] = {}
        self.starts: dict[str, int] = dict.fromkeys(self._environments, 0)

    def start(self, *names: str) -> None:
        """Start programs, and keep them running."""
        with self._lock:
            for name in names:
                self.starts[name] += 1
                with self.log(name).open("ab") as log:
                    self._running[name] = subprocess.Popen(
                        [sys.executable, "-m", f"backstride_{name.removesuffix('-2')}"],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        env={
                            **_inherited(),
                            **self._environments[name],
                            "BACKSTRIDE_TELEMETRY__PORT": str(self._ports[name]),
                        },
                    )

    def kill(self, name: str) -> None:
        """Kill a program at once; it is started again like any that ended."""
        with self._lock:
            self._running[name].kill()

    @contextmanager
    def killed(self, name: str) -> Iterator[None]:
        """Kill a program at once and leave it dead for the length of the context."""
        with self._lock:
            process = self._running.pop(name)
            process.kill()
        process.wait()
        yield
        self.start(name)

    def remove(self, name: str) -> None:
        """Kill a program at once, for good."""
        with self._lock:
            process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str) -> int:
        """End a program as an operator would, for good; return its status."""
        with self._lock:
            process = self._running.pop(name)
        process.terminate()
        return process.wait(_STOPS_WITHIN_S)

    def log(self, name: str) -> Path:
        """Where a program's log is."""
        return self._folder / f"{name}.log"

    def metrics(self, name: str) -> dict[str, float]:
        """Return what a program counts, its labels added up; empty while it does not answer."""
        port = self.http_port if name == GATEWAY else self._ports[name]
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return {}
        found: dict[str, float] = {}
        for metric, value in _METRIC.findall(text):
            found[metric] = found.get(metric, 0.0) + float(value)
        return found

    def lacking(self) -> dict[str, list[str]]:
        """Return what each program that is not ready waits for."""
        with self._lock:
            names = list(self._running)
        return {name: lacks for name in names if (lacks := self._lacks(name))}

    def wait_ready(self) -> None:
        """Return when every program that should run is ready."""
        wait_until(
            self.lacking,
            what="the programs to be ready",
            within_s=READY_WITHIN_S,
            holds=lambda lacking: not lacking,
        )

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._keeper.join()
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _keep(self) -> None:
        ended: dict[str, int] = {}
        while not self._is_over.wait(_LOOK_EVERY_S):
            with self._lock:
                for name, process in list(self._running.items()):
                    if process.poll() is None:
                        self._note_memory(name, process.pid)
                        ended.pop(name, None)
                        continue
                    ended[name] = ended.get(name, 0) + 1
                    if ended[name] * _LOOK_EVERY_S >= _RESTART_AFTER_S:
                        self.start(name)

    def _note_memory(self, name: str, pid: int) -> None:
        try:
            mib = psutil.Process(pid).memory_info().rss / _MIB
        except psutil.NoSuchProcess:
            return
        self.highest_mib[name] = max(mib, self.highest_mib.get(name, 0.0))

    def _lacks(self, name: str) -> list[str]:
        port = self.http_port if name == GATEWAY else self._ports[name]
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2) as answer:
                body: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                body = json.load(error)
        except (OSError, ValueError):
            return ["its answer"]
        lacks: list[str] = body["waiting_for"]
        return lacks


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BACKSTRIDE_")}


def _environments(servers: Servers) -> dict[str, Mapping[str, str]]:
    wires = servers.wires
    logging = {"BACKSTRIDE_TELEMETRY__LOG_FORMAT": "json"}
    # what a dead connection is noticed by
    keepalive = {"BACKSTRIDE_MQTT__KEEPALIVE_S": "5"}
    ingest_mqtt = {"BACKSTRIDE_MQTT__URL": f"mqtt://{HOST}:{wires.ingest_mqtt.port}", **keepalive}
    recorder_mqtt = {
        "BACKSTRIDE_MQTT__URL": f"mqtt://{HOST}:{wires.recorder_mqtt.port}",
        **keepalive,
    }
    kafka = {"BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": servers.kafka_bootstrap}
    database = {"BACKSTRIDE_DATABASE__URL": servers.wired_database_url}
    series = {
        "BACKSTRIDE_SERIES__URL": f"http://{HOST}:{wires.influxdb.port}",
        "BACKSTRIDE_SERIES__ORG": servers.bucket.org,
        "BACKSTRIDE_SERIES__BUCKET": servers.bucket.bucket,
        "BACKSTRIDE_SERIES__PER_MINUTE_BUCKET": servers.bucket.per_minute_bucket or "",
        "BACKSTRIDE_SERIES__TOKEN": servers.bucket.token,
    }
    processor = logging | kafka | database
    return {
        INGEST: logging | ingest_mqtt | kafka,
        PROCESSOR: processor,
        SECOND_PROCESSOR: processor,
        RECORDER: logging | recorder_mqtt | kafka | database | series,
        GATEWAY: logging
        | recorder_mqtt
        | kafka
        | database
        | series
        | {"BACKSTRIDE_HTTP__PORT": str(free_port()), "BACKSTRIDE_IS_DEMO": "true"},
    }
