"""The calorie model: what a user spends forward and backward, how sure that is, and why.

Pure functions; the specification is the design's calorie model, version 1.
Prepare a wearer once, then `advance` a session's state with readings, or ask `estimate` for one.
"""

from backstride_shared.energy.accumulator import (
    EnergyPoint,
    advance,
    close,
)
from backstride_shared.energy.advice import (
    Advice,
    PracticeTier,
    ProgrammeStep,
    Situation,
    advise,
    advised_max_speed_m_per_s,
    backward_cue,
    practice_sentence,
    practice_tier,
    slow_start_programme,
)
from backstride_shared.energy.calibration import Calibration, calibrate
from backstride_shared.energy.coefficients import Coefficients, prepare
from backstride_shared.energy.constants import (
    ACSM_MODEL_VERSION,
    GRADE_LIMIT_PERCENT,
    HEART_RATE_BPM,
    HOLD_MS,
    MAX_SPEED_M_PER_S,
    MODEL_VERSION,
)
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
from backstride_shared.energy.speed_model import Gait
from backstride_shared.energy.state import EnergyState, ReadingLike
from backstride_shared.energy.totals import EnergyTotals, merge_all
from backstride_shared.energy.wearer import (
    PLAUSIBLE,
    Facing,
    ImplausibleWearerError,
    Model,
    Sex,
    Wearer,
    validate_wearer,
)
from backstride_shared.energy.wording import (
    BAND_LABEL,
    dividend_text,
    kcal_text,
    rounded_kcal,
)

__all__ = [
    "ACSM_MODEL_VERSION",
    "BAND_LABEL",
    "FLAGS",
    "GRADE_LIMIT_PERCENT",
    "HEART_RATE_BPM",
    "HOLD_MS",
    "MAX_SPEED_M_PER_S",
    "MODEL_VERSION",
    "PLAUSIBLE",
    "Advice",
    "BackwardNotSupportedError",
    "Calibration",
    "Coefficients",
    "EnergyPoint",
    "EnergyRate",
    "EnergyState",
    "EnergyTotals",
    "Estimate",
    "Facing",
    "Flag",
    "Gait",
    "ImplausibleReadingError",
    "ImplausibleWearerError",
    "Model",
    "Moment",
    "PracticeTier",
    "ProgrammeStep",
    "ReadingLike",
    "Sex",
    "Situation",
    "Wearer",
    "advance",
    "advise",
    "advised_max_speed_m_per_s",
    "backward_cue",
    "calibrate",
    "close",
    "dividend_text",
    "estimate",
    "flag_codes",
    "flag_sentences",
    "kcal_text",
    "merge_all",
    "practice_sentence",
    "practice_tier",
    "prepare",
    "rates",
    "rounded_kcal",
    "slow_start_programme",
    "validate_wearer",
]
