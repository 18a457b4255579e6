"""Members in the relational store."""

from sqlalchemy import Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.members import Member, Profile
from backstride_gateway.ports import MemberNumberTakenError
from backstride_shared.store.schema import members

_PROFILE = (
    "display_name",
    "mass_kg",
    "height_cm",
    "birth_year",
    "sex",
    "facing",
    "resting_heart_rate_bpm",
    "max_heart_rate_bpm",
    "vo2max_ml_per_kg_per_min",
    "has_beta_blocker",
    "energy_model",
    "time_zone",
    "is_name_shown",
    "is_calibration_allowed",
    "is_heart_rate_used",
    "units",
)


class SqlMembers:
    """The port `Members` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(
        self, after_member_id: str | None, limit: int, gym_id: str | None = None
    ) -> list[Member]:
        """See the port."""
        query = select(members).order_by(members.c.member_id).limit(limit)
        if gym_id is not None:
            query = query.where(members.c.gym_id == gym_id)
        if after_member_id is not None:
            query = query.where(members.c.member_id > after_member_id)
        with reading(self._engine) as connection:
            return [_member(row) for row in connection.execute(query)]

    def get(self, member_id: str) -> Member | None:
        """See the port."""
        query = select(members).where(members.c.member_id == member_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else _member(row)

    def by_number(self, gym_id: str, member_number: str) -> Member | None:
        """See the port."""
        query = select(members).where(
            members.c.gym_id == gym_id, members.c.member_number == member_number
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else _member(row)

    def add(self, member: Member) -> None:
        """See the port."""
        try:
            with writing_to(self._engine) as connection:
                connection.execute(insert(members).values(values_of(member)))
        except IntegrityError:
            raise MemberNumberTakenError(member.member_number) from None

    def replace(self, member: Member) -> None:
        """See the port."""
        change = (
            update(members).where(members.c.member_id == member.member_id).values(values_of(member))
        )
        try:
            with writing_to(self._engine) as connection:
                connection.execute(change)
        except IntegrityError:
            raise MemberNumberTakenError(member.member_number) from None


def values_of(member: Member) -> dict[str, object]:
    """Return a member's row."""
    return {
        "member_id": member.member_id,
        "gym_id": member.gym_id,
        "member_number": member.member_number,
        "is_demo": member.is_demo,
        "created_at_ms": member.created_at_ms,
        **{name: getattr(member.profile, name) for name in _PROFILE},
    }


def _member(row: Row[*tuple[object, ...]]) -> Member:
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read a row by name
    return Member(
        member_id=found["member_id"],
        gym_id=found["gym_id"],
        member_number=found["member_number"],
        is_demo=found["is_demo"],
        created_at_ms=found["created_at_ms"],
        profile=Profile(**{name: found[name] for name in _PROFILE}),
    )
