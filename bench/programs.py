"""Our programs as child processes, each against the servers of the bench."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from backstride_shared.settings import PREFIX
from backstride_shared.store.migrate import migrate
from bench.servers import Servers
from tests.servers.finding import HOST, free_port
from tests.waiting import wait_until

INGEST: Final = "ingest"
PROCESSOR: Final = "processor"
RECORDER: Final = "recorder"
GATEWAY: Final = "gateway"

_READY_WITHIN_S: Final = 60.0
_STOP_WITHIN_S: Final = 15.0
_LOG_TAIL_CHARACTERS: Final = 3_000
_HTTP_TIMEOUT_S: Final = 5.0


class ProgramEndedError(Exception):
    """A program of ours ended on its own; the text holds the end of its log."""


class Programs:
    """The programs of one run, with a relational store of its own; ended with the context."""

    def __init__(self, servers: Servers, series: Mapping[str, str], folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.database_url = f"sqlite:///{folder / 'backstride.db'}"
        migrate(self.database_url)
        mqtt = {"BACKSTRIDE_MQTT__URL": servers.mqtt.url}
        kafka = {
            "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": servers.kafka_bootstrap,
            "BACKSTRIDE_KAFKA__IS_EMBEDDED": str(servers.is_kafka_embedded).lower(),
        }
        database = {"BACKSTRIDE_DATABASE__URL": self.database_url}
        self.http_port = free_port()
        self._environments = {
            INGEST: mqtt | kafka,
            PROCESSOR: kafka | database,
            RECORDER: {**mqtt, **kafka, **database, **series},
            GATEWAY: {
                **mqtt,
                **kafka,
                **database,
                **series,
                "BACKSTRIDE_HTTP__PORT": str(self.http_port),
                # without accounts, as the listeners of the bench have none
                "BACKSTRIDE_IS_DEMO": "true",
                # and all of them come from one address
                "BACKSTRIDE_HTTP__LIVE_STREAMS_OF_ONE": "2000",
            },
        }
        self._ports = {name: free_port() for name in self._environments}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start programs without waiting for anything."""
        for name in names:
            with (self._folder / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    [sys.executable, "-m", f"backstride_{name}"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={
                        **foreign_environment(),
                        **self._environments[name],
                        "BACKSTRIDE_TELEMETRY__PORT": str(self._ports[name]),
                    },
                )

    def wait_ready(self, *names: str) -> None:
        """Return when each of these programs says that it is ready."""
        for name in names:
            wait_until(
                lambda name=name: self._get(name, "/readyz"),  # type: ignore[misc]
                what=f"{name} to become ready",
                within_s=_READY_WITHIN_S,
                holds=lambda answer: '"ready"' in answer,
            )

    def stop(self, *names: str) -> None:
        """End programs as an operator would."""
        for name in names:
            self._running[name].terminate()
        for name in names:
            self._running.pop(name).wait(_STOP_WITHIN_S)

    def process_ids(self) -> dict[str, int]:
        """Return the id of each program that runs."""
        return {name: process.pid for name, process in self._running.items()}

    def metric(self, name: str, metric: str) -> float:
        """Return the value of a metric without labels, 0 while it cannot be read."""
        for line in self._get(name, "/metrics").splitlines():
            if line.startswith(f"{metric} "):
                return float(line.split()[1])
        return 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exception is None:
            self.stop(*self._running)
        for process in self._running.values():
            process.kill()
            process.wait()

    def _get(self, name: str, path: str) -> str:
        status = self._running[name].poll()
        if status is not None:
            log = (self._folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
            raise ProgramEndedError(f"{name}, status {status}: {log[-_LOG_TAIL_CHARACTERS:]}")
        try:
            url = f"http://{HOST}:{self._ports[name]}{path}"
            with urlopen(url, timeout=_HTTP_TIMEOUT_S) as answer:
                return str(answer.read().decode())
        except URLError as error:
            # 503 carries what the program waits for
            return error.read().decode() if hasattr(error, "read") else str(error)
        except OSError as error:
            return str(error)


@contextmanager
def whole_chain(servers: Servers, series: Mapping[str, str], name: str) -> Iterator[Programs]:
    """Lend all programs, ready."""
    with Programs(servers, series, servers.folder / name) as programs:
        everyone = (INGEST, PROCESSOR, RECORDER, GATEWAY)
        programs.start(*everyone)
        programs.wait_ready(*everyone)
        yield programs


def foreign_environment() -> dict[str, str]:
    """Return our environment without settings of the programs, which the bench gives itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
