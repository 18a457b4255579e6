"""How energy is written for people."""

import pytest

from backstride_shared.energy import dividend_text, kcal_text, rounded_kcal


@pytest.mark.parametrize(
    ("kcal", "shown"), [(0.0, 0), (2.4, 0), (2.5, 5), (97.4, 95), (97.5, 100), (1234.0, 1235)]
)
def test_energy_is_shown_to_the_nearest_five(kcal: float, shown: int) -> None:
    assert rounded_kcal(kcal) == shown


def test_in_reverse_the_band_is_shown() -> None:
    assert kcal_text(95.0, 21.0, has_band=True) == "≈ 95 kcal (75–115)"
    assert kcal_text(95.0, 21.0, has_band=False) == "≈ 95 kcal"


@pytest.mark.parametrize(
    ("kcal", "shown"),
    [(0.4, "≈ 0 kcal (0–5)"), (4.0, "≈ 5 kcal (0–5)"), (6.0, "≈ 5 kcal (5–10)")],
)
def test_rounding_does_not_close_the_band_of_little_energy(kcal: float, shown: str) -> None:
    assert kcal_text(kcal, 10.0, has_band=True) == shown


def test_the_dividend_is_never_called_double() -> None:
    assert dividend_text(1.284) == "about 28 % more than the same speed forward; it is not double"
    assert dividend_text(0.97) == "about 3 % less than the same speed forward"
