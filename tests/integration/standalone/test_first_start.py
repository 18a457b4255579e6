"""The owner's first start, asked of the database that the gateway writes."""

from pathlib import Path

from backstride_gateway.adapters.quick_reads import QuickReads
from backstride_gateway.adapters.sql_accounts import SqlAccounts
from backstride_gateway.domain.accounts import Account, OneTimeCode
from backstride_gateway.domain.gyms import Gym
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_standalone.adapters.first_start import set_up_code

NOW_MS = 1_795_410_000_000


def test_there_is_a_code_until_an_administrator_exists(tmp_path: Path) -> None:
    database = tmp_path / "backstride.db"
    first = set_up_code(database)
    assert first is not None
    assert not database.exists()
    migrate(f"sqlite:///{database}")
    second = set_up_code(database)
    assert second is not None
    assert second != first

    engine = open_engine(f"sqlite:///{database}")
    accounts = SqlAccounts(engine, QuickReads(engine))
    accounts.add_code(OneTimeCode(code_hash="c", kind="set-up"), NOW_MS)
    owner = Account(
        account_id="a",
        sign_in_name="owner",
        password_hash="hash",
        role="admin",
        gym_id="gym",
        member_id=None,
        created_at_ms=NOW_MS,
    )
    accounts.set_up("c", Gym(gym_id="gym", name="Gym", created_at_ms=NOW_MS), [], owner)
    engine.dispose()
    assert set_up_code(database) is None


def test_a_database_of_before_accounts_has_no_administrator(tmp_path: Path) -> None:
    database = tmp_path / "backstride.db"
    database.touch()
    assert set_up_code(database) is not None
