"""Sessions kept for summaries are those of the store, whatever happens to its rows."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine, delete, update

from backstride_gateway.adapters.kept_sessions import TRUSTED_S, KeptSessions
from backstride_gateway.adapters.quick_reads import QuickReads
from backstride_gateway.adapters.sql_claims import SqlClaims
from backstride_gateway.adapters.sql_members import SqlMembers
from backstride_shared.store.schema import sessions
from tests.contract.gateway.test_stores import claim, insert_session, member
from tests.factories.databases import Database
from tests.factories.session_records import session_record

NOW_MS = 1_795_410_000_000
HOUR_MS = 3_600_000
EVER_MS = 2**53


@dataclass
class Store:
    gateways: Engine
    recorders: Engine
    reads: QuickReads
    kept: KeptSessions
    now_s: float = 0.0

    async def found(self) -> list[str]:
        return [one.session_id for one in await self.kept.between("m", 0, EVER_MS)]

    def pass_time(self) -> None:
        self.now_s += TRUSTED_S


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    engine = database.open_as("gateway")
    recorders = database.open_as("recorder")
    reads = QuickReads(engine)
    kept = KeptSessions(engine, reads, monotonic_s=lambda: made.now_s)
    made = Store(engine, recorders, reads, kept)
    SqlMembers(engine).add(member("m"))
    SqlMembers(engine).add(member("other", "2"))
    claims = SqlClaims(engine, lambda: NOW_MS)
    claims.save([claim("c"), replace(claim("d"), member_id="other")])
    for number in range(9):
        insert_session(
            recorders, session_record(f"s{number}", NOW_MS + number * HOUR_MS, claim_id="c")
        )
    yield made
    await reads.close()


ALL = [f"s{number}" for number in range(9)]


async def test_asked_again_they_are_the_same_objects_and_in_the_order_of_their_beginnings(
    store: Store,
) -> None:
    first = await store.kept.between("m", 0, EVER_MS)
    second = await store.kept.between("m", 0, EVER_MS)
    assert [one.session_id for one in first] == ALL
    assert first == second
    assert first[0] is second[0]


@pytest.mark.parametrize(("from_h", "until_h"), [(0, 9), (2, 4), (7, 9), (3, 3), (-5, 1)])
async def test_a_part_of_what_is_kept_is_what_began_in_it(
    store: Store, from_h: int, until_h: int
) -> None:
    for _ in range(2):
        found = await store.kept.between("m", NOW_MS + from_h * HOUR_MS, NOW_MS + until_h * HOUR_MS)
        assert [one.session_id for one in found] == ALL[max(0, from_h) : until_h]


async def test_a_new_session_and_one_that_runs_on_are_seen_at_once(store: Store) -> None:
    await store.found()
    insert_session(store.recorders, session_record("new", NOW_MS + 9 * HOUR_MS, claim_id="c"))
    with store.recorders.begin() as connection:
        connection.execute(
            update(sessions).where(sessions.c.session_id == "s8").values(last_reading_at_ms=NOW_MS)
        )
    found = await store.kept.between("m", 0, EVER_MS)
    assert [one.session_id for one in found] == [*ALL, "new"]
    assert found[8].last_reading_at_ms == NOW_MS


def _delete(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(sessions).where(sessions.c.session_id == "s1"))


def _assign(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(sessions).where(sessions.c.session_id == "s1").values(claim_id="d")
        )


def _come_late(engine: Engine) -> None:
    insert_session(engine, session_record("late", NOW_MS - HOUR_MS, claim_id="c"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_delete, ["s0", *ALL[2:]]),
        (_assign, ["s0", *ALL[2:]]),
        (_come_late, ["late", *ALL]),
    ],
)
async def test_an_old_session_that_changes_is_seen_after_a_moment(
    store: Store, change: Callable[[Engine], None], expected: list[str]
) -> None:
    await store.found()
    change(store.recorders)
    store.pass_time()
    assert await store.found() == expected


@pytest.mark.parametrize(
    "values", [{"recomputed_at_ms": 5}, {"accepted_count": 7}, {"ended_at_ms": 7}, {"epoch": 3}]
)
async def test_an_old_session_that_is_computed_again_is_read_again(
    store: Store, values: dict[str, int]
) -> None:
    before = await store.kept.between("m", 0, EVER_MS)
    with store.recorders.begin() as connection:
        connection.execute(update(sessions).where(sessions.c.session_id == "s1").values(values))
    store.pass_time()
    after = await store.kept.between("m", 0, EVER_MS)
    assert after[1] is not before[1]


async def test_sessions_beyond_the_bound_are_forgotten_and_read_again(store: Store) -> None:
    small = KeptSessions(store.gateways, store.reads, max_sessions=3)
    for _ in range(2):
        assert [one.session_id for one in await small.between("m", 0, EVER_MS)] == ALL


async def test_the_latest_ones_count_as_kept_too(store: Store) -> None:
    small = KeptSessions(store.gateways, store.reads, max_sessions=8)
    before, _, after = [await small.between("m", 0, EVER_MS) for _ in range(3)]
    assert after[0] is not before[0]
    enough = KeptSessions(store.gateways, store.reads, max_sessions=9)
    before, _, after = [await enough.between("m", 0, EVER_MS) for _ in range(3)]
    assert after[0] is before[0]


async def test_many_new_sessions_after_the_last_read_are_all_there(store: Store) -> None:
    await store.found()
    new = [f"t{number:02}" for number in range(30)]
    for number, name in enumerate(new):
        started_at_ms = NOW_MS + (10 + number) * HOUR_MS
        insert_session(store.recorders, session_record(name, started_at_ms, claim_id="c"))
    assert [await store.found(), await store.found()] == [[*ALL, *new], [*ALL, *new]]


async def test_who_never_trained_has_none_and_gets_their_first_one(store: Store) -> None:
    assert await store.kept.between("other", 0, EVER_MS) == []
    insert_session(store.recorders, session_record("first", NOW_MS, claim_id="d"))
    found = await store.kept.between("other", 0, EVER_MS)
    assert [one.session_id for one in found] == ["first"]
