"""Weekly goals in the relational store."""

from sqlalchemy import Engine, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.goals import Goals
from backstride_shared.store.schema import member_goals


class SqlGoals:
    """The port `GoalStore` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, member_id: str) -> Goals:
        """See the port."""
        columns = member_goals.c
        query = select(columns.minutes, columns.kcal, columns.backward_minutes).where(
            columns.member_id == member_id
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return Goals() if row is None else Goals(**row._mapping)  # noqa: SLF001  documented

    def put(self, member_id: str, goals: Goals, now_ms: int) -> None:
        """See the port."""
        values = {
            "minutes": goals.minutes,
            "kcal": goals.kcal,
            "backward_minutes": goals.backward_minutes,
            "changed_at_ms": now_ms,
        }
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        first = dialect.insert(member_goals).values(member_id=member_id, **values)
        with writing_to(self._engine) as connection:
            connection.execute(first.on_conflict_do_nothing())
            connection.execute(
                update(member_goals).where(member_goals.c.member_id == member_id).values(values)
            )
