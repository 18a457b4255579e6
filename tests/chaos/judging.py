"""Compares what the stores hold with what was measured, and says every difference in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, select

from backstride_ingest.adapters.kafka_dead_letters import read_dead_letters
from backstride_shared.energy import EnergyTotals
from backstride_shared.fold.state import TreadmillState, decode_state
from backstride_shared.series import SeriesPoint, SeriesStore
from backstride_shared.store.schema import claims, members, sessions, treadmill_states
from tests.chaos.gym import Plan
from tests.e2e.oracle import ExpectedClaim, ExpectedSession, GaitSums, expected_sessions

RELATIVE: Final = 1e-9
_ABSOLUTE: Final = 1e-9
_MOST_TOLD: Final = 5
_DAY_MS: Final = 86_400_000

Readings = dict[str, list[dict[str, Any]]]
Key = tuple[str, int, int]
"""device_id, boot_id, seq."""


@dataclass(frozen=True)
class Stored:
    """What the series holds of a gym, and how often a reading was accepted."""

    points: dict[str, dict[Key, SeriesPoint]]
    accepted_count: int

    @property
    def distinct_count(self) -> int:
        """Distinct points of all treadmills."""
        return sum(len(points) for points in self.points.values())


def stored_of(
    plan: Plan, series: SeriesStore, engine: Engine, *, from_ms: int, to_ms: int
) -> Stored:
    """Read everything that the stores hold of a gym."""
    points = {
        treadmill: {
            (point.device_id, point.boot_id, point.seq): point
            for point in series.read(treadmill, from_ms - _DAY_MS, to_ms + _DAY_MS)
        }
        for treadmill in (f"{plan.gym_id}/{name}" for name in plan.treadmills())
    }
    return Stored(points, accepted_count(engine, plan.gym_id))


def missing_points(measured: Readings, stored: Stored) -> list[str]:
    """Say which readings are not in the series, or not as they were measured."""
    told = []
    for treadmill, readings in measured.items():
        points = stored.points[treadmill]
        shifts = shifts_of(readings, points)
        for reading in readings:
            point = points.get(_key(reading))
            if point is None:
                told.append(f"{treadmill}: no point of {_key(reading)}")
            elif not _is_same(reading, point, shifts[reading["boot_id"]]):
                told.append(f"{treadmill}: {reading} became {point}")
        if more := points.keys() - {_key(reading) for reading in readings}:
            told.append(f"{treadmill}: {len(more)} points more than were measured")
    return _shortened(told)


def accepted_count(engine: Engine, gym_id: str) -> int:
    """Return how many readings of a gym the stored states have accepted."""
    return sum(state.readings_count for state in _states(engine, gym_id))


def shifts_of(readings: list[dict[str, Any]], points: dict[Key, SeriesPoint]) -> dict[int, int]:
    """Return by how much the times of each boot were corrected: the same for all its readings."""
    shifts: dict[int, int] = {}
    for reading in readings:
        point = points.get(_key(reading))
        shift_ms = 0 if point is None else point.measured_at_ms - reading["measured_at_ms"]
        shifts.setdefault(reading["boot_id"], shift_ms)
    return shifts


def wrong_sessions(
    plan: Plan,
    measured: Readings,
    stored: Stored,
    engine: Engine,
    change: Callable[[list[ExpectedClaim]], list[ExpectedClaim]] = list,
) -> list[str]:
    """Say which sessions have other sums than the readings come to.

    `change` makes of the plan's claims those that members have set right.
    """
    corrected = {
        treadmill: _corrected(readings, stored.points[treadmill])
        for treadmill, readings in measured.items()
    }
    start_ms = min(readings[0]["measured_at_ms"] for readings in corrected.values())
    start_ms -= round(1000 / plan.rate_hz)
    wanted = _by_place(expected_sessions(corrected, change(plan.expected_claims(start_ms))))
    there = _by_place(_sessions(engine, plan.gym_id))
    told = [f"missing: {wanted[place]}" for place in sorted(wanted.keys() - there.keys())]
    told += [f"unexpected: {there[place]}" for place in sorted(there.keys() - wanted.keys())]
    for place in sorted(wanted.keys() & there.keys()):
        want, have = wanted[place], there[place]
        if not _is_equal(want, have):
            told.append(f"expected {want}, found {have}")
    return _shortened(told)


def good_dead_letters(gym_id: str, bootstrap: str) -> list[str]:
    """Say what of a gym, which sends nothing bad, is in the dead letters."""
    return _shortened(
        [
            f"dead letter {kept.letter_id}: {kept.letter.reason}"
            for kept in read_dead_letters(bootstrap)
            if f"/{gym_id}/" in kept.letter.topic
            or (kept.letter.treadmill or "").startswith(f"{gym_id}/")
        ]
    )


def not_in_both_stores(
    marks: dict[tuple[str, str], tuple[int, int]],
    measured: Readings,
    stored: Stored,
    engine: Engine,
) -> list[str]:
    """Say which `stored` messages told of more than both stores hold.

    `marks` are the last ones by treadmill and device, taken while nobody writes to the stores.
    """
    rows = {state.treadmill: state for state in _states(engine, "")}
    told = []
    for (treadmill, device_id), told_mark in marks.items():
        row = rows.get(treadmill)
        mark = None if row is None else row.marks.get(device_id)
        if mark is None or (mark.boot_id, mark.seq) < told_mark:
            told.append(f"{treadmill}: told {told_mark}, the row has {mark}")
        for reading in measured.get(treadmill, []):
            key = _key(reading)
            is_told = key[0] == device_id and key[1:] <= told_mark
            if is_told and key not in stored.points[treadmill]:
                told.append(f"{treadmill}: told {told_mark}, the series lacks {key}")
    return _shortened(told)


def _states(engine: Engine, gym_id: str) -> list[TreadmillState]:
    wanted = select(treadmill_states.c.state).where(
        treadmill_states.c.treadmill.startswith(f"{gym_id}/" if gym_id else "")
    )
    with engine.connect() as connection:
        return [decode_state(blob) for blob in connection.scalars(wanted)]


def _sessions(engine: Engine, gym_id: str) -> list[ExpectedSession]:
    wanted = (
        select(sessions.c.treadmill, sessions.c.started_at_ms, sessions.c.totals, members)
        .select_from(
            sessions.outerjoin(claims, claims.c.claim_id == sessions.c.claim_id).outerjoin(
                members, members.c.member_id == claims.c.member_id
            )
        )
        .where(sessions.c.treadmill.startswith(f"{gym_id}/"))
    )
    with engine.connect() as connection:
        rows = connection.execute(wanted).all()
    return [
        _session(row.treadmill, row.member_number, row.started_at_ms, row.totals) for row in rows
    ]


def _session(
    treadmill: str, member: str | None, started_at_ms: int, blob: bytes
) -> ExpectedSession:
    totals = msgspec.msgpack.decode(blob, type=EnergyTotals)
    return ExpectedSession(
        treadmill,
        member,
        started_at_ms,
        totals.readings,
        GaitSums(
            totals.forward_seconds,
            totals.forward_metres,
            totals.forward_gross_kcal,
            totals.forward_net_kcal,
        ),
        GaitSums(
            totals.backward_seconds,
            totals.backward_metres,
            totals.backward_gross_kcal,
            totals.backward_net_kcal,
        ),
    )


def _corrected(
    readings: list[dict[str, Any]], points: dict[Key, SeriesPoint]
) -> list[dict[str, Any]]:
    shifts = shifts_of(readings, points)
    moved = [
        {**reading, "measured_at_ms": reading["measured_at_ms"] + shifts[reading["boot_id"]]}
        for reading in readings
    ]
    return sorted(moved, key=lambda reading: (reading["measured_at_ms"], reading["seq"]))


def _key(reading: dict[str, Any]) -> Key:
    return reading["device_id"], reading["boot_id"], reading["seq"]


def _is_same(reading: dict[str, Any], point: SeriesPoint, shift_ms: int) -> bool:
    return (
        point.measured_at_ms == reading["measured_at_ms"] + shift_ms
        and point.speed_m_per_s == reading["speed_m_per_s"]
        and point.is_reverse == (reading["direction"] == "reverse")
        and point.grade_percent == reading.get("grade_percent", 0.0)
        and point.is_present == reading.get("is_present")
        and point.hands == reading.get("hands")
        and point.heart_rate_bpm == reading.get("heart_rate_bpm")
        and point.is_emergency_stop == reading.get("is_emergency_stop", False)
    )


def _by_place(found: list[ExpectedSession]) -> dict[tuple[str, int], ExpectedSession]:
    return {(session.treadmill, session.started_at_ms): session for session in found}


def _is_equal(want: ExpectedSession, have: ExpectedSession) -> bool:
    return (
        want.member == have.member
        and want.readings_count == have.readings_count
        and _is_close(want.forward, have.forward)
        and _is_close(want.backward, have.backward)
    )


def _is_close(want: GaitSums, have: GaitSums) -> bool:
    return all(
        abs(there - wanted) <= max(RELATIVE * abs(wanted), _ABSOLUTE)
        for wanted, there in zip(vars(want).values(), vars(have).values(), strict=True)
    )


def _shortened(told: list[str]) -> list[str]:
    if len(told) <= _MOST_TOLD:
        return told
    return [*told[:_MOST_TOLD], f"and {len(told) - _MOST_TOLD} more"]
