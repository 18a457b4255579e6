"""What stores of exports do, asked of the fakes and of the real ones; what an export is made of."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, LargeBinary, insert

from backstride_gateway.adapters.export_folder import ExportFolder
from backstride_gateway.adapters.sql_exports import SqlExportJobs
from backstride_gateway.adapters.sql_personal_data import (
    INNER_COLUMNS,
    JSON_COLUMNS,
    LEFT_OUT,
    SqlPersonalData,
)
from backstride_gateway.domain.exports import ExportJob
from backstride_gateway.export_ports import ExportFiles, ExportJobs
from backstride_shared.store.schema import metadata
from tests.factories.databases import Database
from tests.fakes.gateway_exports import InMemoryExportFiles, InMemoryExportJobs


@pytest.fixture
def engine(database: Database) -> Engine:
    return database.open_as("gateway")


def check_jobs(jobs: ExportJobs) -> None:
    first = ExportJob(export_id="a", member_id="m", requested_at_ms=1)
    second = ExportJob(
        export_id="b",
        member_id="m",
        requested_at_ms=2,
        status="failed",
        attempts=3,
        sessions_count=600,
        sessions_done=7,
        ended_at_ms=5,
        expires_at_ms=9,
        file_bytes=2**40,
        reason="no room",
    )
    other = ExportJob(export_id="c", member_id="n", requested_at_ms=3)
    for job in (second, other, first):
        jobs.add(job)
    assert jobs.get("b") == second
    assert jobs.get("d") is None
    assert jobs.of_member("m") == [second, first]
    assert jobs.all() == [first, second, other]
    done = ExportJob(export_id="a", member_id="m", requested_at_ms=1, status="ready", file_bytes=8)
    assert jobs.update(done)
    assert jobs.get("a") == done
    jobs.remove("a")
    jobs.remove("a")
    assert jobs.get("a") is None
    assert not jobs.update(done)


def test_jobs_in_memory_are_kept() -> None:
    check_jobs(InMemoryExportJobs())


def test_jobs_in_a_database_are_kept(engine: Engine) -> None:
    check_jobs(SqlExportJobs(engine))


@pytest.fixture(params=["in memory", "folder"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> ExportFiles:
    if request.param == "folder":
        return ExportFolder(tmp_path / "exports")
    return InMemoryExportFiles()


def test_a_file_is_there_when_it_is_whole(files: ExportFiles) -> None:
    with files.writing("a") as target:
        target.write(b"half")
        target.flush()
        assert files.path("a") is None
        assert files.keep("a") == 4
    path = files.path("a")
    assert path is not None
    assert path.read_bytes() == b"half"
    assert files.used_bytes() == 4
    files.delete("a")
    files.delete("a")
    assert files.path("a") is None


def test_what_was_not_kept_leaves_nothing(files: ExportFiles) -> None:
    def give_up() -> None:
        with files.writing("a") as target:
            target.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        give_up()
    assert files.path("a") is None
    assert files.used_bytes() == 0


def test_files_of_nobody_are_deleted(files: ExportFiles) -> None:
    for name in ("a", "b"):
        with files.writing(name):
            files.keep(name)
    files.keep_only(["b"])
    assert files.path("a") is None
    assert files.path("b") is not None


def test_files_in_the_folder_are_the_owners_alone(tmp_path: Path) -> None:
    files = ExportFolder(tmp_path / "exports")
    (tmp_path / "exports").mkdir(mode=0o700)
    (tmp_path / "exports" / "notes.txt").write_text("not ours")
    (tmp_path / "exports" / "old.part").write_text("a crash left it")
    with files.writing("a") as target:
        target.write(b"x")
        files.keep("a")
    path = files.path("a")
    assert path is not None
    assert path.stat().st_mode & 0o077 == 0
    files.keep_only([])
    assert [one.name for one in (tmp_path / "exports").iterdir()] == ["notes.txt"]


SECRET = "canary-of-a-secret"


def fill(database: Database) -> None:
    """Put a row of member m into the tables of today, with a fingerprint where one is kept."""
    member = {"gym_id": "g", "display_name": "Ada", "created_at_ms": 1_795_406_900_000}
    tables = metadata.tables
    with database.open_as("recorder").begin() as connection:
        for name in ("m", "n"):
            connection.execute(
                insert(tables["alerts"]).values(
                    alert_id=f"alert-{name}",
                    treadmill="g/one",
                    kind="fast-turn",
                    raised_at_ms=1,
                    device_id="d",
                    claim_id=f"claim-{name}",
                )
            )
    with database.open_as("gateway").begin() as connection:
        for name in ("m", "n"):
            connection.execute(
                insert(tables["members"]).values(member_id=name, member_number=name, **member)
            )
            connection.execute(
                insert(tables["claims"]).values(
                    claim_id=f"claim-{name}",
                    member_id=name,
                    treadmill="g/one",
                    claimed_at_ms=1_795_406_900_000,
                    wearer=json.dumps({"mass_kg": 61.5}).encode(),
                )
            )
        connection.execute(
            insert(tables["accounts"]).values(
                account_id="account",
                sign_in_name="ada",
                password_hash=SECRET,
                role="member",
                member_id="m",
                created_at_ms=1,
            )
        )
        connection.execute(
            insert(tables["access_tokens"]).values(
                token_id="token",
                account_id="account",
                name="watch",
                token_hash=SECRET,
                can_write=False,
                created_at_ms=1,
            )
        )


def test_a_members_rows_are_told_without_secrets_and_without_those_of_others(
    database: Database, engine: Engine
) -> None:
    fill(database)
    data = SqlPersonalData(engine)
    told = {table: list(data.rows(table, "m")) for table in data.tables()}
    (profile,) = told["members"]
    assert (profile["member_id"], profile["created_at"]) == ("m", "2026-11-23T04:08:20.000Z")
    (claim,) = told["claims"]
    assert claim["wearer"] == {"mass_kg": 61.5}
    assert claim["released_at"] is None
    assert [alert["alert_id"] for alert in told["alerts"]] == ["alert-m"]
    assert [token["name"] for token in told["access_tokens"]] == ["watch"]
    assert SECRET not in json.dumps(told)


def test_every_table_that_names_a_member_is_told_or_left_out_for_a_reason(engine: Engine) -> None:
    told = set(SqlPersonalData(engine).tables()) | LEFT_OUT.keys()
    for table in metadata.sorted_tables:
        if {"member_id", "account_id", "claim_id"} & set(table.c.keys()):
            assert table.name in told


def test_every_column_of_bytes_is_read_or_known(engine: Engine) -> None:
    for name in SqlPersonalData(engine).tables():
        for column in metadata.tables[name].c:
            if isinstance(column.type, LargeBinary):
                assert column.name in JSON_COLUMNS | INNER_COLUMNS, f"{name}.{column.name}"
