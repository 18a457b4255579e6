"""What the gateway's stores do, asked of the fakes and of the SQL ones."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine, insert

from backstride_gateway.adapters.quick_reads import QuickReads
from backstride_gateway.adapters.sql_claims import SqlClaims
from backstride_gateway.adapters.sql_gym_sums import SqlGymSums
from backstride_gateway.adapters.sql_history import SqlHistory
from backstride_gateway.adapters.sql_members import SqlMembers
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.members import Member, Profile
from backstride_gateway.domain.sessions import SessionFilter, SessionRecord, ended_at_ms
from backstride_gateway.gym_statistics import GymSum, GymSums
from backstride_gateway.gym_view import SessionsOfGym
from backstride_gateway.ports import (
    Claims,
    MemberNumberTakenError,
    Members,
    SessionCursor,
    SessionHistory,
    StoredState,
    UnstorableError,
)
from backstride_recorder.adapters.session_rows import session_row
from backstride_shared.energy import Wearer
from backstride_shared.fold.state import STATE_VERSION, TreadmillState, encode_state
from backstride_shared.frames import SessionSnapshot
from backstride_shared.store.schema import sessions, treadmill_states
from tests.factories.databases import Database
from tests.factories.session_records import session_record
from tests.fakes.gateway_gym_sums import InMemoryGymSums
from tests.fakes.gateway_stores import InMemoryClaims, InMemoryHistory, InMemoryMembers

NOW_MS = 1_795_410_000_000
DAY_MS = 86_400_000
ONE, TWO = "gym/one", "gym/two"


@dataclass
class Stores:
    members: Members
    claims: Claims
    history: SessionHistory
    gym_sums: GymSums
    put_session: Callable[[SessionRecord], None]
    put_state: Callable[[StoredState], None]


@pytest.fixture
async def stores(fake_or_database: Database | None) -> AsyncIterator[Stores]:
    if fake_or_database is None:
        claims = InMemoryClaims()
        history = InMemoryHistory(claims)

        def put_state(stored: StoredState) -> None:
            history.stored_states[stored.state.treadmill] = stored

        members = InMemoryMembers()
        sums = InMemoryGymSums(history, members)
        yield Stores(members, claims, history, sums, history.put, put_state)
        return
    engine = fake_or_database.open_as("gateway")
    recorders = fake_or_database.open_as("recorder")
    reads = QuickReads(engine)
    yield Stores(
        SqlMembers(engine),
        SqlClaims(engine, lambda: NOW_MS),
        SqlHistory(engine, reads),
        SqlGymSums(engine),
        lambda session: insert_session(recorders, session),
        lambda stored: insert_state(recorders, stored),
    )
    await reads.close()


def insert_session(engine: Engine, session: SessionRecord) -> None:
    snapshot = SessionSnapshot(
        session_id=session.session_id,
        treadmill=session.treadmill,
        claim_id=session.claim_id,
        purpose=session.purpose,
        started_at_ms=session.started_at_ms,
        last_moving_at_ms=session.last_moving_at_ms,
        last_reading_at_ms=session.last_reading_at_ms,
        ended_at_ms=session.ended_at_ms,
        model_version=session.model_version,
        totals=session.totals,
        is_facing_away=session.is_facing_away,
    )
    with engine.begin() as connection:
        connection.execute(
            insert(sessions).values(session_row(snapshot, (0, 1), session.recomputed_at_ms))
        )


def insert_state(engine: Engine, stored: StoredState) -> None:
    state = stored.state
    with engine.begin() as connection:
        connection.execute(
            insert(treadmill_states).values(
                treadmill=state.treadmill,
                epoch=state.epoch,
                accepted_count=state.accepted_count,
                state=encode_state(state),
                written_at_ms=stored.written_at_ms,
            )
        )


def member(member_id: str, number: str = "1", *, gym_id: str = "gym") -> Member:
    return Member(
        member_id=member_id,
        gym_id=gym_id,
        member_number=number,
        is_demo=False,
        created_at_ms=NOW_MS,
        profile=Profile(
            display_name=f"Member {number}",
            mass_kg=70.5,
            height_cm=171.0,
            birth_year=1990,
            sex="female",
            facing="away",
            resting_heart_rate_bpm=60.0,
            max_heart_rate_bpm=185.0,
            vo2max_ml_per_kg_per_min=41.0,
            has_beta_blocker=True,
            energy_model="acsm",
            time_zone="Europe/Berlin",
        ),
    )


def claim(claim_id: str, days_ago: float = 0.0, *, treadmill: str = ONE) -> StoredClaim:
    return StoredClaim(
        claim_id=claim_id,
        member_id="m",
        treadmill=treadmill,
        claimed_at_ms=NOW_MS - round(days_ago * DAY_MS),
        wearer=Wearer(mass_kg=70.5, age_years=36.0, sex="female", backward_minutes=12.5),
        purpose="training",
    )


def test_a_member_comes_back_as_it_was_stored(stores: Stores) -> None:
    stores.members.add(member("m"))
    assert stores.members.get("m") == member("m")
    assert stores.members.by_number("gym", "1") == member("m")


def test_who_is_not_there_is_none(stores: Stores) -> None:
    assert stores.members.get("m") is None
    assert stores.members.by_number("gym", "1") is None
    assert stores.members.all(None, 10) == []


def test_a_number_belongs_to_one_member_of_a_gym(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.members.add(member("n", gym_id="other"))
    with pytest.raises(MemberNumberTakenError):
        stores.members.add(member("o"))


def test_a_profile_is_replaced_whole(stores: Stores) -> None:
    stores.members.add(member("m"))
    changed = replace(member("m"), profile=Profile(display_name="Another"))
    stores.members.replace(changed)
    assert stores.members.get("m") == changed


def test_members_come_in_pages_by_their_ids(stores: Stores) -> None:
    for member_id in ("b", "c", "a"):
        stores.members.add(member(member_id, member_id))
    assert [one.member_id for one in stores.members.all(None, 2)] == ["a", "b"]
    assert [one.member_id for one in stores.members.all("b", 2)] == ["c"]


def test_a_claim_comes_back_as_it_was_saved_also_when_changed(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("a"), claim("b", treadmill=TWO)])
    released = replace(claim("a"), released_at_ms=NOW_MS + 5)
    stores.claims.save([released])
    assert stores.claims.of_treadmill(ONE) == [released]
    assert stores.claims.of_treadmill("gym/never") == []


def test_claims_of_a_treadmill_include_the_latest_however_old(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("older", 40), claim("old", 30)])
    assert "old" in {one.claim_id for one in stores.claims.of_treadmill(ONE)}
    stores.claims.save([claim("week", 6), claim("now")])
    found = [one.claim_id for one in stores.claims.of_treadmill(ONE)]
    assert found[-3:] == ["old", "week", "now"]


def test_the_latest_claim_of_each_treadmill(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("a", 2), claim("b", 1), claim("c", 3, treadmill=TWO)])
    found = {one.treadmill: one.claim_id for one in stores.claims.latest()}
    assert found == {ONE: "b", TWO: "c"}


def test_claims_of_a_member_on_all_treadmills_within_eight_days(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.members.add(member("n", "2"))
    own = [claim("a", 7.0), claim("b", 1.0, treadmill=TWO)]
    stores.claims.save([*own, replace(claim("c"), member_id="n")])
    assert stores.claims.of_member("m") == own


def test_a_claim_is_undelivered_until_everything_of_it_is_stored(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("b", 1), claim("a", 2), claim("c", 0)])
    assert [one.claim_id for one in stores.claims.undelivered(2)] == ["a", "b"]
    stores.claims.mark_stored([replace(claim("a", 2), is_claim_stored=True)])
    assert [one.claim_id for one in stores.claims.undelivered(10)] == ["b", "c"]
    released = replace(claim("a", 2), is_claim_stored=True, released_at_ms=NOW_MS)
    stores.claims.save([released])
    assert [one.claim_id for one in stores.claims.undelivered(1)] == ["a"]
    stores.claims.mark_stored([replace(released, is_release_stored=True)])
    assert [one.claim_id for one in stores.claims.undelivered(10)] == ["b", "c"]


def test_a_release_that_came_after_the_look_stays_undelivered(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([replace(claim("a"), is_claim_stored=True, released_at_ms=NOW_MS + 9)])
    looked_at = replace(
        claim("a"), is_claim_stored=True, released_at_ms=NOW_MS, is_release_stored=True
    )
    stores.claims.mark_stored([looked_at])
    assert [one.claim_id for one in stores.claims.undelivered(10)] == ["a"]


def test_sessions_of_a_member_come_newest_first_page_by_page(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("c")])
    for number in range(5):
        # two begin at the same moment: the id decides
        stores.put_session(session_record(f"s{number}", NOW_MS + number // 2, claim_id="c"))
    stores.put_session(session_record("nobody", NOW_MS))
    first = stores.history.page("m", None, 2)
    assert [one.session_id for one in first] == ["s4", "s3"]
    assert first[0].member_id == "m"
    cursor = SessionCursor(first[-1].started_at_ms, first[-1].session_id)
    assert [one.session_id for one in stores.history.page("m", cursor, 9)] == ["s2", "s1", "s0"]
    assert stores.history.page("somebody", None, 9) == []


def test_sessions_are_picked_by_time_purpose_treadmill_and_backward_gait(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("c")])
    forward = session_record("forward", NOW_MS, claim_id="c", treadmill="gym/one")
    backward = session_record(
        "backward", NOW_MS + 10, claim_id="c", treadmill="gym/two", backward_s=60
    )
    stores.put_session(replace(forward, purpose="training"))
    stores.put_session(backward)

    def found(wanted: SessionFilter) -> list[str]:
        page = stores.history.page("m", None, 9, wanted)
        return [one.session_id for one in page]

    assert found(SessionFilter()) == ["backward", "forward"]
    assert found(SessionFilter(purpose="training")) == ["forward"]
    assert found(SessionFilter(treadmill="gym/two")) == ["backward"]
    assert found(SessionFilter(has_backward=True)) == ["backward"]
    assert found(SessionFilter(has_backward=False)) == ["forward"]
    assert found(SessionFilter(from_ms=NOW_MS + 1)) == ["backward"]
    assert found(SessionFilter(from_ms=NOW_MS, until_ms=NOW_MS + 10)) == ["forward"]
    assert found(SessionFilter(purpose="training", has_backward=True)) == []


def test_a_session_comes_back_with_its_sums_and_its_member(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("c")])
    session = session_record("s", NOW_MS, claim_id="c", duration_s=900, backward_s=300)
    stores.put_session(session)
    assert stores.history.get("s") == replace(session, member_id="m")
    stores.put_session(session_record("nobody", NOW_MS))
    found = stores.history.get("nobody")
    assert found is not None
    assert found.member_id is None
    assert stores.history.get("unknown") is None


def test_a_session_is_over_when_its_claim_was_released_though_no_reading_came_since(
    stores: Stores,
) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("c")])
    session = session_record("s", NOW_MS, claim_id="c", duration_s=900)
    stores.put_session(session)
    at_ms = session.last_reading_at_ms + 1000
    found = stores.history.get("s")
    assert found is not None
    assert ended_at_ms(found, at_ms) is None
    stores.claims.save([replace(claim("c"), released_at_ms=at_ms)])
    found = stores.history.get("s")
    assert found is not None
    assert ended_at_ms(found, at_ms) == session.last_moving_at_ms
    assert ended_at_ms(found, at_ms - 1) is None


def test_a_text_that_no_store_may_hold_is_no_outage(stores: Stores) -> None:
    """PostgreSQL has no place for U+0000; asked again it would have none either."""
    try:
        found = stores.members.by_number("gym", "\x00")
    except UnstorableError:
        found = None
    assert found is None


async def test_what_was_done_in_one_gym_is_told_from_the_rest(stores: Stores) -> None:
    stores.members.add(member("m"))
    places = (("a", "gym/one"), ("b", "gym-2/one"), ("c", "gy/one"))
    for hours, (name, treadmill) in enumerate(places, start=1):
        stores.claims.save([claim(name, treadmill=treadmill)])
        started_at_ms = NOW_MS - hours * 3_600_000
        stores.put_session(
            session_record(
                name, started_at_ms, claim_id=name, treadmill=treadmill, backward_s=60.0 * hours
            )
        )
    found = stores.history.page("m", None, 9, SessionFilter(gym_id="gym"))
    assert [one.session_id for one in found] == ["a"]
    confined = SessionsOfGym(stores.history, "gym-2")
    assert [one.session_id for one in confined.page("m", None, 9)] == ["b"]
    assert [one.session_id for one in confined.between("m", 0, NOW_MS)] == ["b"]
    assert [one.session_id for one in await confined.kept_between("m", 0, NOW_MS)] == ["b"]
    assert (confined.get("b") is None, confined.get("a")) == (False, None)
    assert confined.backward_minutes("m", NOW_MS) == 2.0
    assert stores.history.backward_minutes("m", NOW_MS) == 6.0


def test_sums_of_a_gym_count_who_agreed_and_nobodys_apart(stores: Stores) -> None:
    agreed = member("m")
    agreed = replace(agreed, profile=replace(agreed.profile, is_counted_in_statistics=True))
    stores.members.add(agreed)
    stores.members.add(member("n", "2"))
    for name, member_id in (("a", "m"), ("b", "m"), ("c", "n")):
        stores.claims.save([replace(claim(name), member_id=member_id)])
        stores.put_session(
            session_record(name, NOW_MS, claim_id=name, treadmill=ONE, backward_s=60.0)
        )
    stores.put_session(session_record("d", NOW_MS, treadmill=TWO, backward_s=120.0))
    stores.put_session(session_record("e", NOW_MS, treadmill="gym-2/one"))
    of_members = stores.gym_sums.of_members("gym", NOW_MS, NOW_MS + 1)
    assert (of_members.sessions_count, of_members.members_count) == (2, 1)
    assert (of_members.forward_s, of_members.backward_s) == (1080.0, 120.0)
    of_nobody = stores.gym_sums.of_nobody("gym", NOW_MS, NOW_MS + 1)
    assert (of_nobody.sessions_count, of_nobody.backward_s) == (1, 120.0)
    assert stores.gym_sums.of_nobody("gym", NOW_MS + 1, NOW_MS + 2) == GymSum()


def test_recent_sessions_of_a_treadmill_are_those_that_moved_since(stores: Stores) -> None:
    for name, minutes_ago, treadmill in (
        ("a", 60, ONE),
        ("b", 30, ONE),
        ("c", 20, ONE),
        ("d", 20, TWO),
    ):
        started_at_ms = NOW_MS - minutes_ago * 60_000
        stores.put_session(session_record(name, started_at_ms, treadmill=treadmill))
    since_ms = NOW_MS - 20 * 60_000
    assert [one.session_id for one in stores.history.recent(ONE, since_ms)] == ["c", "b"]
    assert stores.history.recent(ONE, NOW_MS) == []


async def test_sessions_of_an_interval_begin_in_it_and_come_in_that_order(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("c")])
    for name, at_ms in {"after": 100, "last": 99, "first": 0, "before": -1}.items():
        stores.put_session(session_record(name, NOW_MS + at_ms, claim_id="c"))
    found = stores.history.between("m", NOW_MS, NOW_MS + 100)
    assert [one.session_id for one in found] == ["first", "last"]
    assert await stores.history.kept_between("m", NOW_MS, NOW_MS + 100) == found


def test_backward_minutes_are_those_of_a_members_sessions_before_a_moment(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("c")])
    assert stores.history.backward_minutes("m", NOW_MS) == 0.0
    stores.put_session(session_record("a", NOW_MS - 9, claim_id="c", backward_s=300))
    stores.put_session(session_record("b", NOW_MS - 8, claim_id="c", backward_s=90))
    stores.put_session(session_record("later", NOW_MS, claim_id="c", backward_s=600))
    stores.put_session(session_record("nobody", NOW_MS - 8, backward_s=600))
    assert stores.history.backward_minutes("m", NOW_MS) == pytest.approx(6.5)


def test_the_last_motion_of_each_claim(stores: Stores) -> None:
    stores.members.add(member("m"))
    stores.claims.save([claim("c"), claim("d"), claim("none")])
    stores.put_session(session_record("a", NOW_MS, claim_id="c", duration_s=60))
    stores.put_session(session_record("b", NOW_MS + 100_000, claim_id="c", duration_s=10))
    stores.put_session(session_record("e", NOW_MS, claim_id="d", duration_s=1))
    found = stores.history.last_moving(["c", "none"])
    assert dict(found) == {"c": NOW_MS + 110_000}
    assert dict(stores.history.last_moving([])) == {}


def test_states_come_back_all_or_those_named(stores: Stores) -> None:
    stored = [
        StoredState(TreadmillState(STATE_VERSION, treadmill, epoch=1, accepted_count=7), NOW_MS)
        for treadmill in (ONE, TWO)
    ]
    for one in stored:
        stores.put_state(one)
    assert sorted(stores.history.states(), key=lambda one: one.state.treadmill) == stored
    assert stores.history.states([TWO]) == [stored[1]]
    assert stores.history.states(["gym/never"]) == []
