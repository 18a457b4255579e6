"""Walks of member m on the desk's treadmill: one now, and two of the days before."""

from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.factories.series_points import series_point
from tests.factories.session_records import session_record
from tests.integration.gateway.page_server import PageServer

DAY_MS = 86_400_000


def walk_now(server: PageServer, speed_m_per_s: float = -0.8) -> None:
    """Claim the treadmill and walk for half a minute; a negative speed is backward."""
    desk = server.desk

    async def walk() -> None:
        desk.claiming.claim(TreadmillKey(TREADMILL), "m", None)
        await desk.delivery.deliver_once()
        desk.move(30, speed_m_per_s)

    server.run(walk())


def walked_before(desk: Desk, *, has_ended: bool = True) -> None:
    """Store two sessions, the latest half backward, with its readings."""
    desk.claiming.claim(TreadmillKey(TREADMILL), "m", None)
    (claim_id,) = desk.claims.rows
    for number, backward_s in enumerate((300, 0)):
        desk.history.put(
            session_record(
                f"s{number}",
                NOW_MS - number * DAY_MS,
                claim_id=claim_id,
                treadmill=TREADMILL,
                duration_s=600,
                backward_s=backward_s,
            )
        )
    desk.series.write(
        [
            series_point(
                1 + second,
                NOW_MS + second * 1000,
                treadmill=TREADMILL,
                is_reverse=second >= 300,
                heart_rate_bpm=110.0,
            )
            for second in range(600)
        ]
    )
    if has_ended:
        desk.claiming.release(TreadmillKey(TREADMILL), "m")
    desk.pass_minutes(60)
