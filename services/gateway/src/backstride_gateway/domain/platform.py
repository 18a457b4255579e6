"""What the platform as a whole did with its readings, as its supervisor counts it."""

import msgspec


class ReadingCounts(msgspec.Struct, frozen=True):
    """The line *sent · stored · lost · doubled*, over the life of the data folder."""

    sent: int
    stored: int
    lost: int
    doubled: int


class ProgramState(msgspec.Struct, frozen=True):
    """How one program is."""

    name: str
    state: str
    restarts: int


class PlatformStatus(msgspec.Struct, frozen=True):
    """The counts at a moment; `readings` is None while they cannot be told."""

    at_ms: int
    readings: ReadingCounts | None = None
    programs: list[ProgramState] = []
