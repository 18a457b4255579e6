"""Safety alerts, as the recorder wrote them, read from the relational store."""

from sqlalchemy import Engine, and_, or_, select

from backstride_gateway.adapters.sql_transactions import reading
from backstride_gateway.domain.alerts import AlertRecord
from backstride_gateway.ports import AlertCursor, AlertFilter
from backstride_shared.store.schema import alerts


class SqlAlerts:
    """The port `AlertHistory` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, alert_id: str) -> AlertRecord | None:
        """See the port."""
        query = select(alerts).where(alerts.c.alert_id == alert_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else AlertRecord(**row)

    def page(
        self, wanted: AlertFilter, before: AlertCursor | None, limit: int
    ) -> list[AlertRecord]:
        """See the port."""
        columns = alerts.c
        query = (
            select(alerts)
            .order_by(columns.raised_at_ms.desc(), columns.alert_id.desc())
            .limit(limit)
        )
        if wanted.gym_id is not None:
            query = query.where(columns.treadmill.startswith(f"{wanted.gym_id}/", autoescape=True))
        if wanted.treadmill is not None:
            query = query.where(columns.treadmill == wanted.treadmill)
        if wanted.is_active is not None:
            recovered_at_ms = columns.recovered_at_ms
            query = query.where(
                recovered_at_ms.is_(None) if wanted.is_active else recovered_at_ms.is_not(None)
            )
        if before is not None:
            query = query.where(
                or_(
                    columns.raised_at_ms < before.raised_at_ms,
                    and_(
                        columns.raised_at_ms == before.raised_at_ms,
                        columns.alert_id < before.alert_id,
                    ),
                )
            )
        with reading(self._engine) as connection:
            return [AlertRecord(**row) for row in connection.execute(query).mappings()]
