"""Members in the relational store."""

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.members import GymMembership, Member, Profile
from backstride_gateway.ports import MemberNumberTakenError
from backstride_shared.store.schema import gym_memberships, members

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
    "is_counted_in_statistics",
    "units",
)


_OTHER = (
    gym_memberships.c.gym_id,
    gym_memberships.c.member_number,
    gym_memberships.c.joined_at_ms,
)
# a gym that was not joined first: that one stands in the member's own row
_IS_OTHER = (gym_memberships.c.member_id == members.c.member_id) & (
    gym_memberships.c.gym_id != members.c.gym_id
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
            query = query.where(
                members.c.member_id.in_(
                    select(gym_memberships.c.member_id).where(gym_memberships.c.gym_id == gym_id)
                )
            )
        if after_member_id is not None:
            query = query.where(members.c.member_id > after_member_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            others = _others(connection, [row.member_id for row in rows])
        return [_member(row, tuple(others.get(row.member_id, ()))) for row in rows]

    def get(self, member_id: str) -> Member | None:
        """See the port."""
        return self._one(members.c.member_id == member_id)

    def by_number(self, gym_id: str, member_number: str) -> Member | None:
        """See the port."""
        found = select(gym_memberships.c.member_id).where(
            gym_memberships.c.gym_id == gym_id,
            gym_memberships.c.member_number == member_number,
        )
        return self._one(members.c.member_id.in_(found))

    def add(self, member: Member) -> None:
        """See the port."""
        try:
            with writing_to(self._engine) as connection:
                insert_member(connection, member)
        except IntegrityError:
            raise MemberNumberTakenError(member.member_number) from None

    def join_gym(self, member_id: str, membership: GymMembership) -> None:
        """See the port."""
        try:
            with writing_to(self._engine) as connection:
                connection.execute(
                    insert(gym_memberships).values(_membership_row(member_id, membership))
                )
        except IntegrityError:
            member = self.get(member_id)
            if member is None or membership.gym_id not in member.gym_ids:
                raise MemberNumberTakenError(membership.member_number) from None

    def leave_gym(self, member_id: str, gym_id: str) -> bool:
        """See the port."""
        first = select(members.c.gym_id).where(members.c.member_id == member_id).scalar_subquery()
        gone = delete(gym_memberships).where(
            gym_memberships.c.member_id == member_id,
            gym_memberships.c.gym_id == gym_id,
            gym_memberships.c.gym_id != first,
        )
        with writing_to(self._engine) as connection:
            return connection.execute(gone).rowcount > 0

    def replace(self, member: Member) -> None:
        """See the port."""
        profile = {name: getattr(member.profile, name) for name in _PROFILE}
        change = update(members).where(members.c.member_id == member.member_id).values(profile)
        with writing_to(self._engine) as connection:
            connection.execute(change)

    def _one(self, condition: ColumnElement[bool]) -> Member | None:
        # one round trip: asked with nearly every request
        query = (
            select(members, *(column.label(f"other_{column.name}") for column in _OTHER))
            .select_from(members.outerjoin(gym_memberships, _IS_OTHER))
            .where(condition)
            .order_by(gym_memberships.c.joined_at_ms, gym_memberships.c.gym_id)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        if not rows:
            return None
        others = tuple(
            GymMembership(row.other_gym_id, row.other_member_number, row.other_joined_at_ms)
            for row in rows
            if row.other_gym_id is not None
        )
        return _member(rows[0], others)


def insert_member(connection: Connection, member: Member) -> None:
    """Store a member with all gyms; IntegrityError passes."""
    connection.execute(insert(members).values(_values_of(member)))
    rows = [_membership_row(member.member_id, one) for one in member.memberships]
    connection.execute(insert(gym_memberships), rows)


def _others(connection: Connection, member_ids: list[str]) -> dict[str, list[GymMembership]]:
    """Return the gyms that each of these members joined after the first one, by time."""
    query = (
        select(gym_memberships)
        .join(members, _IS_OTHER)
        .where(gym_memberships.c.member_id.in_(member_ids))
        .order_by(gym_memberships.c.joined_at_ms, gym_memberships.c.gym_id)
    )
    found: dict[str, list[GymMembership]] = {}
    for row in connection.execute(query):
        membership = GymMembership(row.gym_id, row.member_number, row.joined_at_ms)
        found.setdefault(row.member_id, []).append(membership)
    return found


def _membership_row(member_id: str, membership: GymMembership) -> dict[str, object]:
    return {
        "member_id": member_id,
        "gym_id": membership.gym_id,
        "member_number": membership.member_number,
        "joined_at_ms": membership.joined_at_ms,
    }


def _values_of(member: Member) -> dict[str, object]:
    """Return a member's row."""
    return {
        "member_id": member.member_id,
        "gym_id": member.gym_id,
        "member_number": member.member_number,
        "is_demo": member.is_demo,
        "created_at_ms": member.created_at_ms,
        **{name: getattr(member.profile, name) for name in _PROFILE},
    }


def _member(row: Row[*tuple[object, ...]], others: tuple[GymMembership, ...]) -> Member:
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read a row by name
    return Member(
        member_id=found["member_id"],
        gym_id=found["gym_id"],
        member_number=found["member_number"],
        is_demo=found["is_demo"],
        created_at_ms=found["created_at_ms"],
        profile=Profile(**{name: found[name] for name in _PROFILE}),
        other_gyms=others,
    )
