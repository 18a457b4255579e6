"""Whose alerts somebody sees, and who is told how practised the holder of a treadmill is."""

from backstride_gateway.domain.alerts import AlertRecord
from tests.component.gateway.desk import NOW_MS
from tests.component.gateway.two_gyms import HOLDERS, TwoGyms
from tests.factories.alert_records import alert_record


def gyms_with_alerts() -> TwoGyms:
    gyms = TwoGyms()
    for treadmill in HOLDERS:
        gyms.desk.alerts.put(
            AlertRecord(
                alert_id=treadmill,
                treadmill=treadmill,
                kind="emergency-stop",
                raised_at_ms=NOW_MS,
                recovered_at_ms=None,
                device_id="d",
                claim_id=None,
                speed_m_per_s=0.0,
                is_reverse=False,
                grade_percent=0.0,
                limit_m_per_s=None,
            )
        )
    return gyms


async def alerts_seen_by(name: str, **query: str) -> set[str]:
    async with gyms_with_alerts().signed_in(name) as client:
        answer = (await client.get("/v1/alerts", params=query)).raise_for_status().json()
        return {alert["alert_id"] for alert in answer["alerts"]}


async def test_an_operator_sees_the_alerts_of_the_own_gym_only() -> None:
    assert await alerts_seen_by("operator") == {"north/one", "north/two"}
    assert await alerts_seen_by("operator", gym_id="south") == set()
    assert await alerts_seen_by("operator", treadmill="south/one") == set()


async def test_an_administrator_sees_the_alerts_of_every_gym() -> None:
    assert await alerts_seen_by("admin") == set(HOLDERS)


async def test_advice_by_practice_is_told_to_the_holder_and_not_to_other_members() -> None:
    gyms = TwoGyms()
    async with gyms.signed_in("ann") as client:
        own = (await client.get("/v1/treadmills/north/one")).raise_for_status().json()
        others = (await client.get("/v1/treadmills/north/two")).raise_for_status().json()

    assert own["backward_advice"]["max_speed_m_per_s"] == 0.8
    assert others["claim"]["claim_id"]
    assert others["backward_advice"] is None


async def test_who_acknowledged_an_alert_is_told_to_the_others_of_the_staff() -> None:
    gyms = gyms_with_alerts()
    gyms.desk.alerts.put(alert_record("alert", NOW_MS, treadmill="north/one"))
    async with gyms.signed_in("operator") as client:
        assert (await client.post("/v1/alerts/alert/acknowledge")).status_code == 201
    async with gyms.signed_in("admin") as client:
        assert (await client.post("/v1/alerts/alert/acknowledge")).status_code == 200
        shown = (await client.get("/v1/alerts")).json()["alerts"]
    assert {one["acknowledged_by"] for one in shown if one["alert_id"] == "alert"} == {"operator"}
