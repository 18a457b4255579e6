"""Every constant of the calorie model, each with its source beside it.

A change of any number here is a new model: it needs a new name in `MODEL_VERSION`,
because sessions pin the model that they were computed with.
"""

from typing import Final

MODEL_VERSION: Final = "backstride-1"
ACSM_MODEL_VERSION: Final = "acsm"

# --- Conversions -----------------------------------------------------------------------------
JOULES_PER_KCAL: Final = 4184.0
# 5.0 kcal per litre of oxygen, the usual equivalent for mixed fuel.
JOULES_PER_ML_OXYGEN: Final = 20.92
VO2_PER_POWER: Final = 60.0 / JOULES_PER_ML_OXYGEN  # (ml/kg/min) per (W/kg)
KCAL_PER_MIN_PER_W: Final = 60.0 / JOULES_PER_KCAL
VO2_PER_MET: Final = 3.5  # ml/kg/min, by definition of the MET
WATTS_PER_KCAL_PER_DAY: Final = JOULES_PER_KCAL / 86_400.0

# --- Resting and standing --------------------------------------------------------------------
# Mifflin MD et al. 1990, AJCN 51:241-247; kcal per day from kg, cm and years.
MIFFLIN_PER_KG: Final = 10.0
MIFFLIN_PER_CM: Final = 6.25
MIFFLIN_PER_YEAR: Final = -5.0
MIFFLIN_MALE: Final = 5.0
MIFFLIN_FEMALE: Final = -161.0
# Standing as a multiple of resting; with its limits, chosen so that an ordinary adult stands at
# the 1.44 W/kg which Looney DP et al. 2019 (MSSE 51(9):1954-1960) measured.
STANDING_PER_RESTING: Final = 1.30
STANDING_MIN_W_PER_KG: Final = 1.10
STANDING_MAX_W_PER_KG: Final = 1.75
STANDING_DEFAULT_W_PER_KG: Final = 1.44
DEFAULT_MASS_KG: Final = 75.0

# --- Stature ---------------------------------------------------------------------------------
# Weyand PG et al. 2010, J Exp Biol 213:3972-3979: the cost of walking a metre falls with height.
STATURE_REFERENCE_M: Final = 1.75
STATURE_EXPONENT: Final = 0.95
STATURE_MIN: Final = 0.88
STATURE_MAX: Final = 1.15

# --- Walking ---------------------------------------------------------------------------------
# LCDA, level: Looney DP et al. 2019, MSSE 51(9):1954-1960; v <= 1.96 m/s, SEE 0.20 W/kg.
WALK_LOW_FACTOR: Final = 1.94
WALK_LOW_EXPONENT: Final = 0.43
WALK_HIGH_FACTOR: Final = 0.24
# Below this the power of 0.43 would rise with infinite slope from nothing: linear instead.
WALK_LINEAR_BELOW_M_PER_S: Final = 0.10
# LCDA, graded: the same source; -40 to +45 %, SEE 0.42 W/kg.
WALK_GRADE_FACTOR: Final = 0.34
WALK_GRADE_OUTER_BASE: Final = 1.05
WALK_GRADE_INNER_BASE: Final = 1.1
WALK_GRADE_OFFSET_PERCENT: Final = 32.0
WALK_GRADE_MAX_SPEED_M_PER_S: Final = 2.2

# --- Running ---------------------------------------------------------------------------------
# J/kg/m above standing: about 0.182 ml O2 per kg and metre above rest.
RUN_COST_J_PER_KG_M: Final = 3.80
# Minetti AE et al. 2002, J Appl Physiol 93:1039-1046: the grade terms of i^5 ... i^1.
RUN_GRADE_COEFFICIENTS: Final = (155.4, -30.4, -43.3, 46.3, 19.5)
RUN_GRADE_LIMIT: Final = 0.45

# --- Backward --------------------------------------------------------------------------------
# kw(v) = A + B min(v, 2)^4, fitted to: walking and running backward cost the same at 1.85 m/s
# (Hreljac A et al. 2005, J Sports Sci Med 4:446-454), the backward codes of the Compendium
# (Herrmann SD et al. 2024, J Sport Health Sci 13:6-12), Hooper TL et al. 2004 (JOSPT 34:65-71).
BACKWARD_WALK_RATIO: Final = 1.32
BACKWARD_WALK_RATIO_PER_V4: Final = 0.035
BACKWARD_WALK_RATIO_MAX_SPEED_M_PER_S: Final = 2.0
# Uphill share of backward walking: fitted with the above; Hooper 2004, Rasica L et al. 2020
# (EJAP 120:2507-2515): the ratio hardly changes with grade.
BACKWARD_UPHILL_WALK_RATIO: Final = 1.24
# Weighted mean of three running studies, among them Wright S, Weyand PG 2001
# (J Exp Biol 204:1805-1815).
BACKWARD_RUN_RATIO: Final = 1.32
# Practice: half of the effect of Heath 2001 (Phys Ther Sport 2:171), four weeks of 3 x 15 min;
# 1.08 for a first-timer, falling to 0.92.
NOVELTY_START: Final = 1.08
NOVELTY_SPAN: Final = 0.16
NOVELTY_MINUTES: Final = 80.0

# --- Walk or run -----------------------------------------------------------------------------
# Between these speeds one may do either. Backward: Hreljac 2005, transition 1.63 +- 0.11 m/s.
FORWARD_TRANSITION_M_PER_S: Final = (1.90, 2.20)
BACKWARD_TRANSITION_M_PER_S: Final = (1.45, 1.81)

# --- Handrail --------------------------------------------------------------------------------
# Berling J et al. 2006, J Cardiopulm Rehabil 26(6):391-394.
HAND_RESTING_FACTOR: Final = 0.95
HAND_GRIPPING_FACTOR: Final = 0.82

# --- ACSM mode -------------------------------------------------------------------------------
# Bushman BA 2020, ACSM Health Fit J 24(3):6-10; speed in m/min, grade as a fraction.
ACSM_REST_VO2: Final = 3.5
ACSM_WALK_PER_M_PER_MIN: Final = 0.1
ACSM_WALK_GRADE: Final = 1.8
ACSM_RUN_PER_M_PER_MIN: Final = 0.2
ACSM_RUN_GRADE: Final = 0.9

# --- Heart rate ------------------------------------------------------------------------------
# %HRR against %VO2R: Swain DP et al. 1998, MSSE 30(2):318-321.
HRR_INTERCEPT_PERCENT: Final = 1.5
HRR_SLOPE: Final = 1.03
# HRmax = 208 - 0.7 age: Tanaka 2001.  VO2max = 15.3 HRmax/HRrest: Uth 2004, EJAP 91:111-115.
MAX_HEART_RATE_AT_BIRTH_BPM: Final = 208.0
MAX_HEART_RATE_PER_YEAR_BPM: Final = -0.7
VO2MAX_PER_HEART_RATE_RATIO: Final = 15.3
# Gates and weights, after Brage S et al. 2004, J Appl Physiol 96:343-351: steady, well above rest.
HRR_MIN_PERCENT: Final = 35.0
HEART_RATE_AGE_YEARS: Final = (18.0, 65.0)
HEART_RATE_BPM: Final = (25.0, 250.0)
STEADY_FOR_HEART_RATE_S: Final = 180.0
# A forward heart-rate estimate over-reads backward by 18-31 %.
BACKWARD_HEART_RATE_FACTOR: Final = 0.83
HEART_RATE_SD: Final = 0.25
HEART_RATE_SD_CALIBRATED_FORWARD: Final = 0.15
HEART_RATE_SD_CALIBRATED_BACKWARD: Final = 0.20
# The heart rate may move the speed model's answer only this far.
FUSED_MIN: Final = 0.75
FUSED_MAX: Final = 1.25
CALIBRATION_MIN_BOUTS: Final = 2
CALIBRATION_OF_ESTIMATE: Final = (0.7, 1.4)

# --- Uncertainty, 1 SD in percent of gross, for one person (design: calorie-model.md 5) --------
SD_STANDING: Final = 12.0
SD_FORWARD_WALK: Final = 10.0
SD_FORWARD_RUN: Final = 9.0
SD_BACKWARD_WALK: Final = 18.0
SD_BACKWARD_RUN: Final = 17.0
SD_UPHILL: Final = 8.0
SD_FORWARD_DOWNHILL: Final = 15.0
SD_BACKWARD_DOWNHILL: Final = 30.0
SD_GAIT_UNKNOWN: Final = 12.0
SD_BACKWARD_SLOW: Final = 17.0
SD_BACKWARD_FAST: Final = 25.0
SD_FORWARD_SLOW: Final = 10.0
SD_FORWARD_RUN_FAST: Final = 10.0
SD_HANDRAIL: Final = 10.0
SD_HANDS_UNKNOWN_BACKWARD: Final = 10.0
SD_BODY: Final = 10.0
SD_NOVICE: Final = 8.0

# --- Thresholds of uncertainty and flags -------------------------------------------------------
BACKWARD_SLOW_BELOW_M_PER_S: Final = 0.89
BACKWARD_FAST_ABOVE_M_PER_S: Final = 3.5
FORWARD_SLOW_BELOW_M_PER_S: Final = 0.3
FORWARD_RUN_FAST_ABOVE_M_PER_S: Final = 4.5
FORWARD_WALK_FAST_ABOVE_M_PER_S: Final = 1.96  # the fastest walk of Looney 2019
BACKWARD_WALK_STEEP_ABOVE_PERCENT: Final = 12.5
BACKWARD_RUN_STEEP_ABOVE_PERCENT: Final = 25.0
GRADE_LIMIT_PERCENT: Final = 45.0
WALK_GRADE_MIN_PERCENT: Final = -40.0
STUDIED_AGE_YEARS: Final = (18.0, 60.0)
STUDIED_MAX_BMI: Final = 35.0
NOVICE_BELOW_MINUTES: Final = 60.0
RAMP_S: Final = 120.0

# --- Integration over time ---------------------------------------------------------------------
# A reading stands for the time after it, but not for longer than this: what is longer is a gap.
HOLD_MS: Final = 5_000
# What still counts as the same speed and grade: a belt slows by 1-3 % at each foot strike and
# consoles step by 0.1 km/h, while a change of 5 % moves the cost by about as much.
SAME_SPEED_M_PER_S: Final = 0.05
SAME_SPEED_FRACTION: Final = 0.05
SAME_GRADE_PERCENT: Final = 0.5
# The heart rate of a steady bout is its mean in the third minute, from at least so many readings.
CALIBRATION_WINDOW_S: Final = 60.0
CALIBRATION_MIN_READINGS: Final = 10

MAX_SPEED_M_PER_S: Final = 8.0
