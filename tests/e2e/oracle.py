"""What sessions must come of readings: computed from the publish log alone, by another way.

The platform folds events one by one, in pieces, again after kills, and partly from its stores.
Here everything is at hand at once: who holds the treadmill is looked up, moving readings are
grouped, and each interval is priced on its own by the scalar form of the calorie model.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from backstride_shared.energy import Moment, Wearer, estimate, prepare

HOLD_MS = 5_000
CLAIMED_IDLE_MS = 600_000
UNCLAIMED_IDLE_MS = 120_000


@dataclass(frozen=True)
class ExpectedClaim:
    """Who holds a treadmill from when until when; `until_ms` None: until idle."""

    treadmill: str
    member: str
    wearer: Wearer
    from_ms: int
    until_ms: int | None


@dataclass
class GaitSums:
    """What was done in one direction of gait."""

    seconds: float = 0.0
    metres: float = 0.0
    gross_kcal: float = 0.0
    net_kcal: float = 0.0


@dataclass
class ExpectedSession:
    """A session's sums; `member` None for a session of nobody."""

    treadmill: str
    member: str | None
    started_at_ms: int
    readings_count: int
    forward: GaitSums
    backward: GaitSums


def published(log: Path) -> dict[str, list[dict[str, Any]]]:
    """Return each treadmill's readings in the order of their times."""
    by_treadmill: dict[str, list[dict[str, Any]]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        reading = json.loads(line)
        by_treadmill.setdefault(reading["treadmill"], []).append(reading)
    for readings in by_treadmill.values():
        readings.sort(key=lambda reading: (reading["measured_at_ms"], reading["seq"]))
    return by_treadmill


def expected_sessions(
    by_treadmill: dict[str, list[dict[str, Any]]], claims: Iterable[ExpectedClaim]
) -> list[ExpectedSession]:
    """Return the sessions of all treadmills, in the order of treadmill and start."""
    known = list(claims)
    return [
        session
        for treadmill, readings in sorted(by_treadmill.items())
        for session in _sessions_of(
            treadmill, readings, [claim for claim in known if claim.treadmill == treadmill]
        )
    ]


def _sessions_of(
    treadmill: str, readings: Sequence[dict[str, Any]], claims: Sequence[ExpectedClaim]
) -> list[ExpectedSession]:
    holders = _holders(readings, claims)
    sessions: list[ExpectedSession] = []
    first = 0
    while first < len(readings):
        if not _is_moving(readings[first]):
            first += 1
            continue
        holder = holders[first]
        idle_ms = UNCLAIMED_IDLE_MS if holder is None else CLAIMED_IDLE_MS
        last_moving_ms = readings[first]["measured_at_ms"]
        end = first
        while (
            end < len(readings)
            and holders[end] is holder
            and readings[end]["measured_at_ms"] - last_moving_ms <= idle_ms
        ):
            if _is_moving(readings[end]):
                last_moving_ms = readings[end]["measured_at_ms"]
            end += 1
        # the interval up to the first reading of what follows is still this session's
        sessions.append(_summed(treadmill, holder, readings[first : end + 1], end - first))
        first = end
    return sessions


def _holders(
    readings: Sequence[dict[str, Any]], claims: Sequence[ExpectedClaim]
) -> list[ExpectedClaim | None]:
    """Return who holds the treadmill at each reading; idleness ends a claim for good."""
    holders: list[ExpectedClaim | None] = []
    expired: list[ExpectedClaim] = []
    last_moving_ms = 0
    for reading in readings:
        at_ms = reading["measured_at_ms"]
        begun = [claim for claim in claims if claim.from_ms <= at_ms]
        holder = max(begun, key=lambda claim: claim.from_ms, default=None)
        if holder is not None and holder.until_ms is not None and at_ms >= holder.until_ms:
            holder = None
        if holder is not None and at_ms - max(holder.from_ms, last_moving_ms) > CLAIMED_IDLE_MS:
            expired.append(holder)
        holders.append(None if holder in expired else holder)
        if _is_moving(reading):
            last_moving_ms = at_ms
    return holders


def _summed(
    treadmill: str,
    holder: ExpectedClaim | None,
    readings: Sequence[dict[str, Any]],
    readings_count: int,
) -> ExpectedSession:
    coefficients = prepare(holder.wearer if holder else None)
    session = ExpectedSession(
        treadmill,
        holder.member if holder else None,
        readings[0]["measured_at_ms"],
        readings_count,
        GaitSums(),
        GaitSums(),
    )
    for reading, following in pairwise(readings):
        if not _is_moving(reading):
            continue
        cost = estimate(
            coefficients,
            Moment(
                speed_m_per_s=reading["speed_m_per_s"],
                is_reverse=reading["direction"] == "reverse",
                grade_percent=reading.get("grade_percent", 0.0),
                hands=reading.get("hands"),
            ),
        )
        seconds = min(following["measured_at_ms"] - reading["measured_at_ms"], HOLD_MS) / 1000
        sums = session.backward if cost.is_backward else session.forward
        sums.seconds += seconds
        sums.metres += reading["speed_m_per_s"] * seconds
        sums.gross_kcal += cost.gross_kcal_per_min * seconds / 60
        sums.net_kcal += cost.net_kcal_per_min * seconds / 60
    return session


def _is_moving(reading: dict[str, Any]) -> bool:
    return reading["speed_m_per_s"] > 0 and reading.get("is_present") is not False
