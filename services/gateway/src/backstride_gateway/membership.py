"""Members: listed, created, changed; demo members made when the platform is a demonstration."""

import threading
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4, uuid5

import structlog

from backstride_gateway.domain.members import Member, Profile, profile_problems, version_of
from backstride_gateway.domain.periods import local_year
from backstride_gateway.member_body import MemberBody
from backstride_gateway.ports import Clock, MemberNumberTakenError, Members

log = structlog.get_logger()

DEMO_GYM_ID: Final = "demo"
_DEMO_NAMESPACE: Final = UUID("0d6f5f0e-7f4c-5a63-8f1b-3a5f0a1b9c77")

DEMO_PROFILES: Final[dict[str, Profile]] = {
    "1001": Profile(
        display_name="Ada",
        mass_kg=62.0,
        height_cm=165.0,
        birth_year=1996,
        sex="female",
        resting_heart_rate_bpm=58.0,
        vo2max_ml_per_kg_per_min=44.0,
    ),
    "1002": Profile(
        display_name="Ben",
        mass_kg=75.0,
        height_cm=178.0,
        birth_year=1986,
        sex="male",
        resting_heart_rate_bpm=60.0,
        vo2max_ml_per_kg_per_min=42.0,
    ),
    "1003": Profile(
        display_name="Cem",
        mass_kg=95.0,
        height_cm=180.0,
        birth_year=1971,
        sex="male",
        resting_heart_rate_bpm=68.0,
    ),
    # 68 years: outside what was studied, so that the flag for it is seen in the demonstration
    "1004": Profile(
        display_name="Dora", mass_kg=55.0, height_cm=158.0, birth_year=1958, sex="female"
    ),
}


class UnknownMemberError(Exception):
    """No member has this id."""


class ProfileChangedError(Exception):
    """Somebody changed the profile after it was read."""


class ImplausibleProfileError(Exception):
    """A profile that no person has; `problems` holds one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep the problems; the message is all of them."""
        super().__init__("; ".join(problems))
        self.problems = problems


class Membership:
    """What can be done with members."""

    def __init__(self, members: Members, body: MemberBody, clock: Clock) -> None:
        self._members = members
        self._body = body
        self._clock = clock
        # comparing a profile and replacing it is one step
        self._lock = threading.Lock()

    def all(
        self, after_member_id: str | None, limit: int, gym_id: str | None = None
    ) -> list[Member]:
        """Return up to `limit` members, of one gym or of all, in the order of their ids."""
        return self._members.all(after_member_id, limit, gym_id)

    def get(self, member_id: str) -> Member:
        """Return a member.

        Raises:
            UnknownMemberError: when there is none of that id.

        """
        member = self._members.get(member_id)
        if member is None:
            raise UnknownMemberError(member_id)
        return member

    def by_number(self, gym_id: str, member_number: str) -> Member:
        """Return the member who has this number in a gym.

        Raises:
            UnknownMemberError: when nobody has.

        """
        member = self._members.by_number(gym_id, member_number)
        if member is None:
            raise UnknownMemberError(member_number)
        return member

    def create(self, gym_id: str, member_number: str, profile: Profile) -> Member:
        """Store and return a new member.

        Raises:
            ImplausibleProfileError: when no person has this profile.
            MemberNumberTakenError: when the gym has a member of that number.

        """
        self._check(profile)
        member = Member(
            member_id=str(uuid4()),
            gym_id=gym_id,
            member_number=member_number,
            is_demo=False,
            created_at_ms=self._clock(),
            profile=profile,
        )
        self._members.add(member)
        return member

    def change(
        self, member_id: str, profile: Profile, expected: frozenset[str] | None = None
    ) -> Member:
        """Store and return a member with another profile; claims keep what they have frozen.

        `expected` are versions of the profile that may be replaced, None: any. Another mass
        begins today in the history of masses.

        Raises:
            UnknownMemberError: when there is none of that id.
            ProfileChangedError: when the profile is none of those expected.
            ImplausibleProfileError: when no person has this profile.

        """
        self._check(profile)
        with self._lock:
            member = self.get(member_id)
            if expected is not None and version_of(member.profile) not in expected:
                raise ProfileChangedError("read it again, then change it")
            changed = replace(member, profile=profile)
            if profile.mass_kg != member.profile.mass_kg:
                self._body.note_mass(member, profile.mass_kg)
            self._members.replace(changed)
        return changed

    def make_demo_members(self) -> None:
        """Create the demonstration's members, once: who was erased does not come back."""
        if any(member.is_demo for member in self._members.all(None, 1, DEMO_GYM_ID)):
            return
        for member_number, profile in DEMO_PROFILES.items():
            if self._members.by_number(DEMO_GYM_ID, member_number) is not None:
                continue
            member = Member(
                member_id=str(uuid5(_DEMO_NAMESPACE, f"{DEMO_GYM_ID}/{member_number}")),
                gym_id=DEMO_GYM_ID,
                member_number=member_number,
                is_demo=True,
                created_at_ms=self._clock(),
                profile=profile,
            )
            try:
                self._members.add(member)
            except MemberNumberTakenError:
                continue
            log.info("demo member created", member_number=member_number)

    def _check(self, profile: Profile) -> None:
        problems = profile_problems(profile, local_year(self._clock(), profile.time_zone))
        if problems:
            raise ImplausibleProfileError(problems)
