"""Energy of totals with its band, forward and backward apart or together.

A band is plus and minus one standard deviation: the truth lies inside for about two in three.
"""

from dataclasses import dataclass

from backstride_shared.energy import EnergyTotals, kcal_text


@dataclass(frozen=True, slots=True)
class Band:
    """An energy in kcal with its band, and the words for it."""

    gross_kcal: float
    net_kcal: float
    low_kcal: float
    high_kcal: float
    uncertainty_percent: float
    display: str


def band_of(totals: EnergyTotals) -> Band:
    """Return gross, net and band of all gait of these totals."""
    return _band(
        totals.gross_kcal,
        totals.net_kcal,
        totals.forward_kcal_percent + totals.backward_kcal_percent,
        has_backward=totals.backward_seconds > 0,
    )


def forward_band_of(totals: EnergyTotals) -> Band:
    """Return the band of the forward part."""
    return _band(
        totals.forward_gross_kcal,
        totals.forward_net_kcal,
        totals.forward_kcal_percent,
        has_backward=False,
    )


def backward_band_of(totals: EnergyTotals) -> Band:
    """Return the band of the backward part."""
    return _band(
        totals.backward_gross_kcal,
        totals.backward_net_kcal,
        totals.backward_kcal_percent,
        has_backward=True,
    )


def _band(gross_kcal: float, net_kcal: float, kcal_percent: float, *, has_backward: bool) -> Band:
    sd_kcal = kcal_percent / 100.0
    percent = kcal_percent / gross_kcal if gross_kcal else 0.0
    return Band(
        gross_kcal=gross_kcal,
        net_kcal=net_kcal,
        low_kcal=max(0.0, gross_kcal - sd_kcal),
        high_kcal=gross_kcal + sd_kcal,
        uncertainty_percent=percent,
        display=kcal_text(gross_kcal, percent, has_band=has_backward),
    )
