"""How many readings per second the calorie model takes on one core.

    python bench/energy.py

The batch form works out each reading on its own; the stream also keeps a session's sums, as the
processor does.  The best of several rounds is shown: others on the machine only slow it down.
"""

import random  # noqa: TID251 - a bench, though its name is that of the pure package
from collections.abc import Callable, Sequence
from time import perf_counter  # noqa: TID251 - as above

import msgspec

from backstride_shared.energy import EnergyState, Wearer, advance, prepare, rates

READINGS = 256 * 200
BATCH = 256
ROUNDS = 5
AIM_PER_S = 500_000

WEARER = prepare(
    Wearer(
        mass_kg=75.0,
        height_cm=178.0,
        age_years=40.0,
        sex="male",
        backward_minutes=45.0,
        resting_heart_rate_bpm=60.0,
    )
)


class Reading(msgspec.Struct):
    """One reading, as the fold hands it over."""

    measured_at_ms: int
    is_reverse: bool
    speed_m_per_s: float
    grade_percent: float
    heart_rate_bpm: float | None = None
    hands: str | None = None
    is_present: bool | None = None


def readings(
    *, is_reverse: bool, spread_m_per_s: float, grade_percent: float, bpm: float | None
) -> list[Reading]:
    """Return a session at 4 Hz around 1.2 m/s, always the same."""
    rng = random.Random(7)
    return [
        Reading(
            index * 250,
            is_reverse,
            1.2 + spread_m_per_s * rng.uniform(-1.0, 1.0),
            grade_percent,
            bpm,
        )
        for index in range(READINGS)
    ]


def batch(session: Sequence[Reading]) -> None:
    """Take the session through the batch form."""
    for start in range(0, len(session), BATCH):
        rates(WEARER, session[start : start + BATCH])


def stream(session: Sequence[Reading]) -> None:
    """Take the session through the stream, in batches."""
    state = EnergyState()
    for start in range(0, len(session), BATCH):
        advance(state, WEARER, session[start : start + BATCH])


def stream_one_by_one(session: Sequence[Reading]) -> None:
    """Take the session through the stream, a reading at a time, as live readings come."""
    state = EnergyState()
    for reading in session:
        advance(state, WEARER, (reading,))


def per_second(work: Callable[[Sequence[Reading]], None], session: Sequence[Reading]) -> float:
    """Return the readings per second of the best round."""
    best_s = float("inf")
    for _ in range(ROUNDS):
        started = perf_counter()
        work(session)
        best_s = min(best_s, perf_counter() - started)
    return len(session) / best_s


def main() -> None:
    """Print a table of readings per second."""
    sessions = {
        "forward, steady": readings(
            is_reverse=False, spread_m_per_s=0.0, grade_percent=0.0, bpm=None
        ),
        "forward, speed never the same": readings(
            is_reverse=False, spread_m_per_s=0.5, grade_percent=0.0, bpm=None
        ),
        "backward, speed never the same": readings(
            is_reverse=True, spread_m_per_s=0.5, grade_percent=0.0, bpm=None
        ),
        "backward on a grade, never the same": readings(
            is_reverse=True, spread_m_per_s=0.5, grade_percent=2.0, bpm=None
        ),
        "backward, steady, with heart rate": readings(
            is_reverse=True, spread_m_per_s=0.0, grade_percent=0.0, bpm=128.0
        ),
    }
    works = {
        f"batch of {BATCH}": batch,
        f"stream, {BATCH} at once": stream,
        "stream, one by one": stream_one_by_one,
    }
    print(f"calorie model, readings/s on one core ({READINGS} readings, best of {ROUNDS})")
    print(" " * 36 + "".join(f"{name:>22}" for name in works))
    slowest = float("inf")
    for name, session in sessions.items():
        figures = [per_second(work, session) for work in works.values()]
        slowest = min(slowest, figures[0])
        print(f"{name:<36}" + "".join(f"{figure:>22,.0f}" for figure in figures))
    verdict = "reached" if slowest >= AIM_PER_S else "not reached"
    print(f"aim of {AIM_PER_S:,} readings/s in batches of {BATCH}: {verdict} ({slowest:,.0f})")


if __name__ == "__main__":
    main()
