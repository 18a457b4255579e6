"""An export of many sessions by the real program, interrupted in the middle of it."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import insert

from backstride_shared.store.opening import open_engine
from backstride_shared.store.schema import claims, sessions
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.session_records import totals_of
from tests.factories.whole_sessions import T0_MS
from tests.integration.gateway.gateway_process import GatewayProcess
from tests.servers.mosquitto import LocalMosquitto
from tests.waiting import wait_until

SESSIONS = 230
"""More than two pages of sessions."""
WITHIN_S = 60.0
DAY_MS = 86_400_000


def fill(gateway: GatewayProcess, member_id: str) -> None:
    """Put a past of which only sums are left into the store."""
    totals = totals_of(400.0, 200.0)
    claim = {
        "claim_id": "claim",
        "member_id": member_id,
        "treadmill": "demo/one",
        "claimed_at_ms": T0_MS - SESSIONS * DAY_MS,
        "released_at_ms": T0_MS,
        "wearer": b"{}",
        "is_claim_stored": True,
        "is_release_stored": True,
    }
    rows = [
        {
            "session_id": f"{number:08x}-0000-5000-8000-000000000000",
            "treadmill": "demo/one",
            "claim_id": "claim",
            "started_at_ms": T0_MS - number * DAY_MS,
            "last_moving_at_ms": T0_MS - number * DAY_MS + 600_000,
            "last_reading_at_ms": T0_MS - number * DAY_MS + 600_000,
            "ended_at_ms": T0_MS - number * DAY_MS + 600_000,
            "epoch": 1,
            "accepted_count": 1,
            "model_version": "backstride-1",
            "totals": msgspec.msgpack.encode(totals),
            "readings_count": totals.readings,
            "standing_s": 0.0,
            "gap_s": 0.0,
            "uncertainty_percent": 12.0,
            "direction_changes": 1,
            "forward_equivalent_gross_kcal": totals.forward_equivalent_gross_kcal,
            **{
                f"{way}_{short}": getattr(totals, f"{way}_{long}")
                for way in ("forward", "backward")
                for short, long in (
                    ("s", "seconds"),
                    ("m", "metres"),
                    ("gross_kcal", "gross_kcal"),
                    ("net_kcal", "net_kcal"),
                )
            },
        }
        for number in range(SESSIONS)
    ]
    engine = open_engine(gateway.database_url)
    with engine.begin() as connection:
        connection.execute(insert(claims).values(**claim))
        connection.execute(insert(sessions), rows)
    engine.dispose()


@pytest.mark.parametrize("interrupt", [GatewayProcess.kill, GatewayProcess.stop])
def test_an_export_that_was_interrupted_is_whole_after_the_next_start(
    interrupt: Callable[[GatewayProcess], object],
    tmp_path: Path,
    embedded_kafka: EmbeddedKafka,
    own_mosquitto: LocalMosquitto,
) -> None:
    folder = tmp_path / "exports"
    gateway = GatewayProcess(
        tmp_path,
        embedded_kafka.bootstrap_servers,
        own_mosquitto.address.url,
        BACKSTRIDE_EXPORTS__FOLDER=str(folder),
    )
    try:
        gateway.start_ready()
        member_id = gateway.member_id("1001")
        fill(gateway, member_id)
        path = f"/v1/members/{member_id}/exports"
        export_id = gateway.post(path, None)["export_id"]
        wait_until(
            lambda: gateway.get(f"{path}/{export_id}"),
            what="the export to be half-way",
            within_s=WITHIN_S,
            holds=lambda state: state["sessions_done"] >= 5,
        )
        interrupt(gateway)
        assert not list(folder.glob("*.zip"))

        gateway.start_ready()
        ready = wait_until(
            lambda: gateway.get(f"{path}/{export_id}"),
            what="the export to be ready",
            within_s=WITHIN_S,
            holds=lambda state: state["status"] not in {"waiting", "running"},
        )
        assert (ready["status"], ready["sessions_done"]) == ("ready", SESSIONS)
        content = httpx.get(gateway.url + ready["file_url"], timeout=WITHIN_S).content
        assert [one.name for one in folder.iterdir()] == [f"{export_id}.zip"]
    finally:
        gateway.kill()
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    names = archive.namelist()
    assert len({name for name in names if name.endswith(".fit")}) == SESSIONS
    assert len(set(names)) == len(names)
