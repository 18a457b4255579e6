"""Sessions and alerts as rows.

Of a session, what summaries add up has columns of its own, with the whole sums beside them.
"""

from typing import Any

import msgspec

from backstride_recorder.domain.batch import Revision
from backstride_shared.frames import Alert, SessionSnapshot

_encoder = msgspec.msgpack.Encoder()


def session_row(
    session: SessionSnapshot, revision: Revision, recomputed_at_ms: int | None
) -> dict[str, Any]:
    """Return the columns of `schema.sessions`; `standing_s` is time on a belt at rest."""
    totals = session.totals
    epoch, accepted_count = revision
    return {
        "session_id": session.session_id,
        "treadmill": session.treadmill,
        "claim_id": session.claim_id,
        "purpose": session.purpose,
        "started_at_ms": session.started_at_ms,
        "last_moving_at_ms": session.last_moving_at_ms,
        "last_reading_at_ms": session.last_reading_at_ms,
        "ended_at_ms": session.ended_at_ms,
        "is_facing_away": session.is_facing_away,
        "epoch": epoch,
        "accepted_count": accepted_count,
        "model_version": session.model_version,
        "recomputed_at_ms": recomputed_at_ms,
        "totals": _encoder.encode(totals),
        "readings_count": totals.readings,
        "forward_s": totals.forward_seconds,
        "backward_s": totals.backward_seconds,
        "standing_s": totals.standing_seconds,
        "gap_s": totals.gap_seconds,
        "forward_m": totals.forward_metres,
        "backward_m": totals.backward_metres,
        "forward_gross_kcal": totals.forward_gross_kcal,
        "backward_gross_kcal": totals.backward_gross_kcal,
        "forward_net_kcal": totals.forward_net_kcal,
        "backward_net_kcal": totals.backward_net_kcal,
        "uncertainty_percent": totals.uncertainty_percent,
        "forward_equivalent_gross_kcal": totals.forward_equivalent_gross_kcal,
        "direction_changes": totals.direction_changes,
    }


def alert_row(alert: Alert) -> dict[str, Any]:
    """Return the columns of `schema.alerts` for an alert that was raised."""
    return {
        "alert_id": alert.alert_id,
        "treadmill": alert.treadmill,
        "kind": alert.kind,
        "raised_at_ms": alert.raised_at_ms,
        "recovered_at_ms": None,
        "device_id": alert.device_id,
        "claim_id": alert.claim_id,
        "speed_m_per_s": alert.speed_m_per_s,
        "is_reverse": alert.is_reverse,
        "grade_percent": alert.grade_percent,
        "limit_m_per_s": alert.limit_m_per_s,
    }
