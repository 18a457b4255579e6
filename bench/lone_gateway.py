"""One gateway with accounts over a given store, without a broker: what it answers by itself."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from bench.programs import foreign_environment
from tests.servers.finding import HOST, free_port
from tests.waiting import wait_until

_SERVES_WITHIN_S: Final = 60.0
_STOP_WITHIN_S: Final = 15.0
_TIMEOUT_S: Final = 5.0


class LoneGateway:
    """A gateway process on a free port; ended with the context."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = free_port()
        nowhere = free_port()
        with (folder / "gateway.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "backstride_gateway"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **foreign_environment(),
                    "BACKSTRIDE_DATABASE__URL": database_url,
                    "BACKSTRIDE_SERIES__URL": f"sqlite:///{folder / 'series.db'}",
                    "BACKSTRIDE_MQTT__URL": f"mqtt://{HOST}:{nowhere}",
                    "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": f"{HOST}:{nowhere}",
                    "BACKSTRIDE_HTTP__PORT": str(self.port),
                    # one machine asks for all members of the bench
                    "BACKSTRIDE_HTTP__REQUESTS_PER_S": "10000",
                    "BACKSTRIDE_HTTP__REQUESTS_PER_S_OF_ADDRESS": "10000",
                    "BACKSTRIDE_TELEMETRY__PORT": str(free_port()),
                },
            )

    @property
    def pid(self) -> int:
        """Return the id of the process."""
        return self._process.pid

    def __enter__(self) -> Self:
        wait_until(
            self._answers,
            what="the gateway to serve",
            within_s=_SERVES_WITHIN_S,
            holds=lambda answers: answers,
        )
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        finally:
            self._process.kill()

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://{HOST}:{self.port}/openapi.json", timeout=_TIMEOUT_S):
                return True
        except (URLError, OSError):
            return False
