"""What a demonstration may do to its own platform, for people to watch."""

from typing import Protocol


class FaultUnavailableError(Exception):
    """Nobody is there who would do it now."""


class DemoFaults(Protocol):
    """The supervisor of a demonstration, as far as it can be asked for faults."""

    def kill_processor(self) -> None:
        """Ask that the processor be killed; it is started again as after any crash.

        Raises:
            FaultUnavailableError: when the supervisor cannot be asked.

        """
        ...
