"""What the gateway needs of the world outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from backstride_gateway.domain.accounts import AccessToken, Account, AccountSession, OneTimeCode
from backstride_gateway.domain.alerts import AlertRecord
from backstride_gateway.domain.claiming import LastMoving, StoredClaim
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.domain.members import GymMembership, Member
from backstride_gateway.domain.platform import PlatformStatus
from backstride_gateway.domain.sessions import ALL_SESSIONS, SessionFilter, SessionRecord
from backstride_shared.fold.state import TreadmillState
from backstride_shared.frames import DeadLetter, TreadmillEvent
from backstride_shared.series.ports import SeriesMinute, SeriesPoint

Clock = Callable[[], int]
"""Returns now, in ms since 1970 UTC."""


class StoreUnavailableError(Exception):
    """The relational store cannot be used now; nothing of the call may be assumed done."""


class UnstorableError(Exception):
    """A value, such as a text with U+0000, for which the relational store has no place."""


class MemberNumberTakenError(Exception):
    """Another member of the gym has this number."""


class SignInNameTakenError(Exception):
    """Another account has this sign-in name."""


class CodeRefusedError(Exception):
    """A code that is unknown, used, out of date, or for something else."""


class GymExistsError(Exception):
    """A gym of this id is there already."""


class TreadmillExistsError(Exception):
    """A treadmill of this id is registered already."""


class LogUnavailableError(Exception):
    """The log did not acknowledge; the events may or may not be in it: send them again."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """A treadmill's state as the recorder stored it, and when."""

    state: TreadmillState
    written_at_ms: int


@dataclass(frozen=True, slots=True)
class SessionCursor:
    """Where a page of sessions, newest first, ended."""

    started_at_ms: int
    session_id: str


class Members(Protocol):
    """Members and their profiles; every method may raise StoreUnavailableError."""

    def all(
        self, after_member_id: str | None, limit: int, gym_id: str | None = None
    ) -> list[Member]:
        """Return up to `limit` members of a gym, or of all, by id, after the one named."""
        ...

    def get(self, member_id: str) -> Member | None:
        """Return the member, None when there is none of that id."""
        ...

    def by_number(self, gym_id: str, member_number: str) -> Member | None:
        """Return the member who keys in this number at a gym's consoles."""
        ...

    def add(self, member: Member) -> None:
        """Store a new member.

        Raises:
            MemberNumberTakenError: when the gym has a member of that number.

        """
        ...

    def join_gym(self, member_id: str, membership: GymMembership) -> None:
        """Add a gym to those of a member; one that they are of already changes nothing.

        Raises:
            MemberNumberTakenError: when the gym has a member of that number.

        """
        ...

    def leave_gym(self, member_id: str, gym_id: str) -> bool:
        """Take a gym from a member; False when they are not of it, or of no other.

        When it was the first of their gyms, the next one is, for the member and for their account.
        """
        ...

    def replace(self, member: Member) -> None:
        """Store a member's new profile."""
        ...


class Passwords(Protocol):
    """A slow hash for passwords, with a salt of its own each time."""

    def hash_of(self, password: str) -> str:
        """Return what is kept of a password."""
        ...

    def is_right(self, password_hash: str, password: str) -> bool:
        """Return whether the hash is of this password; False also for what is no hash."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether the hash was made with weaker parameters than those of today."""
        ...


class AccountStore(Protocol):
    """Accounts and how they come in; every method may raise StoreUnavailableError."""

    def has_admin(self) -> bool:
        """Return whether an administrator exists: until then the set-up code works."""
        ...

    def get(self, account_id: str) -> Account | None:
        """Return the account, None when there is none of that id."""
        ...

    def by_name(self, sign_in_name: str) -> Account | None:
        """Return the account of a normal sign-in name."""
        ...

    def of_member(self, member_id: str) -> Account | None:
        """Return the account of one who trains, None when they have none."""
        ...

    def set_up(
        self, code_hash: str, gym: Gym, treadmills: Sequence[RegisteredTreadmill], admin: Account
    ) -> None:
        """Store the first gym, its treadmills and the administrator at once; use up the code.

        Raises:
            CodeRefusedError: when the code is no set-up code, or an administrator exists.
            GymExistsError: when the gym exists.

        """
        ...

    def join(self, account: Account, member: Member | None, used_code_hash: str | None) -> None:
        """Store an account, a new member with it where one is given, and use up an invitation.

        Raises:
            CodeRefusedError: when the invitation was used meanwhile, or its member has an account.
            SignInNameTakenError: when another account has the name.
            MemberNumberTakenError: when the gym has a member of that number.

        """
        ...

    def use_up(self, code_hash: str) -> None:
        """Use up an invitation.

        Raises:
            CodeRefusedError: when it was used meanwhile.

        """
        ...

    def reset(self, code_hash: str, account_id: str, password_hash: str) -> None:
        """Set a password, use up the code, end all sessions and tokens of the account.

        Raises:
            CodeRefusedError: when the code was used meanwhile.

        """
        ...

    def change_password(self, account_id: str, password_hash: str) -> None:
        """Set a password."""
        ...

    def add_session(self, session: AccountSession, now_ms: int) -> None:
        """Store a session; those of the account that ran out by now are forgotten."""
        ...

    async def session(
        self, token_hash: str
    ) -> tuple[AccountSession, Account, Member | None] | None:
        """Return a session with its account and the member who that is, as they are now."""
        ...

    def end_session(self, token_hash: str) -> None:
        """Forget a session."""
        ...

    def end_sessions(self, account_id: str) -> None:
        """Forget all sessions of an account."""
        ...

    def add_token(self, token: AccessToken) -> None:
        """Store a token."""
        ...

    async def token(self, token_hash: str) -> tuple[AccessToken, Account, Member | None] | None:
        """Return a token with its account and the member who that is, as they are now."""
        ...

    def tokens(self, account_id: str) -> list[AccessToken]:
        """Return an account's tokens, oldest first."""
        ...

    def end_token(self, account_id: str, token_id: str) -> bool:
        """Forget a token; False when the account has none of that id."""
        ...

    def add_code(self, code: OneTimeCode, now_ms: int) -> None:
        """Store a code in place of those that ran out by now, and of the one before.

        There is one set-up code, and one reset code for an account.
        """
        ...

    def code(self, code_hash: str) -> OneTimeCode | None:
        """Return a code that was not used yet."""
        ...


class GymStore(Protocol):
    """Gyms and registered treadmills; every method may raise StoreUnavailableError."""

    def all(self) -> list[Gym]:
        """Return all gyms by id."""
        ...

    def get(self, gym_id: str) -> Gym | None:
        """Return the gym, None when there is none of that id."""
        ...

    def add(self, gym: Gym) -> None:
        """Store a new gym.

        Raises:
            GymExistsError: when a gym of this id is there.

        """
        ...

    def by_join_code(self, join_code_hash: str) -> Gym | None:
        """Return the gym that members join with this code."""
        ...

    def set_join_code(self, gym_id: str, join_code_hash: str | None) -> None:
        """Replace the code by which members join; None: nobody joins by a code."""
        ...

    def treadmills(self, gym_id: str) -> list[RegisteredTreadmill]:
        """Return a gym's registered treadmills by id."""
        ...

    def is_registered(self, treadmill: str) -> bool:
        """Return whether a treadmill is registered."""
        ...

    def register(self, treadmill: RegisteredTreadmill) -> None:
        """Store a treadmill.

        Raises:
            TreadmillExistsError: when it is registered already.

        """
        ...

    def unregister(self, treadmill: str) -> bool:
        """Forget a treadmill; False when it is not registered. Its past stays."""
        ...


class Claims(Protocol):
    """Claims, also the outbox of the log; every method may raise StoreUnavailableError."""

    def of_treadmill(self, treadmill: str) -> list[StoredClaim]:
        """Return the claims of a treadmill of the last eight days and the latest before those."""
        ...

    def get(self, claim_id: str) -> StoredClaim | None:
        """Return the claim, None when there is none of that id."""
        ...

    def of_member(self, member_id: str) -> list[StoredClaim]:
        """Return the claims of a member of the last eight days, in the order of their times."""
        ...

    def latest(self) -> list[StoredClaim]:
        """Return the latest claim of each treadmill."""
        ...

    def save(self, claims: Sequence[StoredClaim]) -> None:
        """Store these claims in one transaction, durable on return: new ones and changed ones."""
        ...

    def mark_stored(self, claims: Sequence[StoredClaim]) -> None:
        """Note what the stored states hold of these claims.

        A release that came in between stays unmarked: only the one looked at is confirmed.
        """
        ...

    def undelivered(self, limit: int) -> list[StoredClaim]:
        """Return claims of which the stored states do not yet hold everything, oldest first."""
        ...


class SessionHistory(Protocol):
    """What the recorder stored; every method may raise StoreUnavailableError."""

    def page(
        self,
        member_id: str,
        before: SessionCursor | None,
        limit: int,
        wanted: SessionFilter = ALL_SESSIONS,
    ) -> list[SessionRecord]:
        """Return up to `limit` sessions of a member, newest first, older than the cursor."""
        ...

    def between(self, member_id: str, from_ms: int, until_ms: int) -> list[SessionRecord]:
        """Return the sessions of a member that began in [from_ms, until_ms), in that order."""
        ...

    async def kept_between(
        self, member_id: str, from_ms: int, until_ms: int
    ) -> list[SessionRecord]:
        """Return the same, for who asks often and for years: kept from one time to the next.

        A change of an old session may be seen a second later; what is the same is the same object.
        """
        ...

    def recent(self, treadmill: str, since_ms: int) -> list[SessionRecord]:
        """Return up to 20 sessions on a treadmill that moved since then, newest first."""
        ...

    def get(self, session_id: str) -> SessionRecord | None:
        """Return the session, None when there is none of that id."""
        ...

    def backward_minutes(self, member_id: str, before_ms: int) -> float:
        """Return a member's minutes of backward gait in sessions that began before a moment."""
        ...

    def last_moving(self, claim_ids: Sequence[str]) -> LastMoving:
        """Return the last moving reading of each claim that has a session."""
        ...

    def states(self, treadmills: Sequence[str] | None = None) -> list[StoredState]:
        """Return the stored states of these treadmills, of all when none are named."""
        ...


@dataclass(frozen=True, slots=True)
class AlertCursor:
    """Where a page of alerts, newest first, ended."""

    raised_at_ms: int
    alert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts; None leaves a condition out. `is_active`: those that go on, or are over."""

    gym_id: str | None = None
    treadmill: str | None = None
    is_active: bool | None = None


class AlertHistory(Protocol):
    """Safety alerts that the recorder stored; may raise StoreUnavailableError."""

    def find(self, alert_id: str) -> AlertRecord | None:
        """Return one alert, None when it is not stored (yet)."""
        ...

    def page(
        self, wanted: AlertFilter, before: AlertCursor | None, limit: int
    ) -> list[AlertRecord]:
        """Return up to `limit` alerts, newest first, older than the cursor."""
        ...


class SeriesReader(Protocol):
    """The part of the series store that the gateway uses."""

    def read(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesPoint]:
        """Return the points of an interval, both ends included, in the order of time.

        Raises:
            SeriesUnavailableError: try again later.

        """
        ...

    def read_minutes(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesMinute]:
        """Return the minutes that touch an interval, in order; none where none are kept.

        Raises:
            SeriesUnavailableError: try again later.

        """
        ...


class EventLog(Protocol):
    """`treadmill-events.v1` and `dead-letters.v1`, as their producer."""

    async def append(self, treadmill: str, events: Sequence[TreadmillEvent]) -> None:
        """Return once the log has the events, as one record in the treadmill's partition.

        Raises:
            LogUnavailableError: when no acknowledgement came in time; sending again is harmless.

        """
        ...

    async def dead_letter(self, letter: DeadLetter) -> None:
        """Return once the dead-letter topic has the letter.

        Raises:
            LogUnavailableError: when no acknowledgement came in time.

        """
        ...


class StatusSource(Protocol):
    """What the platform as a whole did with its readings, where somebody counts that."""

    def read(self) -> PlatformStatus | None:
        """Return the latest counts, None when nobody tells any."""
        ...
