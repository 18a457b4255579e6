"""Acknowledgements of alerts in the relational store."""

from collections.abc import Sequence

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from backstride_gateway.acknowledging import Acknowledgement
from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_shared.store.schema import accounts, alert_acknowledgements


class SqlAcknowledgements:
    """The port `AcknowledgementStore` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, alert_id: str, account_id: str | None, at_ms: int) -> bool:
        """See the port."""
        row = {"alert_id": alert_id, "account_id": account_id, "acknowledged_at_ms": at_ms}
        try:
            with writing_to(self._engine) as connection:
                connection.execute(insert(alert_acknowledgements).values(row))
        except IntegrityError:
            return False
        return True

    def of(self, alert_ids: Sequence[str]) -> dict[str, Acknowledgement]:
        """See the port."""
        table = alert_acknowledgements
        query = (
            select(table.c.alert_id, table.c.acknowledged_at_ms, accounts.c.sign_in_name)
            .join(accounts, accounts.c.account_id == table.c.account_id, isouter=True)
            .where(table.c.alert_id.in_(alert_ids))
        )
        with reading(self._engine) as connection:
            return {
                row["alert_id"]: Acknowledgement(**row)
                for row in connection.execute(query).mappings()
            }
