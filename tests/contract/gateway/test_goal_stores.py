"""What a store of goals does, asked of the fake and of the SQL one."""

import pytest
from sqlalchemy import insert

from backstride_gateway.adapters.sql_goals import SqlGoals
from backstride_gateway.domain.goals import Goals
from backstride_gateway.goal_ports import GoalStore
from backstride_shared.store.opening import writing
from backstride_shared.store.schema import members
from tests.factories.databases import Database
from tests.fakes.gateway_goals import InMemoryGoals


@pytest.fixture
def store(fake_or_database: Database | None) -> GoalStore:
    if fake_or_database is None:
        return InMemoryGoals()
    engine = fake_or_database.open_as("gateway")
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
    return SqlGoals(engine)


def test_who_never_set_a_goal_has_none(store: GoalStore) -> None:
    assert store.get("m") == Goals()


def test_goals_are_replaced_whole_and_are_of_one_member(store: GoalStore) -> None:
    store.put("m", Goals(minutes=90, kcal=600), 1)
    store.put("m", Goals(minutes=120, backward_minutes=15.5), 2)

    assert store.get("m") == Goals(minutes=120, backward_minutes=15.5)
    assert store.get("n") == Goals()
