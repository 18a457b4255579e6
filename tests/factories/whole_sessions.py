"""A session with its readings in the series and the sums that the fold made of them."""

from collections.abc import Sequence
from typing import NamedTuple

from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy import MODEL_VERSION, EnergyState, Wearer, advance, close, prepare
from backstride_shared.frames import FrameReading
from backstride_shared.series import SeriesPoint

T0_MS = 1_795_406_900_000


class Step(NamedTuple):
    """A reading, `after_ms` after the one before it; a negative speed is a belt in reverse."""

    velocity_m_per_s: float
    after_ms: int = 1000
    heart_rate_bpm: float | None = None
    is_present: bool | None = None


class WholeSession(NamedTuple):
    """What recorder and series store would hold."""

    session: SessionRecord
    points: list[SeriesPoint]


def steps_of(*parts: tuple[int, float], after_ms: int = 1000) -> list[Step]:
    """Return so many readings at each velocity, one after the other."""
    return [Step(velocity, after_ms) for count, velocity in parts for _ in range(count)]


def whole_session(
    steps: Sequence[Step],
    *,
    session_id: str = "5a9d6c1e-0000-5000-8000-000000000001",
    claim_id: str | None = None,
    is_facing_away: bool = False,
    started_at_ms: int = T0_MS,
    treadmill: str = "gym/treadmill",
    closed_after_ms: int = 0,
) -> WholeSession:
    """Fold the readings as the processor does; the next session began `closed_after_ms` later."""
    coefficients = prepare(Wearer(mass_kg=70.0, facing="away" if is_facing_away else "console"))
    state = EnergyState()
    at_ms = started_at_ms
    was_reverse = False
    readings = []
    for seq, step in enumerate(steps, start=1):
        at_ms += step.after_ms if seq > 1 else 0
        was_reverse = step.velocity_m_per_s < 0 if step.velocity_m_per_s else was_reverse
        readings.append(
            FrameReading(
                seq=seq,
                measured_at_ms=at_ms,
                is_reverse=was_reverse,
                speed_m_per_s=abs(step.velocity_m_per_s),
                heart_rate_bpm=step.heart_rate_bpm,
                is_present=step.is_present,
            )
        )
    energies = advance(state, coefficients, readings)
    close(state, coefficients, at_ms + closed_after_ms)
    points = [
        SeriesPoint(
            treadmill=treadmill,
            measured_at_ms=reading.measured_at_ms,
            device_id="device-a",
            boot_id=7,
            seq=reading.seq,
            is_reverse=reading.is_reverse,
            speed_m_per_s=reading.speed_m_per_s,
            grade_percent=reading.grade_percent,
            heart_rate_bpm=reading.heart_rate_bpm,
            is_present=reading.is_present,
            hands=None,
            is_emergency_stop=False,
            gross_kcal_per_min=gross,
            net_kcal_per_min=net,
            uncertainty_percent=percent,
            flags=flags,
            session_gross_kcal=so_far,
        )
        for reading, (gross, net, percent, flags, so_far) in zip(readings, energies, strict=True)
    ]
    moving = [one.measured_at_ms for one in readings if one.speed_m_per_s]
    session = SessionRecord(
        session_id=session_id,
        treadmill=treadmill,
        claim_id=claim_id,
        member_id=None,
        purpose=None,
        started_at_ms=started_at_ms,
        last_moving_at_ms=moving[-1] if moving else started_at_ms,
        last_reading_at_ms=at_ms,
        ended_at_ms=at_ms,
        model_version=MODEL_VERSION,
        recomputed_at_ms=None,
        is_facing_away=is_facing_away,
        totals=state.totals,
    )
    return WholeSession(session, points)
