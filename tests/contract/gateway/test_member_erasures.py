"""Erasing a member from the SQL stores: every table, and a receipt that names nobody."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    select,
)

from backstride_gateway.adapters.sql_changes import SqlChanges
from backstride_gateway.adapters.sql_member_erasures import SqlMemberErasures
from backstride_gateway.domain.changes import ChangeRequest
from backstride_gateway.domain.erasing import MemberErasure
from backstride_shared.energy import Wearer
from backstride_shared.frames import ErasureEvent
from backstride_shared.store.schema import (
    accounts,
    change_requests,
    claims,
    corrections,
    erasures,
    member_erasures,
    members,
    metadata,
)
from tests.factories.databases import Database

NOW_MS = 1_795_410_000_000
NAME = "ada-the-runner"
OF_NOBODY = {
    # what a gym has
    "gyms",
    "treadmills",
    "treadmill_codes",
    # what a treadmill did; of a claim the recorder keeps no more than its id, which names nobody
    "treadmill_states",
    "sessions",
    "alerts",
    "corrections",
    "erasures",
    "refolds_due",
    # the receipts
    "member_erasures",
}


@pytest.fixture
def engine(database: Database) -> Engine:
    return database.open_as("gateway")


def filled(table: Table, **known: object) -> dict[str, Any]:
    """Return a row with something in each column, NAME in every text that may hold it."""
    row: dict[str, Any] = {}
    for column in table.c:
        kind = column.type
        if isinstance(kind, Boolean):
            row[column.name] = False
        elif isinstance(kind, (Integer, BigInteger, Float)):
            row[column.name] = 1
        elif isinstance(kind, LargeBinary):
            row[column.name] = NAME.encode()
        else:
            row[column.name] = NAME[: getattr(kind, "length", None) or len(NAME)]
    return row | {key: value for key, value in known.items() if key in table.c}


def insert_member(engine: Engine, member_id: str) -> None:
    """Put a row of this member into every table that may have one."""
    ids = {
        "member_id": member_id,
        "account_id": f"account-of-{member_id}",
        "role": "member",
    }
    with engine.begin() as connection:
        gym = metadata.tables["gyms"]
        if connection.execute(select(gym)).first() is None:
            connection.execute(insert(gym).values(filled(gym, gym_id="gym")))
        for table in metadata.sorted_tables:
            if table.name in OF_NOBODY or table is claims or table is change_requests:
                continue
            unique = {
                column.name: f"{member_id}-{column.name}"[: getattr(column.type, "length", None)]
                for column in table.c
                if (column.primary_key or column.unique or column.name == "member_number")
                and not isinstance(column.type, (Integer, BigInteger))
            }
            connection.execute(
                insert(table).values(filled(table, **(unique | {"gym_id": "gym"} | ids)))
            )


def texts_of(engine: Engine) -> str:
    """Return everything that the store holds, as one text."""
    reflected = MetaData()
    reflected.reflect(engine)
    found: list[str] = []
    with engine.connect() as connection:
        for table in reflected.sorted_tables:
            found += [f"{table.name} {tuple(row)}" for row in connection.execute(select(table))]
    return "\n".join(found)


def erasure(member_id: str, code: str = "code") -> MemberErasure:
    return MemberErasure(
        erasure_id=f"erasure-of-{code}",
        member_id=member_id,
        code=code,
        code_hash=f"hash-of-{code}",
        requested_at_ms=NOW_MS,
        claims_count=0,
    )


def insert_claim(engine: Engine, claim_id: str, member_id: str) -> None:
    row = filled(claims, claim_id=claim_id, member_id=member_id, treadmill="gym/one")
    with engine.begin() as connection:
        connection.execute(insert(claims).values(row | {"wearer": msgspec.json.encode(Wearer())}))


def erase_claim(database: Database, claim_id: str, member_id: str) -> None:
    """Ask for a claim's erasure and do as the recorder does."""
    event = ErasureEvent("gym/one", f"e-{claim_id}", claim_id, 0, 10, 5)
    changes = SqlChanges(database.open_as("gateway"))
    changes.add(
        ChangeRequest(
            change_id=event.erasure_id,
            session_id=None,
            claim_id=claim_id,
            member_id=member_id,
            treadmill="gym/one",
            requested_at_ms=NOW_MS,
            event=event,
        )
    )
    assert changes.erased(9) == []
    gone = filled(erasures, erasure_id=event.erasure_id, claim_id=None, treadmill="gym/one")
    with database.open_as("recorder").begin() as connection:
        connection.execute(insert(erasures).values(gone | {"points_count": 600}))
    (done,) = changes.erased(9)
    changes.finish(done)
    assert changes.open_erasures() == 0


def test_nothing_of_a_member_is_left_in_any_table(engine: Engine) -> None:
    insert_member(engine, "ada")
    store = SqlMemberErasures(engine)
    store.begin(erasure("ada"))
    assert "ada" in texts_of(engine)

    assert store.finish("erasure-of-code", NOW_MS + 5, 2)

    left = texts_of(engine)
    # the gym's own row was filled with it too
    left = "\n".join(line for line in left.splitlines() if not line.startswith("gyms "))
    assert NAME not in left
    assert "ada" not in left.replace("metadata", "")


def test_others_keep_all_that_is_theirs(engine: Engine) -> None:
    insert_member(engine, "ada")
    insert_member(engine, "bob")
    before = texts_of(engine)
    store = SqlMemberErasures(engine)
    store.begin(erasure("ada"))
    store.finish("erasure-of-code", NOW_MS, 2)

    left = texts_of(engine)

    of_bob = [line for line in before.splitlines() if "bob" in line]
    assert [line for line in left.splitlines() if "bob" in line] == of_bob
    assert len(of_bob) >= 5


def test_every_table_is_a_members_or_is_known_to_hold_nothing_of_one() -> None:
    told = {table.name for table in metadata.sorted_tables}
    of_members = {
        table.name
        for table in metadata.sorted_tables
        if ("member_id" in table.c or "account_id" in table.c) and table is not member_erasures
    }

    assert told - of_members == OF_NOBODY
    assert corrections.name in OF_NOBODY


def test_a_member_with_a_claim_is_not_done_yet(database: Database, engine: Engine) -> None:
    insert_member(engine, "ada")
    insert_claim(engine, "claim", "ada")
    store = SqlMemberErasures(engine)
    begun = store.begin(erasure("ada"))
    assert begun.claims_count == 1
    assert [one.claim_id for one in store.claims_to_erase("ada", 9)] == ["claim"]
    assert not store.finish(begun.erasure_id, NOW_MS, 2)

    erase_claim(database, "claim", "ada")

    assert store.claims_to_erase("ada", 9) == []
    (going_on,) = store.unfinished()
    assert going_on.claims_erased_count == 1
    assert store.finish(begun.erasure_id, NOW_MS, 2)
    done = store.get(begun.erasure_id)
    assert done is not None
    assert done.receipt is not None
    removed = {one.what: one.count for one in done.receipt.removed}
    assert removed["readings, and their minutes"] == 600
    assert removed["exports"] >= 2
    assert (removed["claims"], removed["members"], removed["accounts"]) == (1, 1, 1)


def test_asked_for_again_it_is_the_same_with_its_code(engine: Engine) -> None:
    insert_member(engine, "ada")
    store = SqlMemberErasures(engine)
    first = store.begin(erasure("ada", "one"))

    assert store.begin(erasure("ada", "two")) == first


def test_the_receipt_knows_neither_member_nor_code(engine: Engine) -> None:
    insert_member(engine, "ada")
    store = SqlMemberErasures(engine)
    store.begin(erasure("ada"))
    store.finish("erasure-of-code", NOW_MS, 2)

    done = store.get("erasure-of-code")

    assert done is not None
    assert (done.member_id, done.code, done.finished_at_ms) == (None, None, NOW_MS)
    assert store.unfinished() == []


def test_staff_who_trained_keep_their_account_and_are_no_member_any_more(engine: Engine) -> None:
    insert_member(engine, "ada")
    with engine.begin() as connection:
        connection.execute(accounts.update().values(role="admin"))
    store = SqlMemberErasures(engine)
    store.begin(erasure("ada"))
    store.finish("erasure-of-code", NOW_MS, 2)

    with engine.connect() as connection:
        (left,) = connection.execute(select(accounts.c.role, accounts.c.member_id))
        assert tuple(left) == ("admin", None)
        assert connection.execute(select(members)).first() is None
