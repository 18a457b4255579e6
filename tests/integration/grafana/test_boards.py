"""Every panel's query on real servers that hold a simulated hour, as the users that Grafana is."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from backstride_shared.fold.alerts import AlertKind
from backstride_shared.provision.postgres import RIGHTS
from backstride_shared.provision.postgres import set_up as set_roles_up
from backstride_shared.series.influx_series import InfluxSeries
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from infra.grafana.alert_rules import rules
from infra.grafana.boards import safety
from infra.grafana.dashboards import boards
from infra.grafana.panels import INFLUXDB, POSTGRES
from tests.integration.grafana.asking import Row, Target, ask_influxdb, ask_postgres, targets
from tests.integration.grafana.simulated_hour import END_MS, START_MS, write_hour
from tests.servers.influxdb import InfluxAddress, InfluxBucket
from tests.servers.postgres import PostgresAddress

BOARDS = boards()
HOUR_MIN = 60.0
FORWARD_MIN = 1_200 / 60 + 1_200 / 60  # of the member
BACKWARD_MIN = 1_170 / 60

Shape = Callable[[list[Row]], None]


@pytest.fixture(scope="module")
def stores(
    influxdb: InfluxAddress, postgres: PostgresAddress, tmp_path_factory: pytest.TempPathFactory
) -> tuple[InfluxBucket, str]:
    """Lend a bucket, and a database as Grafana's role sees it, which hold the hour."""
    bucket = influxdb.fresh_bucket()
    url = postgres.fresh_database()
    migrate(url)
    passwords = tmp_path_factory.mktemp("passwords")
    for rights in RIGHTS:
        (passwords / rights.role).write_text(secrets.token_hex(16))
    set_roles_up(url, passwords)
    engine = open_engine(url)
    series = InfluxSeries(bucket.url, bucket.org, bucket.bucket, bucket.token)
    write_hour(series, engine)
    series.close()
    engine.dispose()
    password = Path(passwords / "grafana").read_text()
    as_grafana = make_url(url).set(drivername="postgresql", username="grafana", password=password)
    return bucket, as_grafana.render_as_string(hide_password=False)


def of_every(column: str, values: set[object]) -> Shape:
    def check(rows: list[Row]) -> None:
        assert {row[column] for row in rows} == values

    return check


def one(**expected: object) -> Shape:
    def check(rows: list[Row]) -> None:
        assert rows == [pytest.approx(expected, rel=0.01)]

    return check


def over_time(column: str, least: float, greatest: float, count: int) -> Shape:
    """Want so many values within bounds that are nearly reached."""

    def check(rows: list[Row]) -> None:
        values = [row[column] for row in rows]
        assert len(values) == count
        assert min(values) == pytest.approx(least, abs=0.01)
        assert max(values) == pytest.approx(greatest, abs=0.01)

    return check


def floor_counts(rows: list[Row]) -> None:
    assert {row["state"]: row["treadmills"] for row in rows} == {"forward": 2, "silent": 1}


def floor_table(rows: list[Row]) -> None:
    assert {row["treadmill"]: row["state"] for row in rows} == {
        "gym/treadmill-01": "forward",
        "gym/treadmill-02": "silent",
        "gym/treadmill-03": "forward",
    }
    first = rows[0]
    assert first["speed_m_per_s"] == pytest.approx(1.2)
    assert first["silent_s"] == pytest.approx(1.0, abs=0.1)
    assert first["gross_kcal_per_min"] > 1.0


def energy_over_time(rows: list[Row]) -> None:
    assert len(rows) == 357
    assert all(0 < row["net"] < row["gross"] < 20 for row in rows)


def gaps(rows: list[Row]) -> None:
    assert [row["gap"] for row in rows] == [pytest.approx(31.0)]


def sessions_of_treadmill(rows: list[Row]) -> None:
    (row,) = rows
    assert row["purpose"] == "training"
    # a gap counts 5 s of what went before
    assert row["forward_min"] == pytest.approx(FORWARD_MIN, abs=0.2)
    assert row["backward_min"] == pytest.approx(BACKWARD_MIN, abs=0.2)
    assert row["turns"] == 2
    assert row["gross_kcal"] > 100
    assert 0 < row["band_percent"] < 60


def both_ways_in_one_hour(rows: list[Row]) -> None:
    (row,) = rows
    assert row["time"].timestamp() * 1000 == START_MS
    assert row["forward"] > row["backward"] > 0


def moving_belts(rows: list[Row]) -> None:
    assert len(rows) == 60
    assert {row["forward"] for row in rows} == {0.0, 1.0, 2.0}
    assert max(row["reverse"] for row in rows) == 1.0


def by_treadmill(rows: list[Row]) -> None:
    assert [row["treadmill"] for row in rows] == [f"gym/treadmill-0{n}" for n in (1, 2, 3)]
    assert all(row["sessions"] >= 1 and row["gross_kcal"] > 0 for row in rows)


def by_kind(rows: list[Row]) -> None:
    counts = {row["kind"]: row["alerts"] for row in rows}
    assert set(counts) == set(safety.TITLES.values())
    assert counts[safety.TITLES[AlertKind.EMERGENCY_STOP]] == 1
    assert counts[safety.TITLES[AlertKind.REVERSE_TOO_FAST]] == 1
    assert counts[safety.TITLES[AlertKind.PRESENCE_LOST]] == 1
    assert counts[safety.TITLES[AlertKind.DEVICE_CONFLICT]] == 0


def alerts_of_the_hour(rows: list[Row]) -> None:
    too_fast = next(row for row in rows if row["kind"] == AlertKind.REVERSE_TOO_FAST)
    assert too_fast["treadmill"] == "gym/treadmill-02"
    assert too_fast["speed_m_per_s"] == pytest.approx(2.4)
    assert 0 < too_fast["limit_m_per_s"] < 2.4
    assert 50 < too_fast["lasted_s"] < 80
    assert START_MS / 1000 < too_fast["raised"].timestamp() < END_MS / 1000


def by_hour(rows: list[Row]) -> None:
    assert {row["time"].timestamp() * 1000 for row in rows} == {START_MS}
    assert {AlertKind.EMERGENCY_STOP, AlertKind.PRESENCE_LOST} <= {row["metric"] for row in rows}


def fastest_reverse(rows: list[Row]) -> None:
    assert {row["treadmill"] for row in rows} == {"gym/treadmill-01", "gym/treadmill-02"}
    assert max(row["_value"] for row in rows) == pytest.approx(2.4)


def energy_of_the_day(rows: list[Row]) -> None:
    (row,) = rows
    assert 100 < row["net"] < row["gross"] < 1_000


def minutes_of_the_day(rows: list[Row]) -> None:
    (row,) = rows
    assert row["forward"] == pytest.approx(FORWARD_MIN + 600 / 60 + 400 / 60, abs=0.5)
    assert row["backward"] == pytest.approx(BACKWARD_MIN + 60 / 60, abs=0.5)


SHAPES: dict[tuple[str, str], Shape] = {
    ("floor", "Treadmills by what they do"): floor_counts,
    ("floor", "Safety alerts that go on"): one(**{"open alerts": 1}),
    ("floor", "Every treadmill now"): floor_table,
    ("floor", "Direction"): of_every("_value", {-1.0, 0.0, 1.0}),
    ("treadmill", "Belt velocity, negative in reverse"): over_time("belt velocity", -0.8, 1.3, 357),
    ("treadmill", "Energy, kcal/min"): energy_over_time,
    ("treadmill", "Heart rate, 1/min"): over_time("heart rate", 115.5, 123.5, 357),
    ("treadmill", "Grade"): over_time("grade", 0.0, 1.0, 357),
    ("treadmill", "Gaps of more than 5 s between readings"): gaps,
    ("treadmill", "Sessions"): sessions_of_treadmill,
    ("gym-day", "Members on now"): one(**{"members on": 1}),
    ("gym-day", "Members and sessions"): one(members=1, sessions=3),
    ("gym-day", "Minutes"): minutes_of_the_day,
    ("gym-day", "Energy, kcal"): energy_of_the_day,
    ("gym-day", "Minutes by hour of the beginning"): both_ways_in_one_hour,
    ("gym-day", "Gross kcal by hour of the beginning"): both_ways_in_one_hour,
    ("gym-day", "Belts that move"): moving_belts,
    ("gym-day", "Minutes by purpose"): of_every("purpose", {"not said", "training"}),
    ("gym-day", "By treadmill"): by_treadmill,
    ("safety", "Emergency stops"): one(**{"emergency stops": 1}),
    ("safety", "Reverse above the advised speed"): one(**{"too fast": 1}),
    ("safety", "Alerts by kind"): by_kind,
    ("safety", "Going on"): of_every("kind", {AlertKind.PRESENCE_LOST}),
    ("safety", "Alerts by hour"): by_hour,
    ("safety", "Fastest reverse"): fastest_reverse,
    ("safety", "All of them"): alerts_of_the_hour,
}


def test_every_panel_of_a_store_has_a_shape_to_be_checked() -> None:
    asked = {
        (target.board, target.panel)
        for source in (INFLUXDB, POSTGRES)
        for target in targets(BOARDS, str(source.uid))
    }

    assert asked == set(SHAPES)


@pytest.mark.parametrize(
    "target",
    targets(BOARDS, str(INFLUXDB.uid)),
    ids=lambda target: f"{target.board}-{target.panel}",
)
def test_a_panel_gets_from_influxdb_what_it_shows(
    stores: tuple[InfluxBucket, str], target: Target
) -> None:
    bucket, _ = stores

    SHAPES[target.board, target.panel](ask_influxdb(bucket, target.model["query"]))


@pytest.mark.parametrize(
    "target",
    targets(BOARDS, str(POSTGRES.uid)),
    ids=lambda target: f"{target.board}-{target.panel}",
)
def test_a_panel_gets_from_postgres_what_it_shows(
    stores: tuple[InfluxBucket, str], target: Target
) -> None:
    _, url = stores

    SHAPES[target.board, target.panel](ask_postgres(url, target.model["rawSql"]))


def test_the_variables_of_the_treadmill_board_offer_gym_and_treadmills(
    stores: tuple[InfluxBucket, str],
) -> None:
    bucket, _ = stores
    offered = {
        variable["name"]: [
            row["_value"] for row in ask_influxdb(bucket, variable["query"]["query"])
        ]
        for variable in BOARDS["treadmill"]["templating"]["list"]
    }

    assert offered == {
        "gym": ["gym"],
        "treadmill": ["treadmill-01", "treadmill-02", "treadmill-03"],
    }


def test_the_alert_rules_of_safety_fire_for_what_happened_in_the_hour(
    stores: tuple[InfluxBucket, str],
) -> None:
    _, url = stores
    fired = {}
    for group in rules()["groups"]:
        for rule in group["rules"]:
            model = rule["data"][0]["model"]
            if model["datasource"]["uid"] == POSTGRES.uid:
                fired[rule["uid"]] = ask_postgres(url, model["rawSql"])

    assert fired == {
        "backstride-safety-alert": [
            {"treadmill": "gym/treadmill-03", "kind": AlertKind.PRESENCE_LOST, "value": 1}
        ],
        "backstride-emergency-stop": [{"treadmill": "gym/treadmill-02", "value": 1}],
    }
