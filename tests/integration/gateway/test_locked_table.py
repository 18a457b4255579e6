"""A table that is locked keeps those who want it, and nobody else."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from sqlalchemy import text

from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from tests.integration.gateway.gateway_process import READY_WITHIN_S, GatewayProcess
from tests.servers.finding import HOST, free_port
from tests.servers.postgres import PostgresAddress
from tests.waiting import wait_until

# more than Python's own threads on a machine of seven processors, fewer than connections
WAITING = 12
WAITS = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND database IN (SELECT oid FROM "
    "pg_database WHERE datname = current_database())"
)


def test_who_waits_for_a_table_keeps_nobody_from_another(
    postgres: PostgresAddress, tmp_path: Path
) -> None:
    url = postgres.fresh_database()
    nowhere = f"{HOST}:{free_port()}"
    gateway = GatewayProcess(tmp_path, nowhere, f"mqtt://{nowhere}", BACKSTRIDE_DATABASE__URL=url)
    gateway.database_url = url
    engine = open_engine(url)
    try:
        migrate(url)
        gateway.start()
        wait_until(
            gateway.waiting_for,
            what="the gateway to find its store",
            within_s=READY_WITHIN_S,
            holds=lambda missing: missing is not None and "database" not in missing,
        )
        member_id = gateway.member_id("1001")
        path = f"{gateway.url}/v1/members/{member_id}"
        with ThreadPoolExecutor(WAITING) as askers:
            with engine.begin() as connection:
                connection.execute(text("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"))
                asked = [
                    askers.submit(httpx.get, f"{path}/summary", timeout=60) for _ in range(WAITING)
                ]
                wait_until(
                    lambda: int(connection.execute(WAITS).scalar_one()),
                    what="all to wait for the table",
                    holds=lambda count: count >= WAITING,
                )
                assert httpx.get(f"{path}/masses", timeout=5).status_code == 200
            assert {one.result().status_code for one in asked} == {200}
    finally:
        engine.dispose()
        gateway.kill()
