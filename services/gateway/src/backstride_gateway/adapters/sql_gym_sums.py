"""Sums over a gym's sessions in the relational store."""

from sqlalchemy import ColumnElement, Engine, distinct, func, select

from backstride_gateway.adapters.sql_transactions import reading
from backstride_gateway.gym_statistics import GymSum
from backstride_shared.store.schema import claims, members, sessions

_SUMMED = (
    "forward_s",
    "backward_s",
    "forward_m",
    "backward_m",
    "forward_gross_kcal",
    "backward_gross_kcal",
)


class SqlGymSums:
    """The port `GymSums` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_members(self, gym_id: str, from_ms: int, until_ms: int) -> GymSum:
        """See the port."""
        agreed = members.c.is_counted_in_statistics.is_(True)
        return self._sum(gym_id, from_ms, until_ms, agreed)

    def of_nobody(self, gym_id: str, from_ms: int, until_ms: int) -> GymSum:
        """See the port."""
        return self._sum(gym_id, from_ms, until_ms, sessions.c.claim_id.is_(None))

    def _sum(
        self, gym_id: str, from_ms: int, until_ms: int, condition: ColumnElement[bool]
    ) -> GymSum:
        query = (
            select(
                func.count().label("sessions_count"),
                func.count(distinct(members.c.member_id)).label("members_count"),
                *(func.coalesce(func.sum(sessions.c[name]), 0.0).label(name) for name in _SUMMED),
            )
            .select_from(
                sessions.outerjoin(claims, sessions.c.claim_id == claims.c.claim_id).outerjoin(
                    members, claims.c.member_id == members.c.member_id
                )
            )
            .where(
                sessions.c.treadmill.startswith(f"{gym_id}/", autoescape=True),
                sessions.c.started_at_ms >= from_ms,
                sessions.c.started_at_ms < until_ms,
                condition,
            )
        )
        with reading(self._engine) as connection:
            return GymSum(**connection.execute(query).mappings().one())
