"""Sessions as the gateway reads them, with the few values that a test cares about."""

from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy import MODEL_VERSION, EnergyTotals


def totals_of(
    forward_s: float = 0.0, backward_s: float = 0.0, kcal_per_min: float = 5.0
) -> EnergyTotals:
    """Return the sums of so many seconds, backward a quarter dearer and 20 % uncertain."""
    forward_kcal = forward_s / 60 * kcal_per_min
    backward_kcal = backward_s / 60 * kcal_per_min * 1.25
    return EnergyTotals(
        readings=int(forward_s + backward_s),
        forward_seconds=forward_s,
        backward_seconds=backward_s,
        forward_metres=forward_s * 1.2,
        backward_metres=backward_s * 0.9,
        forward_gross_kcal=forward_kcal,
        backward_gross_kcal=backward_kcal,
        forward_net_kcal=forward_kcal * 0.75,
        backward_net_kcal=backward_kcal * 0.75,
        forward_kcal_percent=forward_kcal * 10.0,
        backward_kcal_percent=backward_kcal * 20.0,
        forward_equivalent_gross_kcal=backward_kcal / 1.25,
        direction_changes=1 if forward_s and backward_s else 0,
        forward_max_speed_m_per_s=1.2 if forward_s else 0.0,
        backward_max_speed_m_per_s=0.9 if backward_s else 0.0,
        flag_seconds={8: backward_s} if backward_s else {},
    )


def session_record(
    session_id: str,
    started_at_ms: int,
    *,
    claim_id: str | None = None,
    member_id: str | None = None,
    treadmill: str = "gym/treadmill",
    duration_s: float = 600.0,
    backward_s: float = 0.0,
) -> SessionRecord:
    """Return a session of `duration_s` seconds of motion, the last of them backward."""
    end_ms = started_at_ms + round(duration_s * 1000)
    return SessionRecord(
        session_id=session_id,
        treadmill=treadmill,
        claim_id=claim_id,
        member_id=member_id,
        purpose=None,
        started_at_ms=started_at_ms,
        last_moving_at_ms=end_ms,
        last_reading_at_ms=end_ms,
        ended_at_ms=None,
        model_version=MODEL_VERSION,
        recomputed_at_ms=None,
        is_facing_away=False,
        totals=totals_of(duration_s - backward_s, backward_s),
    )
