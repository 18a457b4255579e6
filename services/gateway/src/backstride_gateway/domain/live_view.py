"""What is shown of a treadmill at a moment: its picture, its state then, and who holds it."""

from dataclasses import dataclass

from backstride_gateway.domain.alerts import ActiveAlert
from backstride_gateway.domain.claiming import LastMoving, StoredClaim, holding
from backstride_gateway.domain.live import LiveReading, LiveSession, Status, TreadmillPicture
from backstride_shared.energy import advised_max_speed_m_per_s, backward_cue
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim, and its member's name where they agreed to have it shown to staff."""

    claim: StoredClaim
    display_name: str | None


@dataclass(frozen=True, slots=True)
class BackwardAdvice:
    """How fast, and how, the holder of a treadmill is advised to go backward."""

    max_speed_m_per_s: float
    sentence: str


@dataclass(frozen=True, slots=True)
class LiveTreadmill:
    """One treadmill at a moment; `claim` is the one that holds then."""

    treadmill: str
    status: Status
    is_online: bool | None
    reading: LiveReading | None
    reading_age_ms: int | None
    session: LiveSession | None
    is_session_running: bool
    claim: ClaimView | None
    alerts: tuple[ActiveAlert, ...]
    backward_advice: BackwardAdvice | None


def view_of(
    picture: TreadmillPicture, latest_claim: ClaimView | None, now_ms: int
) -> LiveTreadmill:
    """Return what is shown of a treadmill at `now_ms`."""
    session, reading = picture.session, picture.reading
    held = None
    if latest_claim is not None:
        last_moving = last_moving_of(session, latest_claim.claim)
        held = holding([latest_claim.claim], last_moving, now_ms)
    return LiveTreadmill(
        treadmill=picture.treadmill,
        status=picture.status(now_ms),
        is_online=picture.is_online,
        reading=reading,
        reading_age_ms=None if reading is None else max(0, now_ms - reading.measured_at_ms),
        session=session,
        is_session_running=session is not None and session.is_running(now_ms),
        claim=None if held is None else latest_claim,
        alerts=picture.alerts.active,
        backward_advice=None if held is None else _advice_for(held),
    )


def last_moving_of(session: LiveSession | None, latest: StoredClaim | None) -> LastMoving:
    """Return the last moving reading of the claim that a session belongs to.

    A session that is still nobody's belongs to a claim that reaches back to it, or was made in it:
    the log will learn of it. Not to one that ended by standing before the session began.
    """
    if session is None:
        return {}
    claim_id = session.claim_id
    if claim_id is None and latest is not None:
        is_before = session.started_at_ms - latest.claimed_at_ms <= CLAIMED_IDLE_MS
        claim_id = latest.claim_id if is_before else None
    return {} if claim_id is None else {claim_id: session.last_moving_at_ms}


def _advice_for(claim: StoredClaim) -> BackwardAdvice:
    # by the practice frozen in the claim, as the alerts go by it
    minutes = claim.wearer.backward_minutes
    return BackwardAdvice(advised_max_speed_m_per_s(minutes, None), backward_cue(minutes))
