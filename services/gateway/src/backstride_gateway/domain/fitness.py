"""Which VO2max counts for a member: measured, else calibrated by their own walks, else estimated.

It matters only where a heart rate comes with the readings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy import EnergyTotals, Wearer, calibrate, merge_all, prepare
from backstride_shared.energy.wearer import Vo2maxSource

CALIBRATION_MS: Final = 90 * 24 * 3600 * 1000
"""Fitness changes within a season: older walks say little about today's heart."""


@dataclass(frozen=True, slots=True)
class EffectiveVo2max:
    """The VO2max that counts, None where a gate keeps the heart rate out; why, in words."""

    vo2max_ml_per_kg_per_min: float | None
    source: Vo2maxSource | None
    reason: str


def totals_of(sessions: Iterable[SessionRecord]) -> EnergyTotals:
    """Return the sums of these sessions together."""
    return merge_all(session.totals for session in sessions)


def effective_vo2max(
    wearer: Wearer, recent: EnergyTotals, *, may_calibrate: bool = True
) -> EffectiveVo2max:
    """Return the VO2max that counts for `wearer`, whose sessions of the season add to `recent`."""
    measured = wearer.vo2max_ml_per_kg_per_min
    if measured is not None:
        return EffectiveVo2max(measured, "measured", "measured, as the profile says")
    found = calibrate(wearer, recent if may_calibrate else EnergyTotals())
    why = found.reason if may_calibrate else "not allowed in the profile"
    if found.vo2max_ml_per_kg_per_min is not None:
        return EffectiveVo2max(found.vo2max_ml_per_kg_per_min, "calibrated", found.reason)
    heart_rate = prepare(wearer).heart_rate
    if heart_rate is None:
        return EffectiveVo2max(None, None, found.reason)
    return EffectiveVo2max(
        heart_rate.vo2max_estimate,
        "estimated",
        f"from resting and highest heart rate; calibration: {why}",
    )


def with_vo2max(wearer: Wearer, recent: EnergyTotals, *, may_calibrate: bool = True) -> Wearer:
    """Return the wearer with the VO2max that a claim freezes; an estimate is the model's own."""
    found = effective_vo2max(wearer, recent, may_calibrate=may_calibrate)
    if found.source in {None, "estimated"}:
        return wearer
    return msgspec.structs.replace(
        wearer,
        vo2max_ml_per_kg_per_min=found.vo2max_ml_per_kg_per_min,
        vo2max_source=found.source,
    )
