"""A store with members and accounts in it is brought up to date, and nothing of them is lost."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from backstride_gateway.adapters.sql_claims import SqlClaims
from backstride_gateway.adapters.sql_gyms import SqlGyms
from backstride_gateway.adapters.sql_members import SqlMembers
from backstride_shared.store.migrate import check_schema, migrate
from backstride_shared.store.opening import open_engine, writing
from tests.servers.postgres import PostgresAddress

NOW_MS = 1_795_410_000_000
BEFORE = "0003_accounts"


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest) -> PostgresAddress | None:
    if request.param == "sqlite":
        return None
    address: PostgresAddress = request.getfixturevalue("postgres")
    return address


@pytest.fixture
def url(server: PostgresAddress | None, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db" if server is None else server.fresh_database()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def bring_to(engine: Engine, revision: str) -> None:
    config = Config()
    location = str(resources.files("backstride_shared.store") / "migrations")
    config.set_main_option("script_location", location)
    config.set_main_option("path_separator", "os")
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill(engine: Engine) -> None:
    """Put in what a gym had before: a member with an account, one without, a claim."""
    with engine.begin() as connection:
        members = (
            "INSERT INTO members (member_id, gym_id, member_number, display_name, is_demo, mass_kg,"
            " facing, has_beta_blocker, energy_model, time_zone, created_at_ms, is_name_shown)"
            " VALUES ('m', 'gym', '7', 'Ann', false, 61.5, 'away', true, 'acsm', 'Asia/Tokyo', 5,"
            " true), ('n', 'other', '7', 'Bob', true, NULL, 'console', false, 'acsm', 'UTC', 6,"
            " false)"
        )
        for statement in (
            "INSERT INTO gyms VALUES ('gym', 'Gym', NULL, 1)",
            "INSERT INTO treadmills VALUES ('gym/one', 'gym', 'One', 1)",
            members,
            "INSERT INTO accounts VALUES ('a', 'ann', 'hash', 'member', 'gym', 'm', 1)",
        ):
            connection.execute(text(statement))
        connection.execute(
            text(
                "INSERT INTO claims (claim_id, member_id, treadmill, claimed_at_ms, wearer,"
                " is_claim_stored, is_release_stored)"
                " VALUES ('c', 'm', 'gym/one', :at_ms, :wearer, false, false)"
            ),
            {"at_ms": NOW_MS, "wearer": b"{}"},
        )


def test_members_of_before_are_there_with_their_gym_and_number(url: str, engine: Engine) -> None:
    bring_to(engine, BEFORE)
    fill(engine)
    migrate(url)
    check_schema(engine)
    members = SqlMembers(engine)
    ann = members.by_number("gym", "7")
    assert ann is not None
    assert (ann.member_id, set(ann.gym_ids), ann.created_at_ms) == ("m", {"gym"}, 5)
    assert (ann.profile.mass_kg, ann.profile.time_zone) == (61.5, "Asia/Tokyo")
    assert (ann.profile.has_beta_blocker, ann.profile.is_name_shown) == (True, True)
    # nothing that was done with their data stops by the upgrade
    assert (ann.profile.is_calibration_allowed, ann.profile.is_heart_rate_used) == (True, True)
    bob = members.by_number("other", "7")
    assert bob is not None
    assert bob.member_id == "n"
    assert SqlGyms(engine).is_registered("gym/one")
    (claim,) = SqlClaims(engine, lambda: NOW_MS).undelivered(9)
    assert (claim.claim_id, claim.member_id) == ("c", "m")


def test_the_way_back_keeps_members_too(url: str, engine: Engine) -> None:
    bring_to(engine, BEFORE)
    fill(engine)
    migrate(url)
    config = Config()
    location = str(resources.files("backstride_shared.store") / "migrations")
    config.set_main_option("script_location", location)
    config.set_main_option("path_separator", "os")
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, BEFORE)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT member_number FROM members ORDER BY member_id"))
        assert [row[0] for row in found] == ["7", "7"]
