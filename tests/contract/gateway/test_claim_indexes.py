"""The questions asked of the claims every second stay cheap, however many years are stored."""

import pytest
from sqlalchemy import Engine, event, text

from backstride_gateway.adapters.sql_claims import SqlClaims
from tests.factories.databases import OWNER, Database

NOW_MS = 1_795_410_000_000
CLAIMS = 20_000
"""Of 40 treadmills and 200 members over two years: enough for PostgreSQL to prefer an index."""


@pytest.fixture
def engine(database: Database) -> Engine:
    engine = database.open_as("gateway")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO members (member_id, gym_id, member_number, display_name, is_demo,"
                " facing, has_beta_blocker, energy_model, time_zone, created_at_ms)"
                " VALUES (:id, 'gym', :id, 'M', false, 'console', false, 'acsm', 'UTC', 0)"
            ),
            [{"id": f"m{number}"} for number in range(200)],
        )
        connection.execute(
            text(
                "INSERT INTO claims (claim_id, member_id, treadmill, claimed_at_ms, wearer,"
                " is_claim_stored, is_release_stored)"
                " VALUES (:id, :member_id, :treadmill, :at_ms, :wearer, true, false)"
            ),
            [
                {
                    "id": f"c{number}",
                    "member_id": f"m{number % 200}",
                    "treadmill": f"gym/{number % 40}",
                    "at_ms": NOW_MS - number * 3_000_000,
                    "wearer": b"{}",
                }
                for number in range(CLAIMS)
            ],
        )
    owner = database.open_as(OWNER)  # as the server itself does after a while
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return engine


def plans_of(engine: Engine, ask: str) -> str:
    """Return how the store finds what a method of the port asks for."""
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        store = SqlClaims(engine, lambda: NOW_MS)
        {
            "undelivered": lambda: store.undelivered(500),
            "of a treadmill": lambda: store.of_treadmill("gym/3"),
            "of a member": lambda: store.of_member("m3"),
        }[ask]()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    statement, values = next(one for one in asked if one[0].startswith("SELECT"))
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(explain + statement, values).all()  # type: ignore[arg-type]
    return "\n".join(" ".join(str(part) for part in row) for row in rows)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        ("undelivered", "ix_claims_undelivered"),
        ("of a treadmill", "ix_claims_treadmill_claimed_at_ms"),
        ("of a member", "ix_claims_member_id_claimed_at_ms"),
    ],
)
def test_what_is_asked_every_second_is_found_by_an_index(
    engine: Engine, ask: str, index: str
) -> None:
    plan = plans_of(engine, ask)
    assert index in plan, plan
    for scan in ("SCAN claims\n", "Seq Scan on claims"):
        assert scan not in plan + "\n", plan
