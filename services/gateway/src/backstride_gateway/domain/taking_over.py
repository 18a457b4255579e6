"""Which session of nobody can be taken over by whoever ran without claiming first.

It is offered for 15 minutes after its last moving reading; what is taken over is the interval of
the session, and what follows while it still runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from backstride_gateway.domain.sessions import SessionRecord, ended_at_ms
from backstride_shared.energy import EnergyTotals

TAKE_OVER_MS: Final = 15 * 60 * 1000
_NAMESPACE: Final = UUID("7e1f5c53-0d3c-5b7e-9c0e-3a1c9f3d2b64")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """What may be taken over: the readings of [from_ms, until_ms); None: it goes on."""

    session_id: str
    from_ms: int
    until_ms: int | None
    last_moving_at_ms: int
    totals: EnergyTotals

    @property
    def expires_at_ms(self) -> int:
        """When the offer ends."""
        return self.last_moving_at_ms + TAKE_OVER_MS


def take_over_claim_id_of(treadmill: str, session_id: str) -> str:
    """Return the id of the claim by which a session is taken over: there is one, ever."""
    return str(uuid5(_NAMESPACE, f"{treadmill}/{session_id}"))


def offered(recent: Sequence[SessionRecord], now_ms: int) -> TakeOver | None:
    """Return what of a treadmill's sessions, newest first, can be taken over."""
    for session in recent:
        if session.claim_id is None and now_ms - session.last_moving_at_ms <= TAKE_OVER_MS:
            is_running = ended_at_ms(session, now_ms) is None
            return TakeOver(
                session_id=session.session_id,
                from_ms=session.started_at_ms,
                until_ms=None if is_running else session.last_reading_at_ms + 1,
                last_moving_at_ms=session.last_moving_at_ms,
                totals=session.totals,
            )
    return None
