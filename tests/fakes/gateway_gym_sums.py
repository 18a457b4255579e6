"""Sums over a gym's sessions in memory."""

from collections.abc import Callable, Iterable

from backstride_gateway.domain.sessions import SessionRecord, is_in_gym
from backstride_gateway.gym_statistics import GymSum
from tests.fakes.gateway_stores import InMemoryHistory, InMemoryMembers


class InMemoryGymSums:
    """The port `GymSums`, over the history and the members in memory."""

    def __init__(self, history: InMemoryHistory, members: InMemoryMembers) -> None:
        self._history = history
        self._members = members

    def of_members(self, gym_id: str, from_ms: int, until_ms: int) -> GymSum:
        return self._sum(gym_id, from_ms, until_ms, self._has_agreed)

    def of_nobody(self, gym_id: str, from_ms: int, until_ms: int) -> GymSum:
        return self._sum(gym_id, from_ms, until_ms, lambda one: one.claim_id is None)

    def _has_agreed(self, session: SessionRecord) -> bool:
        member = self._members.get(session.member_id or "")
        return member is not None and member.profile.is_counted_in_statistics

    def _sum(
        self, gym_id: str, from_ms: int, until_ms: int, holds: Callable[[SessionRecord], bool]
    ) -> GymSum:
        found = [
            one
            for one in self._history.everybodys()
            if is_in_gym(one, gym_id) and from_ms <= one.started_at_ms < until_ms and holds(one)
        ]
        totals = [one.totals for one in found]

        def added(values: Iterable[float]) -> float:
            return sum(values, 0.0)

        return GymSum(
            sessions_count=len(found),
            members_count=len({one.member_id for one in found} - {None}),
            forward_s=added(one.forward_seconds for one in totals),
            backward_s=added(one.backward_seconds for one in totals),
            forward_m=added(one.forward_metres for one in totals),
            backward_m=added(one.backward_metres for one in totals),
            forward_gross_kcal=added(one.forward_gross_kcal for one in totals),
            backward_gross_kcal=added(one.backward_gross_kcal for one in totals),
        )
