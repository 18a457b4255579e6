"""What the gateway needs to have corrections kept until they are in the log and in the stores."""

from collections.abc import Sequence
from typing import Protocol

from backstride_gateway.domain.changes import ChangeRequest


class Changes(Protocol):
    """Changes that were asked for, also the outbox of the log.

    Every method may raise StoreUnavailableError.
    """

    def add(self, change: ChangeRequest) -> None:
        """Store a request, durable on return."""
        ...

    def of_session(self, session_id: str) -> list[ChangeRequest]:
        """Return the corrections of a session, in the order of asking, and what became of them."""
        ...

    def undelivered(self, limit: int) -> list[ChangeRequest]:
        """Return requests that no stored state holds yet, oldest first."""
        ...

    def mark_stored(self, change_ids: Sequence[str]) -> None:
        """Note that stored states hold these."""
        ...
