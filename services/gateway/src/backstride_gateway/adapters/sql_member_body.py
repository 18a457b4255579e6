"""Masses over time and accepted precautions in the relational store."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.masses import MassEntry
from backstride_gateway.member_body import AcceptedPrecautions
from backstride_shared.store.schema import accepted_precautions, member_masses, members


class SqlMemberBody:
    """The port `MemberBodyStore` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def masses(self, member_id: str) -> list[MassEntry]:
        """See the port."""
        query = (
            select(member_masses.c.valid_from_on, member_masses.c.mass_kg)
            .where(member_masses.c.member_id == member_id)
            .order_by(member_masses.c.valid_from_on)
        )
        with reading(self._engine) as connection:
            return [
                MassEntry(date.fromisoformat(row.valid_from_on), row.mass_kg)
                for row in connection.execute(query)
            ]

    def set_masses(
        self, member_id: str, entries: Sequence[MassEntry], current_kg: float | None
    ) -> None:
        """See the port."""
        rows = [
            {
                "member_id": member_id,
                "valid_from_on": entry.valid_from_on.isoformat(),
                "mass_kg": entry.mass_kg,
            }
            for entry in entries
        ]
        with writing_to(self._engine) as connection:
            connection.execute(delete(member_masses).where(member_masses.c.member_id == member_id))
            if rows:
                connection.execute(insert(member_masses), rows)
            connection.execute(
                update(members).where(members.c.member_id == member_id).values(mass_kg=current_kg)
            )

    def accepted(self, member_id: str) -> list[AcceptedPrecautions]:
        """See the port."""
        kept = accepted_precautions.c
        query = (
            select(kept.version, kept.accepted_at_ms)
            .where(kept.member_id == member_id)
            .order_by(kept.accepted_at_ms.desc(), kept.version.desc())
        )
        with reading(self._engine) as connection:
            return [
                AcceptedPrecautions(row.version, row.accepted_at_ms)
                for row in connection.execute(query)
            ]

    def accept(self, member_id: str, accepted: AcceptedPrecautions) -> None:
        """See the port."""
        if any(one.version == accepted.version for one in self.accepted(member_id)):
            return
        row = {
            "member_id": member_id,
            "version": accepted.version,
            "accepted_at_ms": accepted.accepted_at_ms,
        }
        try:
            with writing_to(self._engine) as connection:
                connection.execute(insert(accepted_precautions).values(row))
        except IntegrityError:
            # another request noted it a moment ago
            return
