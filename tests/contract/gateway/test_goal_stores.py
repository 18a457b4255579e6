"""What a store of goals does, asked of the fake and of the SQL one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from backstride_gateway.adapters.sql_goals import SqlGoals
from backstride_gateway.domain.goals import Goals
from backstride_gateway.goal_ports import GoalStore
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine, writing
from backstride_shared.store.schema import members
from tests.fakes.gateway_goals import InMemoryGoals
from tests.servers.postgres import PostgresAddress


@pytest.fixture(scope="session", params=["in memory", "sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str | PostgresAddress:
    if request.param == "postgres":
        address: PostgresAddress = request.getfixturevalue("postgres")
        return address
    return str(request.param)


@pytest.fixture
def store(kind: str | PostgresAddress, tmp_path: Path) -> Iterator[GoalStore]:
    if kind == "in memory":
        yield InMemoryGoals()
        return
    url = (
        kind.fresh_database()
        if isinstance(kind, PostgresAddress)
        else f"sqlite:///{tmp_path}/store.db"
    )
    migrate(url)
    engine = open_engine(url)
    with writing(engine).begin() as connection:
        for number, member_id in enumerate(("m", "n")):
            row = {
                "member_id": member_id,
                "gym_id": "gym",
                "member_number": str(number),
                "display_name": member_id,
                "created_at_ms": 0,
            }
            connection.execute(insert(members).values(row))
    yield SqlGoals(engine)
    engine.dispose()


def test_who_never_set_a_goal_has_none(store: GoalStore) -> None:
    assert store.get("m") == Goals()


def test_goals_are_replaced_whole_and_are_of_one_member(store: GoalStore) -> None:
    store.put("m", Goals(minutes=90, kcal=600), 1)
    store.put("m", Goals(minutes=120, backward_minutes=15.5), 2)

    assert store.get("m") == Goals(minutes=120, backward_minutes=15.5)
    assert store.get("n") == Goals()
