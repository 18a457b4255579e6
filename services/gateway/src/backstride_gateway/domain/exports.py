"""Everything of a member as one file: what is asked for, how far it is, how long it is kept."""

from dataclasses import dataclass
from typing import Final, Literal

MOST_ATTEMPTS: Final = 3
"""Whoever is interrupted so often is interrupted by the export itself."""

ExportStatus = Literal["waiting", "running", "ready", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """An export that was asked for; times in ms since 1970 UTC.

    `sessions_count` is None until they were counted. `reason` is for the member, of what failed.
    """

    export_id: str
    member_id: str
    requested_at_ms: int
    status: ExportStatus = "waiting"
    attempts: int = 0
    sessions_count: int | None = None
    sessions_done: int = 0
    ended_at_ms: int | None = None
    expires_at_ms: int | None = None
    file_bytes: int | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be made, or being made."""
        return self.status in {"waiting", "running"}

    def is_expired(self, now_ms: int) -> bool:
        """Return whether it is to be deleted."""
        return self.expires_at_ms is not None and now_ms >= self.expires_at_ms
