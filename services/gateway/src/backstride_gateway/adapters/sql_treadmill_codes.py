"""The treadmills' codes in the relational store."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.treadmill_codes import TreadmillCodeTakenError
from backstride_shared.store.schema import treadmill_codes


class SqlTreadmillCodes:
    """The port `TreadmillCodeStore` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, treadmills: Sequence[str]) -> dict[str, str]:
        """See the port."""
        query = select(treadmill_codes.c.treadmill, treadmill_codes.c.code).where(
            treadmill_codes.c.treadmill.in_(treadmills)
        )
        with reading(self._engine) as connection:
            return {row.treadmill: row.code for row in connection.execute(query)}

    def treadmill(self, code: str) -> str | None:
        """See the port."""
        query = select(treadmill_codes.c.treadmill).where(treadmill_codes.c.code == code)
        with reading(self._engine) as connection:
            found: str | None = connection.execute(query).scalar_one_or_none()
        return found

    def add(self, treadmill: str, code: str, made_at_ms: int) -> None:
        """See the port."""
        row = {"treadmill": treadmill, "code": code, "made_at_ms": made_at_ms}
        try:
            with writing_to(self._engine) as connection:
                connection.execute(insert(treadmill_codes).values(row))
        except IntegrityError:
            if not self.of([treadmill]):
                raise TreadmillCodeTakenError(code) from None

    def forget(self, treadmill: str) -> None:
        """See the port."""
        gone = delete(treadmill_codes).where(treadmill_codes.c.treadmill == treadmill)
        with writing_to(self._engine) as connection:
            connection.execute(gone)
