"""Exports that were asked for, in the relational store."""

from sqlalchemy import Engine, Row, delete, insert, select, update

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.exports import ExportJob
from backstride_shared.store.schema import exports


class SqlExportJobs:
    """The port `ExportJobs` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: ExportJob) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(insert(exports).values(**_values(job)))

    def get(self, export_id: str) -> ExportJob | None:
        """See the port."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(exports).where(exports.c.export_id == export_id)
            ).first()
        return None if row is None else _job(row)

    def of_member(self, member_id: str) -> list[ExportJob]:
        """See the port."""
        query = (
            select(exports)
            .where(exports.c.member_id == member_id)
            .order_by(exports.c.requested_at_ms.desc(), exports.c.export_id.desc())
        )
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]

    def all(self) -> list[ExportJob]:
        """See the port."""
        query = select(exports).order_by(exports.c.requested_at_ms, exports.c.export_id)
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]

    def update(self, job: ExportJob) -> bool:
        """See the port."""
        with writing_to(self._engine) as connection:
            done = connection.execute(
                update(exports).where(exports.c.export_id == job.export_id).values(**_values(job))
            )
        return done.rowcount > 0

    def remove(self, export_id: str) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(delete(exports).where(exports.c.export_id == export_id))


def _values(job: ExportJob) -> dict[str, object]:
    return {column.name: getattr(job, column.name) for column in exports.c}


def _job(row: Row[*tuple[object, ...]]) -> ExportJob:
    return ExportJob(**row._mapping)  # noqa: SLF001  SQLAlchemy's documented way to read by name
