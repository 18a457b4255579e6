"""Gyms, the treadmills that their staff registered, and the codes by which members join."""

from backstride_gateway.domain.accounts import code_hash_of
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.one_time_codes import new_code
from backstride_gateway.ports import Clock, GymStore
from backstride_gateway.treadmill_codes import TreadmillCodes
from backstride_shared.identity import TreadmillKey


class UnknownGymError(Exception):
    """No gym has this id."""


class NotRegisteredError(Exception):
    """The gym has no registered treadmill of this id."""


class GymRegistry:
    """What staff keep of their gym."""

    def __init__(self, gyms: GymStore, codes: TreadmillCodes, clock: Clock) -> None:
        self._gyms = gyms
        self._codes = codes
        self._clock = clock

    def all(self) -> list[Gym]:
        """Return all gyms by id."""
        return self._gyms.all()

    def get(self, gym_id: str) -> Gym:
        """Return a gym.

        Raises:
            UnknownGymError: when there is none of that id.

        """
        gym = self._gyms.get(gym_id)
        if gym is None:
            raise UnknownGymError(gym_id)
        return gym

    def add(self, gym_id: str, name: str) -> Gym:
        """Add a gym, which has no treadmills and no staff of its own yet.

        Raises:
            GymExistsError: when a gym of this id is there.

        """
        gym = Gym(gym_id=gym_id, name=name, created_at_ms=self._clock())
        self._gyms.add(gym)
        return gym

    def new_join_code(self, gym_id: str) -> str:
        """Return a new code by which members join; the one before works no more."""
        code = new_code()
        self._gyms.set_join_code(gym_id, code_hash_of(code))
        return code

    def end_join_code(self, gym_id: str) -> None:
        """Let nobody join by a code any more."""
        self._gyms.set_join_code(gym_id, None)

    def treadmills(self, gym_id: str) -> list[RegisteredTreadmill]:
        """Return a gym's registered treadmills by id."""
        return self._gyms.treadmills(gym_id)

    def is_registered(self, treadmill: TreadmillKey) -> bool:
        """Return whether staff registered a treadmill."""
        return self._gyms.is_registered(treadmill)

    def register(self, treadmill: TreadmillKey, name: str) -> RegisteredTreadmill:
        """Add a treadmill.

        Raises:
            TreadmillExistsError: when it is registered already.

        """
        added = RegisteredTreadmill(treadmill=treadmill, name=name, added_at_ms=self._clock())
        self._gyms.register(added)
        self._codes.of([treadmill])
        return added

    def unregister(self, treadmill: TreadmillKey) -> None:
        """Take a treadmill off the list; its past stays, its code leads nowhere.

        Raises:
            NotRegisteredError: when it is not on it.

        """
        if not self._gyms.unregister(treadmill):
            raise NotRegisteredError(treadmill)
        self._codes.forget(treadmill)

    def codes(self, gym_id: str) -> dict[str, str]:
        """Return the code of each registered treadmill of a gym."""
        return self._codes.of([TreadmillKey(one.treadmill) for one in self.treadmills(gym_id)])
