"""Conversions at the edge to people; inside everything is SI and kcal."""

from typing import Final

_KM_PER_H_PER_M_PER_S: Final = 3.6  # 3600 s in 1000 m


def m_per_s_from_km_per_h(km_per_h: float) -> float:
    """Return a speed in m/s."""
    return km_per_h / _KM_PER_H_PER_M_PER_S


def km_per_h_from_m_per_s(m_per_s: float) -> float:
    """Return a speed in km/h."""
    return m_per_s * _KM_PER_H_PER_M_PER_S
