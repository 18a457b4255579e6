"""The reverse dividend: what backward gait cost beside the same speeds forward, in words.

The answer to "running backwards burns twice the calories": it is not so, and here is what it was.
"""

from dataclasses import dataclass

from backstride_shared.energy import EnergyTotals, dividend_text


@dataclass(frozen=True, slots=True)
class ReverseDividend:
    """Backward gross energy over that of the same speeds and grades forward, with its band."""

    ratio: float
    sd: float
    low: float
    high: float
    sentence: str
    in_words: str


def reverse_dividend_of(totals: EnergyTotals) -> ReverseDividend | None:
    """Return the dividend, None where nobody went backward.

    Its SD is that of the backward energy: the person's own error is shared by both
    (calorie model, section 5).
    """
    ratio = totals.reverse_dividend
    if ratio is None:
        return None
    sd = ratio * totals.backward_uncertainty_percent / 100.0
    low, high = max(0.0, ratio - sd), ratio + sd
    return ReverseDividend(
        ratio=ratio,
        sd=sd,
        low=low,
        high=high,
        sentence=(
            f"Your backward minutes cost {ratio:.2f} × the same forward "
            f"({low:.2f}–{high:.2f}), not 2 ×."
        ),
        in_words=dividend_text(ratio),
    )
