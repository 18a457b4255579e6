"""How energy is written for people: rounded, with its band, never more certain than it is."""

from math import ceil, floor
from typing import Final

BAND_LABEL: Final = "about two in three"
_ROUNDED_TO_KCAL: Final = 5


def rounded_kcal(kcal: float) -> int:
    """Return energy as it is shown to people, to the nearest 5 kcal."""
    return _ROUNDED_TO_KCAL * floor(kcal / _ROUNDED_TO_KCAL + 0.5)


def kcal_text(kcal: float, uncertainty_percent: float, *, has_band: bool) -> str:
    """Return energy such as `≈ 95 kcal (75–115)`; in reverse the band is always shown."""
    text = f"≈ {rounded_kcal(kcal)} kcal"
    if not has_band:
        return text
    sd = kcal * uncertainty_percent / 100.0
    low, high = rounded_kcal(kcal - sd), rounded_kcal(kcal + sd)
    if low == high:
        # of little energy: a band closed by rounding would look like certainty
        low = _ROUNDED_TO_KCAL * floor((kcal - sd) / _ROUNDED_TO_KCAL)
        high = _ROUNDED_TO_KCAL * ceil((kcal + sd) / _ROUNDED_TO_KCAL)
    return f"{text} ({low}–{high})"


def dividend_text(ratio: float) -> str:
    """Return what backward cost beside the same speeds forward, and that it is not double."""
    percent = 100.0 * (ratio - 1.0)
    if percent >= 0.0:
        return f"about {percent:.0f} % more than the same speed forward; it is not double"
    return f"about {-percent:.0f} % less than the same speed forward"
