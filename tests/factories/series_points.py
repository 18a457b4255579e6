"""Points of the series with the few values that a test cares about."""

from backstride_shared.series import SeriesPoint

T0_MS = 1_795_406_900_000
TREADMILL = "gym/one"


def series_point(
    seq: int,
    at_ms: int = T0_MS,
    *,
    treadmill: str = TREADMILL,
    speed_m_per_s: float = 1.25,
    is_reverse: bool = False,
    heart_rate_bpm: float | None = None,
    gross_kcal_per_min: float = 5.0,
    session_gross_kcal: float | None = None,
) -> SeriesPoint:
    """Return a point; all that is not given is the same in each."""
    return SeriesPoint(
        treadmill=treadmill,
        measured_at_ms=at_ms,
        device_id="device-a",
        boot_id=7,
        seq=seq,
        is_reverse=is_reverse,
        speed_m_per_s=speed_m_per_s,
        grade_percent=0.0,
        heart_rate_bpm=heart_rate_bpm,
        is_present=None,
        hands=None,
        is_emergency_stop=False,
        gross_kcal_per_min=gross_kcal_per_min,
        net_kcal_per_min=4.0,
        uncertainty_percent=12.0,
        flags=0,
        session_gross_kcal=session_gross_kcal,
    )


def run_of_points(count: int, first_seq: int = 1, step_ms: int = 250) -> list[SeriesPoint]:
    """Return points of one treadmill, `step_ms` apart."""
    return [
        series_point(seq, T0_MS + step_ms * (seq - first_seq))
        for seq in range(first_seq, first_seq + count)
    ]
