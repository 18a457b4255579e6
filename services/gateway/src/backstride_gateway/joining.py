"""How accounts come about: the owner's first start, invitations, a gym's code, forgotten passwords.

Using a code up and what it gives is one transaction.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog

from backstride_gateway.attempts import Attempts
from backstride_gateway.domain.accounts import (
    Account,
    ImplausibleAccountError,
    Role,
    check_password,
    code_hash_of,
    normal_sign_in_name,
)
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.domain.members import GymMembership, Member, Profile
from backstride_gateway.membership import UnknownMemberError
from backstride_gateway.one_time_codes import OneTimeCodes
from backstride_gateway.ports import (
    AccountStore,
    Clock,
    CodeRefusedError,
    GymStore,
    MemberNumberTakenError,
    Members,
    Passwords,
)
from backstride_shared.identity import treadmill_key

log = structlog.get_logger()

INVITATION_MS: Final = 7 * 86_400_000
RESET_MS: Final = 86_400_000
_NUMBER_TRIES: Final = 10
_LOWEST_NUMBER: Final = 100_000
_NUMBERS: Final = 900_000


class UnknownAccountError(Exception):
    """The gym has no account of this name."""


class HasAccountError(Exception):
    """The member signs in already; an invitation could never be used."""


class NotOfGymError(Exception):
    """The member is not of this gym."""


class OnlyGymError(Exception):
    """A member is of one gym at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A name and a password, as a person chose them."""

    sign_in_name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstGym:
    """What an owner says at the first start; `treadmills` are ids with names."""

    gym_id: str
    name: str
    treadmills: Sequence[tuple[str, str]] = ()


def _drawn_number() -> str:
    return str(_LOWEST_NUMBER + secrets.randbelow(_NUMBERS))


@dataclass(frozen=True, slots=True)
class _Invitation:
    """Whom a code lets in; `used_code_hash` None: a gym's code, which stays."""

    gym_id: str
    role: Role
    member_id: str | None
    used_code_hash: str | None


class Joining:
    """Makes accounts for those who have a code; safe to call from several threads."""

    def __init__(
        self,
        accounts: AccountStore,
        gyms: GymStore,
        members: Members,
        passwords: Passwords,
        attempts: Attempts,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._gyms = gyms
        self._members = members
        self._passwords = passwords
        self._attempts = attempts
        self._clock = clock
        self._codes = OneTimeCodes(accounts, attempts, clock)

    def is_set_up(self) -> bool:
        """Return whether an administrator exists."""
        return self._accounts.has_admin()

    def open_set_up(self, code: str | None) -> str | None:
        """Make the set-up code, a new one where none is given; None: an administrator exists."""
        if self._accounts.has_admin():
            return None
        return self._codes.open_set_up(code)

    def set_up(self, code: str, gym: FirstGym, credentials: Credentials, address: str) -> Account:
        """Make the first gym and its administrator, who may do everything.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            CodeRefusedError: when the code is wrong, or an administrator exists.
            ImplausibleAccountError: when name or password cannot be taken.
            GymExistsError: when a gym of this id is there.

        """
        code_hash = self._codes.checked(code, "set-up", address).code_hash
        name = self._checked_name(credentials)
        now_ms = self._clock()
        account = Account(
            account_id=str(uuid4()),
            sign_in_name=name,
            password_hash=self._passwords.hash_of(credentials.password),
            role="admin",
            gym_id=gym.gym_id,
            member_id=None,
            created_at_ms=now_ms,
        )
        self._accounts.set_up(
            code_hash,
            Gym(gym_id=gym.gym_id, name=gym.name, created_at_ms=now_ms),
            [
                RegisteredTreadmill(
                    treadmill=treadmill_key(gym.gym_id, treadmill_id),
                    name=treadmill_name,
                    added_at_ms=now_ms,
                )
                for treadmill_id, treadmill_name in gym.treadmills
            ],
            account,
        )
        log.info("set up", gym_id=gym.gym_id, account_id=account.account_id)
        return account

    def invite(self, gym_id: str, role: Role, member_id: str | None) -> tuple[str, int]:
        """Return a code for one new account of a gym, and when it runs out.

        Raises:
            UnknownMemberError: when the gym has no member of this id.
            HasAccountError: when the member has an account.

        """
        if member_id is not None:
            member = self._members.get(member_id)
            if member is None or gym_id not in member.gym_ids:
                raise UnknownMemberError(member_id)
            if self._accounts.of_member(member_id) is not None:
                raise HasAccountError("for a forgotten password there are reset codes")
        return self._codes.new(
            "invitation", INVITATION_MS, gym_id=gym_id, role=role, member_id=member_id
        )

    def join(self, code: str, credentials: Credentials, profile: Profile, address: str) -> Account:
        """Make an account by an invitation or a gym's code; whoever trains becomes a member.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            CodeRefusedError: when the code is unknown, used or out of date.
            ImplausibleAccountError: when name or password cannot be taken.
            SignInNameTakenError: when another account has the name.

        """
        invitation = self._invitation(code, address)
        name = self._checked_name(credentials)
        password_hash = self._passwords.hash_of(credentials.password)
        for _ in range(_NUMBER_TRIES):
            try:
                return self._join(invitation, name, password_hash, profile)
            except MemberNumberTakenError:
                # a number drawn by lot: draw again
                continue
        raise MemberNumberTakenError("no free number was drawn")

    def _join(
        self, invitation: _Invitation, name: str, password_hash: str, profile: Profile
    ) -> Account:
        member = None
        if invitation.role == "member" and invitation.member_id is None:
            member = self._new_member(invitation.gym_id, profile)
        account = Account(
            account_id=str(uuid4()),
            sign_in_name=name,
            password_hash=password_hash,
            role=invitation.role,
            gym_id=invitation.gym_id,
            member_id=invitation.member_id if member is None else member.member_id,
            created_at_ms=self._clock(),
        )
        self._accounts.join(account, member, invitation.used_code_hash)
        log.info("joined", account_id=account.account_id, gym_id=account.gym_id, role=account.role)
        return account

    def join_gym(self, member_id: str, code: str, address: str) -> tuple[GymMembership, bool]:
        """Make a member also one of another gym, by its code or an invitation.

        Return the membership, and whether it is new; an invitation to a gym that the member is
        of already stays unused.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            CodeRefusedError: when the code is unknown, used, out of date, or for staff.
            UnknownMemberError: when there is no member of this id.

        """
        invitation = self._invitation(code, address)
        if invitation.role != "member" or invitation.member_id is not None:
            raise CodeRefusedError
        member = self._members.get(member_id)
        if member is None:
            raise UnknownMemberError(member_id)
        for membership in member.memberships:
            if membership.gym_id == invitation.gym_id:
                return membership, False
        if invitation.used_code_hash is not None:
            self._accounts.use_up(invitation.used_code_hash)
        for _ in range(_NUMBER_TRIES):
            membership = GymMembership(invitation.gym_id, _drawn_number(), self._clock())
            try:
                self._members.join_gym(member_id, membership)
            except MemberNumberTakenError:
                continue
            log.info("joined another gym", gym_id=invitation.gym_id)
            return membership, True
        raise MemberNumberTakenError("no free number was drawn")

    def leave_gym(self, member_id: str, gym_id: str) -> None:
        """Make a member no longer one of a gym; what they did there stays theirs.

        When it is the first of their gyms, the next one is the first from then on: its staff help
        with a forgotten password.

        Raises:
            UnknownMemberError: when there is no member of this id.
            NotOfGymError: when they are not of this gym.
            OnlyGymError: when they are of no other gym.

        """
        member = self._members.get(member_id)
        if member is None:
            raise UnknownMemberError(member_id)
        if gym_id not in member.gym_ids:
            raise NotOfGymError(gym_id)
        if not self._members.leave_gym(member_id, gym_id):
            raise OnlyGymError("join another gym first, or erase your account")
        log.info("left a gym", gym_id=gym_id)

    def reset_code(self, gym_id: str, sign_in_name: str, roles: Sequence[Role]) -> tuple[str, int]:
        """Return a code by which somebody of a gym sets a new password, and when it runs out.

        Raises:
            UnknownAccountError: when the gym has no account of this name in one of the roles.

        """
        try:
            account = self._accounts.by_name(normal_sign_in_name(sign_in_name))
        except ImplausibleAccountError:
            account = None
        if account is None or account.gym_id != gym_id or account.role not in roles:
            raise UnknownAccountError(sign_in_name)
        return self._codes.new("reset", RESET_MS, account_id=account.account_id)

    def reset(self, code: str, new_password: str, address: str) -> Account:
        """Set a new password by a code; all sessions and tokens of the account end.

        Raises:
            TooManyAttemptsError: when it comes too soon after failures.
            CodeRefusedError: when the code is unknown, used or out of date.
            ImplausibleAccountError: when the password cannot be taken.

        """
        found = self._codes.checked(code, "reset", address)
        account = None if found.account_id is None else self._accounts.get(found.account_id)
        if account is None:
            raise CodeRefusedError
        check_password(new_password, account.sign_in_name)
        self._accounts.reset(
            found.code_hash, account.account_id, self._passwords.hash_of(new_password)
        )
        log.info("password reset", account_id=account.account_id)
        return account

    def _invitation(self, code: str, address: str) -> _Invitation:
        was_right = self._attempts.use_code(address)
        gym = self._gyms.by_join_code(code_hash_of(code))
        if gym is not None:
            invitation = _Invitation(gym.gym_id, "member", None, None)
        else:
            found = self._codes.found(code, "invitation")
            if found.gym_id is None or found.role is None:
                raise CodeRefusedError
            invitation = _Invitation(found.gym_id, found.role, found.member_id, found.code_hash)
        was_right()
        return invitation

    def _checked_name(self, credentials: Credentials) -> str:
        name = normal_sign_in_name(credentials.sign_in_name)
        check_password(credentials.password, name)
        return name

    def _new_member(self, gym_id: str, profile: Profile) -> Member:
        return Member(
            member_id=str(uuid4()),
            gym_id=gym_id,
            member_number=_drawn_number(),
            is_demo=False,
            created_at_ms=self._clock(),
            profile=profile,
        )
