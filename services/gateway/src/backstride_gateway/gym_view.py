"""A member's past as one of their gyms may see it: what was done on its treadmills."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from backstride_gateway.domain.claiming import LastMoving
from backstride_gateway.domain.sessions import (
    ALL_SESSIONS,
    SessionFilter,
    SessionRecord,
    is_in_gym,
)
from backstride_gateway.ports import SessionCursor, SessionHistory, StoredState
from backstride_shared.identity import TreadmillKey, gym_id_of

_SECONDS_PER_MINUTE: Final = 60.0


class SessionsOfGym:
    """The port `SessionHistory`, confined to one gym."""

    def __init__(self, sessions: SessionHistory, gym_id: str) -> None:
        self._sessions = sessions
        self._gym_id = gym_id

    def page(
        self,
        member_id: str,
        before: SessionCursor | None,
        limit: int,
        wanted: SessionFilter = ALL_SESSIONS,
    ) -> list[SessionRecord]:
        """See the port."""
        return self._sessions.page(member_id, before, limit, replace(wanted, gym_id=self._gym_id))

    def between(self, member_id: str, from_ms: int, until_ms: int) -> list[SessionRecord]:
        """See the port."""
        found = self._sessions.between(member_id, from_ms, until_ms)
        return [session for session in found if is_in_gym(session, self._gym_id)]

    async def kept_between(
        self, member_id: str, from_ms: int, until_ms: int
    ) -> list[SessionRecord]:
        """See the port."""
        found = await self._sessions.kept_between(member_id, from_ms, until_ms)
        return [session for session in found if is_in_gym(session, self._gym_id)]

    def recent(self, treadmill: str, since_ms: int) -> list[SessionRecord]:
        """See the port."""
        return self._sessions.recent(treadmill, since_ms) if self._has(treadmill) else []

    def get(self, session_id: str) -> SessionRecord | None:
        """See the port."""
        found = self._sessions.get(session_id)
        return None if found is None or not is_in_gym(found, self._gym_id) else found

    def backward_minutes(self, member_id: str, before_ms: int) -> float:
        """See the port."""
        found = self.between(member_id, 0, before_ms)
        return sum(one.totals.backward_seconds for one in found) / _SECONDS_PER_MINUTE

    def last_moving(self, claim_ids: Sequence[str]) -> LastMoving:
        """See the port."""
        return self._sessions.last_moving(claim_ids)

    def states(self, treadmills: Sequence[str] | None = None) -> list[StoredState]:
        """See the port."""
        found = self._sessions.states(treadmills)
        return [stored for stored in found if self._has(stored.state.treadmill)]

    def _has(self, treadmill: str) -> bool:
        return gym_id_of(TreadmillKey(treadmill)) == self._gym_id
