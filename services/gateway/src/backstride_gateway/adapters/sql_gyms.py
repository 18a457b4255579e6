"""Gyms and registered treadmills in the relational store."""

from sqlalchemy import Engine, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.ports import GymExistsError, TreadmillExistsError
from backstride_shared.identity import TreadmillKey, gym_id_of
from backstride_shared.store.schema import gyms, treadmills


class SqlGyms:
    """The port `GymStore` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Gym]:
        """See the port."""
        with reading(self._engine) as connection:
            return [_gym(row) for row in connection.execute(select(gyms).order_by(gyms.c.gym_id))]

    def get(self, gym_id: str) -> Gym | None:
        """See the port."""
        with reading(self._engine) as connection:
            row = connection.execute(select(gyms).where(gyms.c.gym_id == gym_id)).first()
        return None if row is None else _gym(row)

    def add(self, gym: Gym) -> None:
        """See the port."""
        try:
            with writing_to(self._engine) as connection:
                connection.execute(insert(gyms).values(gym_row(gym)))
        except IntegrityError:
            raise GymExistsError(gym.gym_id) from None

    def by_join_code(self, join_code_hash: str) -> Gym | None:
        """See the port."""
        query = select(gyms).where(gyms.c.join_code_hash == join_code_hash)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else _gym(row)

    def set_join_code(self, gym_id: str, join_code_hash: str | None) -> None:
        """See the port."""
        change = update(gyms).where(gyms.c.gym_id == gym_id).values(join_code_hash=join_code_hash)
        with writing_to(self._engine) as connection:
            connection.execute(change)

    def treadmills(self, gym_id: str) -> list[RegisteredTreadmill]:
        """See the port."""
        query = (
            select(treadmills).where(treadmills.c.gym_id == gym_id).order_by(treadmills.c.treadmill)
        )
        with reading(self._engine) as connection:
            return [
                RegisteredTreadmill(
                    treadmill=row.treadmill, name=row.name, added_at_ms=row.added_at_ms
                )
                for row in connection.execute(query)
            ]

    def is_registered(self, treadmill: str) -> bool:
        """See the port."""
        query = select(exists().where(treadmills.c.treadmill == treadmill))
        with reading(self._engine) as connection:
            return bool(connection.execute(query).scalar_one())

    def register(self, treadmill: RegisteredTreadmill) -> None:
        """See the port."""
        try:
            with writing_to(self._engine) as connection:
                connection.execute(insert(treadmills).values(treadmill_row(treadmill)))
        except IntegrityError:
            raise TreadmillExistsError(treadmill.treadmill) from None

    def unregister(self, treadmill: str) -> bool:
        """See the port."""
        with writing_to(self._engine) as connection:
            gone = connection.execute(delete(treadmills).where(treadmills.c.treadmill == treadmill))
            return gone.rowcount > 0


def gym_row(gym: Gym) -> dict[str, object]:
    """Return a gym's row."""
    return {
        "gym_id": gym.gym_id,
        "name": gym.name,
        "join_code_hash": gym.join_code_hash,
        "created_at_ms": gym.created_at_ms,
    }


def treadmill_row(treadmill: RegisteredTreadmill) -> dict[str, object]:
    """Return a registered treadmill's row."""
    return {
        "treadmill": treadmill.treadmill,
        "gym_id": gym_id_of(TreadmillKey(treadmill.treadmill)),
        "name": treadmill.name,
        "added_at_ms": treadmill.added_at_ms,
    }


def _gym(row: object) -> Gym:
    return Gym(**{name: getattr(row, name) for name in gyms.c.keys()})  # noqa: SIM118  columns
