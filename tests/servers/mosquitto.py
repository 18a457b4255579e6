"""A real Mosquitto broker: the program found on this machine, on a free port."""

import getpass
import shutil
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers.finding import HOST, free_port, given_address, unavailable
from tests.servers.local_process import LocalProcess

_READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class MqttAddress:
    """Where an MQTT broker listens; anonymous clients may do everything."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as `backstride` takes it."""
        return f"mqtt://{self.host}:{self.port}"


class LocalMosquitto:
    """One broker of its own that keeps sessions and queued messages over a restart."""

    def __init__(self, program: str, folder: Path, more_settings: Sequence[str] = ()) -> None:
        self.address = MqttAddress(HOST, free_port())
        configuration = folder / "mosquitto.conf"
        configuration.write_text(
            f"listener {self.address.port} {HOST}\n"
            "allow_anonymous true\n"
            # Started by root it would become the user mosquitto, who cannot write the folder.
            f"user {getpass.getuser()}\n"
            "persistence true\n"
            f"persistence_location {folder}/\n"
            # The default of 1000 drops silently what a test's backlog holds.
            "max_queued_messages 1000000\n"
            "log_dest stderr\n" + "".join(f"{line}\n" for line in more_settings),
            encoding="utf-8",
        )
        self._process = LocalProcess(
            [program, "-c", str(configuration)],
            log=folder / "mosquitto.log",
            is_ready=self._accepts_connections,
            ready_within_s=_READY_WITHIN_S,
        )

    def start(self) -> None:
        """Start the broker, also again after `stop` or `kill`, and wait until it listens."""
        self._process.start()

    def stop(self) -> None:
        """End the broker; it writes its sessions first."""
        self._process.stop()

    def kill(self) -> None:
        """End the broker at once; what it held in memory only is gone."""
        self._process.kill()

    def _accepts_connections(self) -> bool:
        try:
            socket.create_connection((self.address.host, self.address.port), timeout=1).close()
        except OSError:
            return False
        return True


def installed_program() -> str:
    """Return the path of the broker; skips, or fails, when there is none."""
    # Debian keeps it in /usr/sbin, which is not on every user's PATH.
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    return found or unavailable("mosquitto", "there is no program mosquitto on this machine")


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MqttAddress]:
    """Lend the broker that all tests share; take fresh client ids and treadmills in each test."""
    if url := given_address("mosquitto"):
        parts = urlsplit(url)
        yield MqttAddress(parts.hostname or HOST, parts.port or 1883)
        return
    broker = LocalMosquitto(installed_program(), tmp_path_factory.mktemp("mosquitto"))
    broker.start()
    yield broker.address
    broker.stop()


@pytest.fixture
def own_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMosquitto]:
    """Lend a running broker that belongs to one test, which may stop, kill and start it."""
    broker = LocalMosquitto(installed_program(), tmp_path_factory.mktemp("own-mosquitto"))
    broker.start()
    yield broker
    broker.stop()
