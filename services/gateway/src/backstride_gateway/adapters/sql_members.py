"""Members in the relational store."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.members import GymMembership, Member, Profile
from backstride_gateway.ports import MemberNumberTakenError
from backstride_shared.store.schema import accounts, gym_memberships, members

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
_OWN: Final = ("member_id", "gym_id", "member_number", "is_demo", "created_at_ms")

MEMBER_COLUMNS: Final = tuple(members.c[name] for name in (*_OWN, *_PROFILE))
GYM_COLUMNS: Final = (
    gym_memberships.c.gym_id,
    gym_memberships.c.member_number,
    gym_memberships.c.joined_at_ms,
)
ITS_GYM: Final = gym_memberships.c.member_id == members.c.member_id


class SqlMembers:
    """The port `Members` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(
        self, after_member_id: str | None, limit: int, gym_id: str | None = None
    ) -> list[Member]:
        """See the port."""
        query = select(*MEMBER_COLUMNS).order_by(members.c.member_id).limit(limit)
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
            gyms = _gyms(connection, [row.member_id for row in rows])
        return [_member(row, gyms.get(row.member_id, ())) for row in rows]

    def get(self, member_id: str) -> Member | None:
        """See the port."""
        with reading(self._engine) as connection:
            rows = connection.execute(_BY_ID, {"member_id": member_id}).all()
        return member_of_rows(rows) if rows else None

    def by_number(self, gym_id: str, member_number: str) -> Member | None:
        """See the port."""
        found = select(gym_memberships.c.member_id).where(
            gym_memberships.c.gym_id == gym_id,
            gym_memberships.c.member_number == member_number,
        )
        with reading(self._engine) as connection:
            rows = connection.execute(_with_gyms(members.c.member_id.in_(found))).all()
        return member_of_rows(rows) if rows else None

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
        its = gym_memberships.c.member_id == member_id
        others = (
            select(gym_memberships.c.gym_id, gym_memberships.c.member_number)
            .where(its, gym_memberships.c.gym_id != gym_id)
            .order_by(gym_memberships.c.joined_at_ms, gym_memberships.c.gym_id)
        )
        gone = delete(gym_memberships).where(its, gym_memberships.c.gym_id == gym_id)
        with writing_to(self._engine) as connection:
            # two who leave at once: the second one sees what the first one left
            connection.execute(
                select(members.c.member_id)
                .where(members.c.member_id == member_id)
                .with_for_update()
            )
            following = connection.execute(others).first()
            if following is None or not connection.execute(gone).rowcount:
                return False
            was_first = (members.c.member_id == member_id) & (members.c.gym_id == gym_id)
            next_first = {"gym_id": following.gym_id, "member_number": following.member_number}
            if connection.execute(update(members).where(was_first).values(next_first)).rowcount:
                connection.execute(
                    update(accounts)
                    .where(accounts.c.member_id == member_id, accounts.c.role == "member")
                    .values(gym_id=following.gym_id)
                )
        return True

    def replace(self, member: Member) -> None:
        """See the port."""
        profile = {name: getattr(member.profile, name) for name in _PROFILE}
        change = update(members).where(members.c.member_id == member.member_id).values(profile)
        with writing_to(self._engine) as connection:
            connection.execute(change)


def member_of_rows(rows: Sequence[Sequence[Any]]) -> Member:
    """Return a member of rows of MEMBER_COLUMNS and GYM_COLUMNS, one for each gym."""
    at = len(MEMBER_COLUMNS)
    return _member(rows[0], [GymMembership(*row[at:]) for row in rows if row[at] is not None])


def insert_member(connection: Connection, member: Member) -> None:
    """Store a member with all gyms; IntegrityError passes."""
    connection.execute(insert(members).values(_values_of(member)))
    rows = [_membership_row(member.member_id, one) for one in member.memberships]
    connection.execute(insert(gym_memberships), rows)


def _gyms(connection: Connection, member_ids: list[str]) -> dict[str, list[GymMembership]]:
    """Return the gyms of each of these members, by the time when they were joined."""
    query = (
        select(gym_memberships)
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


def _with_gyms(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(*MEMBER_COLUMNS, *GYM_COLUMNS)
        .select_from(members.outerjoin(gym_memberships, ITS_GYM))
        .where(condition)
        .order_by(gym_memberships.c.joined_at_ms, gym_memberships.c.gym_id)
    )


# made once: to make and to compare it costs more than to send it
_BY_ID: Final = _with_gyms(members.c.member_id == bindparam("member_id"))


def _member(row: Sequence[Any], gyms: Sequence[GymMembership]) -> Member:
    """Return a member of what begins with MEMBER_COLUMNS."""
    own = dict(zip(_OWN, row, strict=False))
    profile = Profile(**dict(zip(_PROFILE, row[len(_OWN) :], strict=False)))
    first = next((gym for gym in gyms if gym.gym_id == own["gym_id"]), None)
    return Member(
        **own,
        profile=profile,
        joined_at_ms=(
            None
            if first is None or first.joined_at_ms == own["created_at_ms"]
            else first.joined_at_ms
        ),
        other_gyms=tuple(gym for gym in gyms if gym is not first),
    )
