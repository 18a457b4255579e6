"""Everything of the model that does not depend on the reading, worked out once per wearer."""

from functools import lru_cache
from math import exp

import msgspec

from backstride_shared.energy.constants import (
    DEFAULT_MASS_KG,
    HEART_RATE_AGE_YEARS,
    HEART_RATE_SD,
    HEART_RATE_SD_CALIBRATED_BACKWARD,
    HEART_RATE_SD_CALIBRATED_FORWARD,
    KCAL_PER_MIN_PER_W,
    MAX_HEART_RATE_AT_BIRTH_BPM,
    MAX_HEART_RATE_PER_YEAR_BPM,
    MIFFLIN_FEMALE,
    MIFFLIN_MALE,
    MIFFLIN_PER_CM,
    MIFFLIN_PER_KG,
    MIFFLIN_PER_YEAR,
    NOVELTY_MINUTES,
    NOVELTY_SPAN,
    NOVELTY_START,
    NOVICE_BELOW_MINUTES,
    SD_BODY,
    SD_NOVICE,
    STANDING_DEFAULT_W_PER_KG,
    STANDING_MAX_W_PER_KG,
    STANDING_MIN_W_PER_KG,
    STANDING_PER_RESTING,
    STATURE_EXPONENT,
    STATURE_MAX,
    STATURE_MIN,
    STATURE_REFERENCE_M,
    STUDIED_AGE_YEARS,
    STUDIED_MAX_BMI,
    VO2_PER_POWER,
    VO2MAX_PER_HEART_RATE_RATIO,
    WATTS_PER_KCAL_PER_DAY,
)
from backstride_shared.energy.flags import X_BODY
from backstride_shared.energy.wearer import Wearer, plausible_part

_NOBODY = Wearer()
_SEX_OFFSET = {
    "male": MIFFLIN_MALE,
    "female": MIFFLIN_FEMALE,
    None: (MIFFLIN_MALE + MIFFLIN_FEMALE) / 2.0,
}


class HeartRateCoefficients(msgspec.Struct, frozen=True, gc=False):
    """What turns a heart rate into oxygen uptake for one wearer (bpm, ml/kg/min, fractions)."""

    resting_bpm: float
    max_bpm: float
    rest_vo2: float
    vo2max: float
    vo2max_estimate: float
    forward_sd: float
    backward_sd: float


class Coefficients(msgspec.Struct, frozen=True):
    """The model for one wearer; variances are squares of percents of gross."""

    mass_kg: float
    is_mass_assumed: bool
    is_facing_away: bool
    is_acsm: bool
    standing_w_per_kg: float
    resting_kcal_per_min: float
    kcal_per_min_per_w_per_kg: float
    stature: float
    novelty: float
    novice_variance: float
    body_variance: float
    body_flags: int
    heart_rate: HeartRateCoefficients | None
    # Measured, or estimated from the age (Tanaka 2001); None without either.  For advice.
    max_heart_rate_bpm: float | None


def prepare(wearer: Wearer | None) -> Coefficients:
    """Work out the model for `wearer`; None is nobody signed in, 75 kg and nothing else known.

    Values that no person has count as unknown: this never raises, the edges validate.
    """
    return _prepare(_NOBODY if wearer is None else wearer)


@lru_cache(maxsize=4096)
def _prepare(given: Wearer) -> Coefficients:
    wearer = plausible_part(given)
    mass_kg = DEFAULT_MASS_KG if wearer.mass_kg is None else wearer.mass_kg
    resting_w_per_kg, standing_w_per_kg = _resting_and_standing(wearer)
    minutes = wearer.backward_minutes
    is_outside = _is_outside_what_was_studied(wearer)
    return Coefficients(
        mass_kg=mass_kg,
        is_mass_assumed=wearer.mass_kg is None,
        is_facing_away=wearer.facing == "away",
        is_acsm=wearer.model == "acsm",
        standing_w_per_kg=standing_w_per_kg,
        resting_kcal_per_min=resting_w_per_kg * mass_kg * KCAL_PER_MIN_PER_W,
        kcal_per_min_per_w_per_kg=mass_kg * KCAL_PER_MIN_PER_W,
        stature=_stature(wearer.height_cm),
        novelty=_novelty(minutes),
        novice_variance=(
            SD_NOVICE**2 if minutes is not None and minutes < NOVICE_BELOW_MINUTES else 0.0
        ),
        body_variance=SD_BODY**2 if is_outside else 0.0,
        body_flags=X_BODY if is_outside else 0,
        heart_rate=_heart_rate(wearer, resting_w_per_kg),
        max_heart_rate_bpm=_max_heart_rate_bpm(wearer),
    )


def _resting_and_standing(wearer: Wearer) -> tuple[float, float]:
    """Return resting (Mifflin 1990) and standing power, W/kg."""
    mass_kg, height_cm, age_years = wearer.mass_kg, wearer.height_cm, wearer.age_years
    if mass_kg is None or height_cm is None or age_years is None:
        return STANDING_DEFAULT_W_PER_KG / STANDING_PER_RESTING, STANDING_DEFAULT_W_PER_KG
    kcal_per_day = (
        MIFFLIN_PER_KG * mass_kg
        + MIFFLIN_PER_CM * height_cm
        + MIFFLIN_PER_YEAR * age_years
        + _SEX_OFFSET[wearer.sex]
    )
    resting = kcal_per_day * WATTS_PER_KCAL_PER_DAY / mass_kg
    standing = STANDING_PER_RESTING * resting
    return resting, min(max(standing, STANDING_MIN_W_PER_KG), STANDING_MAX_W_PER_KG)


def _stature(height_cm: float | None) -> float:
    """Return the factor of height on walking (Weyand 2010); 1 if unknown."""
    if height_cm is None:
        return 1.0
    factor: float = (STATURE_REFERENCE_M * 100.0 / height_cm) ** STATURE_EXPONENT
    return min(max(factor, STATURE_MIN), STATURE_MAX)


def _novelty(backward_minutes: float | None) -> float:
    """Return the factor of practice on backward gait (Heath 2001); 1 if unknown."""
    if backward_minutes is None:
        return 1.0
    return NOVELTY_START - NOVELTY_SPAN * (1.0 - exp(-backward_minutes / NOVELTY_MINUTES))


def _is_outside_what_was_studied(wearer: Wearer) -> bool:
    youngest, oldest = STUDIED_AGE_YEARS
    if wearer.age_years is not None and not youngest <= wearer.age_years <= oldest:
        return True
    if wearer.mass_kg is None or wearer.height_cm is None:
        return False
    return wearer.mass_kg / (wearer.height_cm / 100.0) ** 2 > STUDIED_MAX_BMI


def _max_heart_rate_bpm(wearer: Wearer) -> float | None:
    if wearer.max_heart_rate_bpm is not None or wearer.age_years is None:
        return wearer.max_heart_rate_bpm
    return MAX_HEART_RATE_AT_BIRTH_BPM + MAX_HEART_RATE_PER_YEAR_BPM * wearer.age_years


def _heart_rate(wearer: Wearer, resting_w_per_kg: float) -> HeartRateCoefficients | None:
    """Return what heart-rate fusion needs, or None where a gate on the person forbids it."""
    age_years, resting_bpm = wearer.age_years, wearer.resting_heart_rate_bpm
    if age_years is None or resting_bpm is None or wearer.has_beta_blocker:
        return None
    if wearer.model == "acsm":  # chosen for the figures of an old console, so left alone
        return None
    youngest, oldest = HEART_RATE_AGE_YEARS
    if not youngest <= age_years <= oldest:
        return None
    max_bpm = _max_heart_rate_bpm(wearer)
    if max_bpm is None:
        return None
    estimate = VO2MAX_PER_HEART_RATE_RATIO * max_bpm / resting_bpm
    known = wearer.vo2max_ml_per_kg_per_min
    is_calibrated = known is not None and wearer.vo2max_source == "calibrated"
    return HeartRateCoefficients(
        resting_bpm=resting_bpm,
        max_bpm=max_bpm,
        rest_vo2=resting_w_per_kg * VO2_PER_POWER,
        vo2max=estimate if known is None else known,
        vo2max_estimate=estimate,
        forward_sd=HEART_RATE_SD_CALIBRATED_FORWARD if is_calibrated else HEART_RATE_SD,
        backward_sd=HEART_RATE_SD_CALIBRATED_BACKWARD if is_calibrated else HEART_RATE_SD,
    )
