"""What the gateway needs to keep members' goals."""

from typing import Protocol

from backstride_gateway.domain.goals import Goals


class GoalStore(Protocol):
    """Weekly goals by member; both methods may raise StoreUnavailableError."""

    def get(self, member_id: str) -> Goals:
        """Return a member's goals, none where they never set any."""
        ...

    def put(self, member_id: str, goals: Goals, now_ms: int) -> None:
        """Replace a member's goals, durable on return."""
        ...
