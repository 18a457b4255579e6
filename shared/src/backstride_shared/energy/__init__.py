"""The calorie model: what a user spends forward and backward, how sure that is, and why.

Pure functions; the specification is the design's calorie model, version 1.
Prepare a wearer once, then `advance` a session's state with readings, or ask `estimate` for one.
"""

from backstride_shared.energy.accumulator import (
    EnergyPoint,
    EnergyState,
    ReadingLike,
    advance,
    close,
)
from backstride_shared.energy.coefficients import Coefficients, prepare
from backstride_shared.energy.constants import ACSM_MODEL_VERSION, HOLD_MS, MODEL_VERSION
from backstride_shared.energy.estimate import (
    BackwardNotSupportedError,
    EnergyRate,
    Estimate,
    ImplausibleReadingError,
    Moment,
    estimate,
    rates,
)
from backstride_shared.energy.flags import FLAGS, Flag, flag_codes, flag_sentences
from backstride_shared.energy.totals import EnergyTotals, merge
from backstride_shared.energy.wearer import ImplausibleWearerError, Wearer, validate_wearer

__all__ = [
    "ACSM_MODEL_VERSION",
    "FLAGS",
    "HOLD_MS",
    "MODEL_VERSION",
    "BackwardNotSupportedError",
    "Coefficients",
    "EnergyPoint",
    "EnergyRate",
    "EnergyState",
    "EnergyTotals",
    "Estimate",
    "Flag",
    "ImplausibleReadingError",
    "ImplausibleWearerError",
    "Moment",
    "ReadingLike",
    "Wearer",
    "advance",
    "close",
    "estimate",
    "flag_codes",
    "flag_sentences",
    "merge",
    "prepare",
    "rates",
    "validate_wearer",
]
