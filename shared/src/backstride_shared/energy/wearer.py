"""Who is on the belt: the body data that a claim freezes, and what of it is plausible."""

from typing import Final, Literal

import msgspec

Sex = Literal["male", "female"]
Facing = Literal["console", "away"]
Vo2maxSource = Literal["measured", "calibrated", "estimated"]
Model = Literal["backstride-1", "acsm"]

# What a person can be; wider than what was studied, which the model flags instead.
# Within these limits Mifflin's resting rate stays above zero.
PLAUSIBLE: Final[dict[str, tuple[float, float, str]]] = {
    "mass_kg": (20.0, 350.0, "kg"),
    "height_cm": (100.0, 250.0, "cm"),
    "age_years": (5.0, 115.0, "years"),
    "backward_minutes": (0.0, 10_000_000.0, "minutes"),
    "resting_heart_rate_bpm": (25.0, 130.0, "bpm"),
    "max_heart_rate_bpm": (80.0, 250.0, "bpm"),
    "vo2max_ml_per_kg_per_min": (10.0, 100.0, "ml/kg/min"),
}


class Wearer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the model may know about a person; everything is optional, unknown is None.

    `backward_minutes` is the lifetime of backward gait on record.
    A `vo2max_ml_per_kg_per_min` without a source counts as measured.
    """

    mass_kg: float | None = None
    height_cm: float | None = None
    age_years: float | None = None
    sex: Sex | None = None
    facing: Facing = "console"
    backward_minutes: float | None = None
    resting_heart_rate_bpm: float | None = None
    max_heart_rate_bpm: float | None = None
    vo2max_ml_per_kg_per_min: float | None = None
    vo2max_source: Vo2maxSource | None = None
    has_beta_blocker: bool = False
    model: Model = "backstride-1"


class ImplausibleWearerError(ValueError):
    """Body data that no person has; `problems` holds one sentence for each of them."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep the problems; the message is all of them."""
        super().__init__("; ".join(problems))
        self.problems = problems


def validate_wearer(wearer: Wearer) -> None:
    """Raise ImplausibleWearerError naming every value that no person has."""
    problems = [
        f"{name} must be {low:g} to {high:g} {unit}, not {getattr(wearer, name):g}"
        for name, (low, high, unit) in PLAUSIBLE.items()
        if not _is_plausible(wearer, name)
    ]
    resting, highest = wearer.resting_heart_rate_bpm, wearer.max_heart_rate_bpm
    if resting is not None and highest is not None and not resting < highest:
        problems.append("max_heart_rate_bpm must be above resting_heart_rate_bpm")
    if problems:
        raise ImplausibleWearerError(tuple(problems))


def plausible_part(wearer: Wearer) -> Wearer:
    """Return the wearer without the values that no person has, as though they were unknown.

    The fold must go on whatever the log holds, so it cannot refuse; the edges validate.
    """
    doubtful = {name: None for name in PLAUSIBLE if not _is_plausible(wearer, name)}
    resting, highest = wearer.resting_heart_rate_bpm, wearer.max_heart_rate_bpm
    if resting is not None and highest is not None and not resting < highest:
        doubtful |= {"resting_heart_rate_bpm": None, "max_heart_rate_bpm": None}
    return msgspec.structs.replace(wearer, **doubtful) if doubtful else wearer


def _is_plausible(wearer: Wearer, name: str) -> bool:
    value: float | None = getattr(wearer, name)
    low, high, _ = PLAUSIBLE[name]
    # NaN compares false, so it is implausible too.
    return value is None or low <= value <= high
