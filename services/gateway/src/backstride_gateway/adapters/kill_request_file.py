"""Asks the supervisor to kill the processor, by a file that it looks for and removes."""

from pathlib import Path

from backstride_gateway.demo_ports import FaultUnavailableError


class KillRequestFile:
    """The port `DemoFaults`; asked twice before the supervisor looks, it kills once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def kill_processor(self) -> None:
        """See the port."""
        try:
            self._path.touch()
        except OSError as error:
            raise FaultUnavailableError(str(error)) from error
