"""A session as a row: what summaries add up in columns of their own, the whole sums beside them."""

from typing import Any

import msgspec

from backstride_recorder.domain.batch import Revision
from backstride_shared.frames import SessionSnapshot

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
