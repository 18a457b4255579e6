"""Reads the platform's counts from the file in which its supervisor keeps them."""

from pathlib import Path

import msgspec

from backstride_gateway.domain.platform import PlatformStatus

_decoder = msgspec.json.Decoder(PlatformStatus)


class StatusFile:
    """The port `StatusSource` on a JSON file that is replaced as a whole."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> PlatformStatus | None:
        """See the port."""
        if self._path is None:
            return None
        try:
            return _decoder.decode(self._path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return None
