"""Who may see and change what: members their own, operators their gym, an admin everything."""

from dataclasses import dataclass, replace
from typing import Final

from backstride_gateway.domain.accounts import Account, Role
from backstride_gateway.domain.live_view import LiveTreadmill
from backstride_gateway.domain.members import Member, Profile
from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.identity import TreadmillKey, gym_id_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `account_id` None: whoever sits at a demonstration."""

    account_id: str | None
    role: Role
    gym_id: str | None
    member_id: str | None
    # the one who trains, read with this request
    member: Member | None = None
    can_write: bool = True
    # a program with a token cannot make itself more tokens, or change the password
    is_program: bool = False

    @property
    def gym_ids(self) -> frozenset[str]:
        """The gyms that the caller is of: a member's all, of staff their own."""
        own = frozenset() if self.gym_id is None else frozenset({self.gym_id})
        return own if self.member is None else own | self.member.gym_ids


DEMO_VISITOR: Final = Caller(account_id=None, role="admin", gym_id=None, member_id=None)


def caller_of(
    account: Account, member: Member | None, *, can_write: bool = True, is_program: bool = False
) -> Caller:
    """Return the account as one who asks, with the gyms of the member it belongs to."""
    return Caller(
        account_id=account.account_id,
        role=account.role,
        gym_id=account.gym_id,
        member_id=account.member_id,
        member=member,
        can_write=can_write,
        is_program=is_program,
    )


def is_staff_of(caller: Caller, gym_id: str) -> bool:
    """Return whether the caller runs this gym."""
    return caller.role == "admin" or (caller.role == "operator" and caller.gym_id == gym_id)


def is_of_gym(caller: Caller, gym_id: str) -> bool:
    """Return whether the caller may know that this gym is there."""
    return caller.role == "admin" or gym_id in caller.gym_ids


def is_own(caller: Caller, member_id: str | None) -> bool:
    """Return whether this member is the caller."""
    return member_id is not None and caller.member_id == member_id


def sees_member(caller: Caller, member: Member) -> bool:
    """Return whether the caller may know of a member."""
    return is_own(caller, member.member_id) or any(
        is_staff_of(caller, gym_id) for gym_id in member.gym_ids
    )


def seen_gym_of(caller: Caller, member: Member) -> str | None:
    """Return the gym to which the caller's view of a member is confined; None: to none."""
    return None if sees_body(caller, member) else caller.gym_id


def changes_profile(caller: Caller, member: Member) -> bool:
    """Return whether the caller may change what a member told about themselves."""
    return is_own(caller, member.member_id) or caller.role == "admin"


def sees_session(caller: Caller, session: SessionRecord) -> bool:
    """Return whether the caller may see a session."""
    return is_own(caller, session.member_id) or is_staff_of(
        caller, gym_id_of(TreadmillKey(session.treadmill))
    )


def changes_session(caller: Caller, session: SessionRecord) -> bool:
    """Return whether the caller may set a session right, and see what of a body was set."""
    return is_own(caller, session.member_id) or caller.role == "admin"


def sees_body(caller: Caller, member: Member) -> bool:
    """Return whether the caller may see body data: not as an operator."""
    return caller.role == "admin" or is_own(caller, member.member_id)


def shown_member(caller: Caller, member: Member) -> Member:
    """Return what an operator may see: no body data, and the name only with consent."""
    if sees_body(caller, member):
        return member
    member = member.seen_from(caller.gym_id)
    profile = member.profile
    name = profile.display_name if profile.is_name_shown else f"Member {member.member_number}"
    return replace(
        member,
        profile=Profile(
            display_name=name, time_zone=profile.time_zone, is_name_shown=profile.is_name_shown
        ),
    )


def sees_claim(caller: Caller, view: LiveTreadmill) -> bool:
    """Return whether the caller may know who holds a treadmill; that it is held, everybody may."""
    if view.claim is None or _is_staff_of_treadmill(caller, view.treadmill):
        return True
    return is_own(caller, view.claim.claim.member_id)


def sees_effort(caller: Caller, view: LiveTreadmill) -> bool:
    """Return whether the caller may see a treadmill's session, calories and heart rate now.

    A session without a claim is nobody's; the one before may still be shown after a new claim.
    """
    if _is_staff_of_treadmill(caller, view.treadmill) or view.session is None:
        return sees_claim(caller, view)
    held_id = None if view.claim is None else view.claim.claim.claim_id
    return view.session.claim_id == held_id and sees_claim(caller, view)


def _is_staff_of_treadmill(caller: Caller, treadmill: str) -> bool:
    return is_staff_of(caller, gym_id_of(TreadmillKey(treadmill)))
