"""The gateway's outbox of changes in memory."""

from collections.abc import Sequence
from dataclasses import replace

from backstride_gateway.domain.changes import ChangeRequest
from backstride_gateway.ports import StoreUnavailableError


class InMemoryChanges:
    """The port `Changes`; a test says what became of each."""

    def __init__(self) -> None:
        self.is_away = False
        self.rows: dict[str, ChangeRequest] = {}

    def add(self, change: ChangeRequest) -> None:
        self._check()
        self.rows[change.change_id] = change

    def of_session(self, session_id: str) -> list[ChangeRequest]:
        return [one for one in self._all() if one.session_id == session_id]

    def undelivered(self, limit: int) -> list[ChangeRequest]:
        return [one for one in self._all() if not one.is_stored][:limit]

    def mark_stored(self, change_ids: Sequence[str]) -> None:
        self._check()
        for change_id in change_ids:
            self.rows[change_id] = replace(self.rows[change_id], is_stored=True)

    def settle(
        self,
        change_id: str,
        *,
        applied_at_ms: int | None = None,
        refused_reason: str | None = None,
    ) -> None:
        """Do as the recorder would."""
        self.rows[change_id] = replace(
            self.rows[change_id], applied_at_ms=applied_at_ms, refused_reason=refused_reason
        )

    def _all(self) -> list[ChangeRequest]:
        self._check()
        return sorted(self.rows.values(), key=lambda one: (one.requested_at_ms, one.change_id))

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")
