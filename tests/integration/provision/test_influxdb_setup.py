"""The set-up of InfluxDB on real servers: once, twice, after changes, and what the tokens open."""

from pathlib import Path

import pytest
from influxdb_client import Task
from influxdb_client.rest import ApiException
from pydantic import SecretStr

from backstride_shared.provision.influx_tasks import BucketNameError
from backstride_shared.provision.influxdb import InfluxSetupError, set_up
from backstride_shared.provision.settings import InfluxSetupBlock
from backstride_shared.series import SeriesUnavailableError
from backstride_shared.series.influx_answers import InfluxTokenError
from backstride_shared.series.influx_series import InfluxSeries
from tests.factories.series_points import run_of_points
from tests.servers.finding import fresh_name
from tests.servers.influxdb import InfluxAddress, LocalInfluxdb

PROGRAMS = ["gateway", "grafana", "recorder"]


@pytest.fixture
def wanted(influxdb: InfluxAddress, tmp_path: Path) -> InfluxSetupBlock:
    return InfluxSetupBlock(
        url=influxdb.url,
        operator_token=SecretStr(influxdb.operator_token),
        org=fresh_name("org"),
        tokens_folder=tmp_path / "tokens",
    )


def _tokens(wanted: InfluxSetupBlock) -> dict[str, str]:
    return {path.name: path.read_text().strip() for path in wanted.tokens_folder.iterdir()}


def _tasks(influxdb: InfluxAddress, org: str) -> list[Task]:
    with influxdb.operator(org) as client:
        found: list[Task] = client.tasks_api().find_tasks(org=org)
        return found


def _retention_days(influxdb: InfluxAddress, org: str) -> dict[str, float]:
    with influxdb.operator(org) as client:
        found = client.buckets_api().find_buckets(org=org).buckets
        return {
            one.name: one.retention_rules[0].every_seconds / 86_400
            for one in found
            if one.type != "system"
        }


def test_a_server_that_was_never_set_up_gets_its_operator(
    new_influxdb: LocalInfluxdb, tmp_path: Path
) -> None:
    address = new_influxdb.address
    wanted = InfluxSetupBlock(
        url=address.url,
        operator_token=SecretStr(address.operator_token),
        tokens_folder=tmp_path,
    )
    with pytest.raises(InfluxSetupError, match="OPERATOR_PASSWORD"):
        set_up(wanted)

    set_up(wanted.model_copy(update={"operator_password": SecretStr("long enough")}))

    assert _retention_days(address, "backstride") == {"belt": 90, "belt-per-minute": 1826}


def test_setting_up_twice_changes_nothing(
    influxdb: InfluxAddress, wanted: InfluxSetupBlock
) -> None:
    set_up(wanted)
    tokens, tasks = _tokens(wanted), _tasks(influxdb, wanted.org)

    set_up(wanted)

    assert sorted(tokens) == PROGRAMS
    assert _tokens(wanted) == tokens
    assert [task.updated_at for task in _tasks(influxdb, wanted.org)] == [
        task.updated_at for task in tasks
    ]
    assert len(tasks) == 2


def test_a_changed_retention_and_a_changed_task_are_mended(
    influxdb: InfluxAddress, wanted: InfluxSetupBlock
) -> None:
    set_up(wanted)
    before = {task.name: task.flux for task in _tasks(influxdb, wanted.org)}
    with influxdb.operator(wanted.org) as client:
        for task in _tasks(influxdb, wanted.org):
            client.tasks_api().update_task_request(
                task.id, {"flux": task.flux + "\n// changed by hand\n"}
            )

    set_up(wanted.model_copy(update={"retention_days": 30}))

    assert _retention_days(influxdb, wanted.org) == {"belt": 30, "belt-per-minute": 1826}
    assert {task.name: task.flux for task in _tasks(influxdb, wanted.org)} == before


def test_tokens_open_what_their_program_needs_and_no_more(wanted: InfluxSetupBlock) -> None:
    set_up(wanted)
    tokens = _tokens(wanted)

    def series(program: str, bucket: str) -> InfluxSeries:
        return InfluxSeries(wanted.url, wanted.org, bucket, tokens[program])

    recorder = series("recorder", wanted.bucket)
    recorder.write(run_of_points(3))
    assert recorder.count() == 3
    with pytest.raises(SeriesUnavailableError):
        series("recorder", wanted.per_minute_bucket).count()
    for reader in ("gateway", "grafana"):
        assert series(reader, wanted.bucket).count() == 3
        assert series(reader, wanted.per_minute_bucket).count() == 0
        with pytest.raises(InfluxTokenError):
            series(reader, wanted.bucket).write(run_of_points(1))


def test_tokens_are_files_for_their_owner_alone(wanted: InfluxSetupBlock) -> None:
    set_up(wanted)

    assert {oct(path.stat().st_mode & 0o777) for path in wanted.tokens_folder.iterdir()} == {
        "0o600"
    }


def test_a_lost_token_is_made_again_and_the_old_one_opens_nothing(
    wanted: InfluxSetupBlock,
) -> None:
    set_up(wanted)
    old = _tokens(wanted)
    (wanted.tokens_folder / "recorder").unlink()

    set_up(wanted)

    new = _tokens(wanted)
    assert new["recorder"] != old["recorder"]
    assert new["gateway"] == old["gateway"]
    with pytest.raises(InfluxTokenError):
        InfluxSeries(wanted.url, wanted.org, wanted.bucket, old["recorder"]).count()


def test_a_wrong_operator_is_told(wanted: InfluxSetupBlock) -> None:
    with pytest.raises(InfluxSetupError, match="operator's token"):
        set_up(wanted.model_copy(update={"operator_token": SecretStr("guessed")}))


def test_a_name_that_would_end_its_text_is_refused(wanted: InfluxSetupBlock) -> None:
    with pytest.raises(BucketNameError):
        set_up(wanted.model_copy(update={"bucket": 'belt") |> drop() //'}))


def test_the_server_says_no_to_what_a_task_may_not(
    influxdb: InfluxAddress, wanted: InfluxSetupBlock
) -> None:
    """InfluxDB checks a task's text when it takes it: what the set-up sends is sound Flux."""
    set_up(wanted)
    task = _tasks(influxdb, wanted.org)[0]
    with influxdb.operator(wanted.org) as client, pytest.raises(ApiException):
        client.tasks_api().update_task_request(task.id, {"flux": task.flux + "\n|> nonsense("})
