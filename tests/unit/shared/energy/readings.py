"""Readings and short cuts for the tests of the calorie model."""

from collections.abc import Iterable, Sequence

import msgspec

from backstride_shared.energy import (
    Coefficients,
    EnergyPoint,
    EnergyState,
    Estimate,
    Moment,
    Wearer,
    advance,
    estimate,
    prepare,
)

NOBODY = prepare(None)
AWAY = prepare(Wearer(facing="away"))
ADULT = Wearer(mass_kg=75.0, height_cm=178.0, age_years=40.0, sex="male")
# Of the worked example of heart-rate fusion.
RUNNER = msgspec.structs.replace(
    ADULT, resting_heart_rate_bpm=60.0, vo2max_ml_per_kg_per_min=42.0, vo2max_source="measured"
)


class Reading(msgspec.Struct, frozen=True):
    """One reading as the model sees it; at rest the belt is level and nothing more is known."""

    measured_at_ms: int
    speed_m_per_s: float = 1.2
    is_reverse: bool = False
    grade_percent: float = 0.0
    heart_rate_bpm: float | None = None
    hands: str | None = None
    is_present: bool | None = None


def ask(coefficients: Coefficients, speed_m_per_s: float, **values: object) -> Estimate:
    """Return the estimate of one moment; hands are free unless said otherwise."""
    return estimate(
        coefficients,
        msgspec.convert(
            {"hands": "free", **values, "speed_m_per_s": speed_m_per_s}, Moment, strict=True
        ),
    )


def steady(
    seconds: int, reading: Reading, *, from_ms: int = 0, every_ms: int = 1000
) -> list[Reading]:
    """Return `reading` repeated for `seconds`, its first at `from_ms`."""
    return [
        msgspec.structs.replace(reading, measured_at_ms=from_ms + at_ms)
        for at_ms in range(0, seconds * 1000 + 1, every_ms)
    ]


def run(
    coefficients: Coefficients, readings: Iterable[Reading]
) -> tuple[EnergyState, Sequence[EnergyPoint]]:
    """Return a fresh state after `readings`, and their points."""
    state = EnergyState()
    return state, advance(state, coefficients, list(readings))
