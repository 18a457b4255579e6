"""An effective VO2max from steady forward bouts, kept with the member and frozen in the claim."""

import msgspec

from backstride_shared.energy.coefficients import prepare
from backstride_shared.energy.constants import CALIBRATION_MIN_BOUTS, CALIBRATION_OF_ESTIMATE
from backstride_shared.energy.totals import EnergyTotals
from backstride_shared.energy.wearer import Wearer


class Calibration(msgspec.Struct, frozen=True):
    """An effective VO2max, or None with the reason in words; `bouts` is what it rests on."""

    vo2max_ml_per_kg_per_min: float | None
    bouts: int
    reason: str


def calibrate(wearer: Wearer, totals: EnergyTotals) -> Calibration:
    """Return the VO2max that the steady forward bouts in `totals` imply for `wearer`.

    `totals` may be those of many sessions, merged; a bout is three steady minutes of forward
    gait at 35 % of the heart rate's reserve or more, its heart rate the mean of the third.
    At least two bouts, and the mean within 0.7 to 1.4 of the estimate (calorie-model.md 4).
    """
    heart_rate = prepare(wearer).heart_rate
    bouts = totals.calibration_bouts
    if heart_rate is None:
        return Calibration(
            None,
            bouts,
            "needs an age of 18 to 65, a resting heart rate, no beta-blocker"
            " and the model backstride-1",
        )
    if bouts < CALIBRATION_MIN_BOUTS:
        return Calibration(
            None, bouts, f"{bouts} of {CALIBRATION_MIN_BOUTS} steady forward bouts so far"
        )
    mean = totals.calibration_vo2max_sum / bouts
    low, high = CALIBRATION_OF_ESTIMATE
    if not low <= mean / heart_rate.vo2max_estimate <= high:
        return Calibration(
            None,
            bouts,
            f"{mean:.0f} ml/kg/min is too far from the estimate"
            f" of {heart_rate.vo2max_estimate:.0f} ml/kg/min",
        )
    return Calibration(mean, bouts, f"the mean of {bouts} steady forward bouts")
