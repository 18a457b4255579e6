"""Weekly goals in memory."""

from backstride_gateway.domain.goals import Goals


class InMemoryGoals:
    """The port `GoalStore`."""

    def __init__(self) -> None:
        self._goals: dict[str, Goals] = {}

    def get(self, member_id: str) -> Goals:
        return self._goals.get(member_id, Goals())

    def put(self, member_id: str, goals: Goals, now_ms: int) -> None:
        self._goals[member_id] = goals
