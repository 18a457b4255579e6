import pytest

from backstride_gateway.domain.bands import backward_band_of, band_of, forward_band_of
from backstride_gateway.domain.dividend import reverse_dividend_of
from backstride_shared.energy import EnergyTotals
from tests.factories.session_records import totals_of


def test_backward_energy_is_always_told_with_its_band() -> None:
    totals = EnergyTotals(
        backward_seconds=900.0, backward_gross_kcal=95.0, backward_kcal_percent=95.0 * 21.0
    )
    band = band_of(totals)
    assert band.display == "≈ 95 kcal (75–115)"
    assert band.low_kcal == pytest.approx(95.0 - 19.95)
    assert band.high_kcal == pytest.approx(95.0 + 19.95)


def test_purely_forward_energy_is_told_without_a_band() -> None:
    assert band_of(totals_of(forward_s=600)).display == "≈ 50 kcal"


def test_the_parts_add_up_to_the_whole() -> None:
    totals = totals_of(forward_s=600, backward_s=300)
    whole, forward, backward = band_of(totals), forward_band_of(totals), backward_band_of(totals)
    assert whole.gross_kcal == pytest.approx(forward.gross_kcal + backward.gross_kcal)
    assert whole.net_kcal == pytest.approx(forward.net_kcal + backward.net_kcal)
    assert whole.high_kcal == pytest.approx(forward.high_kcal + backward.high_kcal)


def test_nothing_done_is_nothing_and_certain() -> None:
    band = band_of(EnergyTotals())
    assert (band.gross_kcal, band.low_kcal, band.uncertainty_percent) == (0.0, 0.0, 0.0)
    assert band.display == "≈ 0 kcal"


def test_a_band_never_reaches_below_zero() -> None:
    totals = EnergyTotals(
        backward_seconds=1.0, backward_gross_kcal=10.0, backward_kcal_percent=10.0 * 140.0
    )
    assert band_of(totals).low_kcal == 0.0


def test_the_dividend_says_what_backward_cost_and_that_it_is_not_double() -> None:
    dividend = reverse_dividend_of(totals_of(backward_s=600))
    assert dividend is not None
    assert dividend.ratio == pytest.approx(1.25)
    assert dividend.sd == pytest.approx(0.25)
    assert (
        dividend.sentence
        == "Your backward minutes cost 1.25 × the same forward (1.00–1.50), not 2 ×."
    )


def test_who_never_went_backward_has_no_dividend() -> None:
    assert reverse_dividend_of(totals_of(forward_s=600)) is None
