"""What the stores of accounts and gyms do, asked of the fakes and of the SQL ones."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from backstride_gateway.adapters.argon2_passwords import Argon2Passwords
from backstride_gateway.adapters.quick_reads import QuickReads
from backstride_gateway.adapters.sql_accounts import SqlAccounts
from backstride_gateway.adapters.sql_gyms import SqlGyms
from backstride_gateway.adapters.sql_members import SqlMembers
from backstride_gateway.domain.accounts import AccessToken, Account, AccountSession, OneTimeCode
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.domain.members import GymMembership, Member, Profile
from backstride_gateway.ports import (
    AccountStore,
    CodeRefusedError,
    GymExistsError,
    GymStore,
    MemberNumberTakenError,
    Members,
    Passwords,
    SignInNameTakenError,
    TreadmillExistsError,
)
from tests.factories.databases import Database
from tests.fakes.gateway_accounts import InMemoryAccounts, InMemoryGyms, PlainPasswords
from tests.fakes.gateway_stores import InMemoryMembers

NOW_MS = 1_795_410_000_000
GYM = Gym(gym_id="gym", name="Gym", created_at_ms=NOW_MS)
ADMIN = Account(
    account_id="a1",
    sign_in_name="owner",
    password_hash="hash",
    role="admin",
    gym_id="gym",
    member_id=None,
    created_at_ms=NOW_MS,
)
TREADMILL = RegisteredTreadmill(treadmill="gym/one", name="One", added_at_ms=NOW_MS)
MEMBER = Member(
    member_id="m1",
    gym_id="gym",
    member_number="7",
    is_demo=False,
    created_at_ms=NOW_MS,
    profile=Profile(display_name="Ann", is_name_shown=True),
)
ANN = replace(ADMIN, account_id="a2", sign_in_name="ann", role="member", member_id="m1")


@dataclass
class Stores:
    accounts: AccountStore
    gyms: GymStore
    members: Members


@pytest.fixture
async def stores(fake_or_database: Database | None) -> AsyncIterator[Stores]:
    """Return stores in which the owner has set the gym up."""
    if fake_or_database is None:
        gyms, members = InMemoryGyms(), InMemoryMembers()
        found = Stores(InMemoryAccounts(gyms, members), gyms, members)
        set_up(found)
        yield found
        return
    engine = fake_or_database.open_as("gateway")
    reads = QuickReads(engine)
    found = Stores(SqlAccounts(engine, reads), SqlGyms(engine), SqlMembers(engine))
    set_up(found)
    yield found
    await reads.close()


def set_up(stores: Stores) -> None:
    assert not stores.accounts.has_admin()
    code = OneTimeCode(code_hash="first", kind="set-up")
    stores.accounts.add_code(replace(code, code_hash="of an earlier start"), NOW_MS)
    stores.accounts.add_code(code, NOW_MS)
    with pytest.raises(CodeRefusedError):
        stores.accounts.set_up("of an earlier start", GYM, [TREADMILL], ADMIN)
    stores.accounts.set_up("first", GYM, [TREADMILL], ADMIN)


def invite(stores: Stores, code_hash: str = "invited") -> None:
    stores.accounts.add_code(
        OneTimeCode(
            code_hash=code_hash,
            kind="invitation",
            gym_id="gym",
            role="member",
            expires_at_ms=NOW_MS + 1,
        ),
        NOW_MS,
    )


def test_a_set_up_is_there_whole_and_cannot_be_repeated(stores: Stores) -> None:
    assert stores.accounts.has_admin()
    assert stores.accounts.get("a1") == ADMIN
    assert stores.accounts.by_name("owner") == ADMIN
    assert stores.gyms.all() == [GYM]
    assert stores.gyms.treadmills("gym") == [TREADMILL]
    stores.accounts.add_code(OneTimeCode(code_hash="second", kind="set-up"), NOW_MS)
    other = replace(GYM, gym_id="other")
    with pytest.raises(CodeRefusedError):
        stores.accounts.set_up("second", other, [], replace(ADMIN, account_id="a9"))
    assert stores.gyms.get("other") is None


def test_joining_brings_member_and_account_and_uses_the_code_up(stores: Stores) -> None:
    invite(stores)
    stores.accounts.join(ANN, MEMBER, "invited")
    assert stores.accounts.by_name("ann") == ANN
    assert stores.members.get("m1") == MEMBER
    assert stores.accounts.of_member("m1") == ANN
    assert stores.accounts.of_member("m2") is None
    assert stores.accounts.code("invited") is None
    with pytest.raises(CodeRefusedError):
        stores.accounts.join(replace(ANN, account_id="a3", sign_in_name="eve"), None, "invited")


def test_a_refused_join_changes_nothing(stores: Stores) -> None:
    stores.accounts.join(ANN, MEMBER, None)
    invite(stores)
    new = replace(MEMBER, member_id="m2", member_number="8")
    joiner = replace(ANN, account_id="a3", member_id="m2")
    with pytest.raises(SignInNameTakenError):
        stores.accounts.join(joiner, new, "invited")
    joiner = replace(joiner, sign_in_name="eve")
    with pytest.raises(MemberNumberTakenError):
        stores.accounts.join(joiner, replace(new, member_number="7"), "invited")
    with pytest.raises(CodeRefusedError):
        stores.accounts.join(replace(joiner, member_id="m1"), None, "invited")
    assert stores.accounts.code("invited") is not None
    assert stores.members.get("m2") is None
    assert stores.accounts.by_name("eve") is None


def signed_in(
    stores: Stores, account_id: str, *, can_write: bool
) -> tuple[AccountSession, AccessToken]:
    """Store and return a session and a token of an account."""
    session = AccountSession(
        token_hash="s", account_id=account_id, created_at_ms=NOW_MS, expires_at_ms=NOW_MS + 10
    )
    token = AccessToken(
        token_id="t",
        account_id=account_id,
        name="script",
        token_hash="h",
        can_write=can_write,
        created_at_ms=NOW_MS,
    )
    stores.accounts.add_session(session, NOW_MS)
    stores.accounts.add_token(token)
    return session, token


async def test_sessions_and_tokens_lead_to_their_account_until_they_end(stores: Stores) -> None:
    session, token = signed_in(stores, "a1", can_write=True)
    assert await stores.accounts.session("s") == (session, ADMIN, None)
    assert await stores.accounts.token("h") == (token, ADMIN, None)
    assert stores.accounts.tokens("a1") == [token]
    stores.accounts.add_session(
        replace(session, token_hash="s2", expires_at_ms=NOW_MS + 99), NOW_MS + 10
    )
    assert await stores.accounts.session("s") is None
    stores.accounts.end_session("s2")
    assert await stores.accounts.session("s2") is None
    assert not stores.accounts.end_token("a2", "t")
    assert stores.accounts.end_token("a1", "t")
    assert await stores.accounts.token("h") is None


async def test_sessions_and_tokens_lead_to_the_member_as_they_are_now(stores: Stores) -> None:
    stores.accounts.join(ANN, MEMBER, None)
    session, token = signed_in(stores, "a2", can_write=False)
    assert await stores.accounts.session("s") == (session, ANN, MEMBER)
    assert await stores.accounts.token("h") == (token, ANN, MEMBER)
    others = (GymMembership("other", "8", NOW_MS + 1), GymMembership("third", "9", NOW_MS + 2))
    for one in reversed(others):
        stores.members.join_gym("m1", one)
    assert await stores.accounts.session("s") == (session, ANN, replace(MEMBER, other_gyms=others))
    stores.members.leave_gym("m1", "other")
    assert await stores.accounts.token("h") == (token, ANN, replace(MEMBER, other_gyms=others[1:]))
    stores.accounts.change_password("a2", "changed")
    changed = replace(ANN, password_hash="changed")
    assert await stores.accounts.session("s") == (
        session,
        changed,
        replace(MEMBER, other_gyms=others[1:]),
    )


async def test_a_reset_sets_the_password_and_ends_what_was_open(stores: Stores) -> None:
    session = AccountSession(
        token_hash="s", account_id="a1", created_at_ms=NOW_MS, expires_at_ms=NOW_MS + 10
    )
    stores.accounts.add_session(session, NOW_MS)
    code = OneTimeCode(code_hash="r1", kind="reset", account_id="a1", expires_at_ms=NOW_MS + 5)
    stores.accounts.add_code(code, NOW_MS)
    stores.accounts.add_code(replace(code, code_hash="r2"), NOW_MS)
    with pytest.raises(CodeRefusedError):
        stores.accounts.reset("r1", "a1", "new")
    stores.accounts.reset("r2", "a1", "new")
    assert await stores.accounts.session("s") is None
    changed = stores.accounts.get("a1")
    assert changed is not None
    assert changed.password_hash == "new"
    with pytest.raises(CodeRefusedError):
        stores.accounts.reset("r2", "a1", "newer")


def test_codes_that_ran_out_are_forgotten(stores: Stores) -> None:
    invite(stores, "old")
    stores.accounts.add_code(
        OneTimeCode(code_hash="new", kind="invitation", expires_at_ms=NOW_MS + 9), NOW_MS + 1
    )
    assert stores.accounts.code("old") is None
    assert stores.accounts.code("new") is not None


def test_treadmills_are_registered_once_and_taken_off(stores: Stores) -> None:
    assert stores.gyms.is_registered("gym/one")
    with pytest.raises(TreadmillExistsError):
        stores.gyms.register(TREADMILL)
    assert stores.gyms.unregister("gym/one")
    assert not stores.gyms.unregister("gym/one")
    assert stores.gyms.treadmills("gym") == []


def test_a_gym_is_found_by_its_code_until_that_ends(stores: Stores) -> None:
    stores.gyms.set_join_code("gym", "hash")
    assert stores.gyms.by_join_code("hash") == replace(GYM, join_code_hash="hash")
    stores.gyms.set_join_code("gym", None)
    assert stores.gyms.by_join_code("hash") is None


def test_a_gym_is_added_once(stores: Stores) -> None:
    other = Gym(gym_id="other", name="Other", created_at_ms=NOW_MS)
    stores.gyms.add(other)
    assert stores.gyms.all() == [GYM, other]
    with pytest.raises(GymExistsError):
        stores.gyms.add(replace(other, name="Again"))
    assert stores.gyms.get("other") == other


def test_members_are_listed_by_gym(stores: Stores) -> None:
    stores.members.add(MEMBER)
    stores.members.add(replace(MEMBER, member_id="m2", gym_id="other"))
    assert [one.member_id for one in stores.members.all(None, 9, "other")] == ["m2"]
    assert len(stores.members.all(None, 9)) == 2


def test_a_member_of_several_gyms_has_a_number_in_each(stores: Stores) -> None:
    stores.members.add(MEMBER)
    stores.members.add(replace(MEMBER, member_id="m2", gym_id="other"))
    with pytest.raises(MemberNumberTakenError):
        stores.members.join_gym("m1", GymMembership("other", "7", NOW_MS))
    joined = GymMembership("other", "8", NOW_MS + 1)
    stores.members.join_gym("m1", joined)
    stores.members.join_gym("m1", GymMembership("other", "9", NOW_MS + 2))
    both = replace(MEMBER, other_gyms=(joined,))
    assert stores.members.get("m1") == both
    assert stores.members.by_number("gym", "7") == both
    assert stores.members.by_number("other", "8") == both
    assert stores.members.by_number("other", "9") is None
    assert [one.member_id for one in stores.members.all(None, 9, "other")] == ["m1", "m2"]
    stores.members.replace(replace(both, profile=Profile(display_name="New"), other_gyms=()))
    assert stores.members.by_number("other", "8") is not None
    assert stores.members.leave_gym("m1", "other")
    assert not stores.members.leave_gym("m1", "other"), "left already"
    assert stores.members.by_number("other", "8") is None
    assert not stores.members.leave_gym("m1", "gym"), "the only one"
    assert stores.members.by_number("gym", "7") is not None


def test_who_leaves_their_first_gym_is_from_then_on_first_of_the_next(stores: Stores) -> None:
    stores.members.add(MEMBER)
    stores.gyms.add(Gym(gym_id="other", name="Other", created_at_ms=NOW_MS))
    stores.accounts.join(ANN, None, None)
    stores.members.join_gym("m1", GymMembership("third", "9", NOW_MS + 2))
    stores.members.join_gym("m1", GymMembership("other", "8", NOW_MS + 1))
    assert stores.members.leave_gym("m1", "gym")
    third = GymMembership("third", "9", NOW_MS + 2)
    expected = replace(
        MEMBER,
        gym_id="other",
        member_number="8",
        joined_at_ms=NOW_MS + 1,
        other_gyms=(third,),
    )
    assert stores.members.get("m1") == expected
    assert stores.members.all(None, 9, "other") == [expected]
    assert stores.members.all(None, 9, "gym") == []
    assert stores.accounts.get("a2") == replace(ANN, gym_id="other")


@pytest.mark.parametrize("passwords", [PlainPasswords(), Argon2Passwords()])
def test_a_password_is_known_again_by_its_hash(passwords: Passwords) -> None:
    kept = passwords.hash_of("four horses run")
    assert passwords.is_right(kept, "four horses run")
    assert not passwords.is_right(kept, "four horses ran")
    assert not passwords.is_right("no hash at all", "four horses run")
    assert not passwords.is_outdated(kept)


def test_passwords_are_kept_by_argon2id_with_a_salt_of_their_own() -> None:
    passwords = Argon2Passwords()
    one, other = passwords.hash_of("same"), passwords.hash_of("same")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
