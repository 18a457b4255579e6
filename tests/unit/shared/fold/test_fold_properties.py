"""Whatever the way does to messages and claims, each reading counts once, for its owner.

The oracle knows nothing of marks, segments or dirty sessions: it sorts what the device measured,
gives each reading to the claim that holds then, and multiplies rates by held times.
"""

from collections import defaultdict
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_shared.claims import Claim
from backstride_shared.energy import Moment, estimate, prepare
from backstride_shared.frames import (
    ClaimEvent,
    ErasureEvent,
    FrameReading,
    ReadingsEvent,
    TreadmillEvent,
)
from tests.factories.events import START_MS, TREADMILL, claim, correction, erasure, message
from tests.factories.fold_store import FoldStore


class Owned(NamedTuple):
    """What one claim (or nobody) should have."""

    readings: int
    gross_kcal: float
    moving_s: float


class Scenario(NamedTuple):
    """What was measured, claimed, corrected and erased, and a log in which it arrived."""

    readings: list[FrameReading]
    # as the latest correction of each leaves it
    claims: list[Claim]
    erasures: list[ErasureEvent]
    log: list[TreadmillEvent]
    restarts: set[int]
    # before which events what is due is folded again
    settles: set[int]


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """One device over several boots; its messages cut, lost, resent, doubled.

    Claims, their corrections and erasures come at any time, in any order, and again.
    """
    boots = draw(st.lists(st.integers(1, 25), min_size=1, max_size=3))
    at_ms = START_MS
    outbox: list[tuple[int, FrameReading]] = []
    for boot_id, count in enumerate(boots, start=1):
        for seq in range(1, count + 1):
            at_ms += draw(st.sampled_from([250, 250, 1000, 7000]))
            speed = draw(st.sampled_from([0.0, 0.9, 1.6, 2.4]))
            outbox.append((boot_id, FrameReading(seq, at_ms, draw(st.booleans()), speed)))
    claims = [
        claim(f"claim-{number}", (moment_ms - START_MS) / 1000, mass_kg=75.0)
        for number, moment_ms in enumerate(
            sorted(draw(st.sets(st.integers(START_MS - 1000, at_ms + 1000), max_size=3)))
        )
    ]
    log: list[TreadmillEvent] = []
    for _ in range(draw(st.integers(1, 6))):
        # a connection: from some reading on, in order, messages lost or doubled on the way
        start = draw(st.integers(0, len(outbox) - 1))
        log.extend(_sent(draw, outbox, start, is_lossy=True))
    log.extend(_sent(draw, outbox, 0, is_lossy=False))
    for one in claims:
        log.insert(draw(st.integers(0, len(log))), ClaimEvent(TREADMILL, one))
    end_s = (at_ms - START_MS) / 1000
    corrected = [_corrected(draw, one, end_s, log) for one in claims]
    erasures = _erasures(draw, claims, end_s, log)
    restarts = draw(st.sets(st.integers(0, len(log)), max_size=3))
    # not with erasures: a cut ends what the last reading holds, which a fold tells at once, and
    # the live session with its next reading, which never comes here
    settles = set() if erasures else draw(st.sets(st.integers(0, len(log)), max_size=4))
    readings = [reading for _, reading in outbox]
    return Scenario(readings, corrected, erasures, log, restarts, settles)


def _corrected(draw: st.DrawFn, known: Claim, end_s: float, log: list[TreadmillEvent]) -> Claim:
    """Put corrections of a claim into the log, some twice; return the claim as they leave it."""
    latest = known
    for number in range(draw(st.integers(0, 2))):
        trimmed_at_s = draw(st.none() | st.floats(0.0, end_s + 1.0))
        mass_kg = draw(st.sampled_from([None, 50.0, 90.0]))
        event = correction(known, number, mass_kg=mass_kg, trimmed_at_s=trimmed_at_s)
        latest = event.claim
        for _ in range(draw(st.integers(1, 2))):
            log.insert(draw(st.integers(0, len(log))), event)
    return latest


def _erasures(
    draw: st.DrawFn, claims: list[Claim], end_s: float, log: list[TreadmillEvent]
) -> list[ErasureEvent]:
    """Put erasures of some claims, and of a time that nobody held, into the log, some twice."""
    found: list[ErasureEvent] = []
    starts = [(one.claimed_at_ms - START_MS) / 1000 for one in claims]
    for number, (one, from_s) in enumerate(zip(claims, starts, strict=True)):
        if draw(st.booleans()):
            limit_s = starts[number + 1] if number + 1 < len(claims) else end_s + 1.0
            until_s = draw(st.floats(from_s, max(from_s, limit_s)))
            found.append(erasure(number, one.claim_id, from_s, until_s, until_s))
    if draw(st.booleans()):
        from_s = draw(st.floats(0.0, end_s))
        until_s = draw(st.floats(from_s, starts[0] if starts and from_s < starts[0] else end_s))
        if not any(from_s <= start < until_s for start in starts):
            found.append(erasure(9, None, from_s, until_s, until_s))
    for event in found:
        for _ in range(draw(st.integers(1, 2))):
            log.insert(draw(st.integers(0, len(log))), event)
    return found


def _sent(
    draw: st.DrawFn, outbox: list[tuple[int, FrameReading]], start: int, *, is_lossy: bool
) -> list[ReadingsEvent]:
    events: list[ReadingsEvent] = []
    while start < len(outbox):
        boot_id = outbox[start][0]
        size = draw(st.integers(1, 8))
        run = [reading for boot, reading in outbox[start : start + size] if boot == boot_id]
        before = outbox[start - 1] if start else None
        after = (before[0], before[1].seq) if before else None
        fate = draw(st.sampled_from(["once", "once", "twice", "lost"])) if is_lossy else "once"
        count = {"once": 1, "twice": 2, "lost": 0}[fate]
        events += [message(run, boot_id=boot_id, after=after)] * count
        start += len(run)
    return events


def _is_kept(reading: FrameReading, erasures: list[ErasureEvent]) -> bool:
    return not any(one.from_ms <= reading.measured_at_ms < one.until_ms for one in erasures)


def _oracle(scenario: Scenario) -> dict[str | None, Owned]:
    """Add up by owner; a session begins with a moving reading, and nothing rests for long here.

    No session reaches over the beginning of what is erased, and no reading is held beyond it.
    """
    claims, erasures = scenario.claims, scenario.erasures
    readings = [one for one in scenario.readings if _is_kept(one, erasures)]
    erased_ids = {one.claim_id for one in erasures}
    cut_before_ms = 0
    owned: dict[str | None, Owned] = defaultdict(lambda: Owned(0, 0.0, 0.0))
    owner_before: str | None = "none yet"
    is_in_session = False
    for number, reading in enumerate(readings):
        owner, wearer = None, None
        for one in claims:
            if one.claimed_at_ms <= reading.measured_at_ms:
                is_trimmed = (
                    one.trimmed_at_ms is not None and one.trimmed_at_ms <= reading.measured_at_ms
                )
                is_gone = is_trimmed or one.claim_id in erased_ids
                owner, wearer = (None, None) if is_gone else (one.claim_id, one.wearer)
        if reading.measured_at_ms >= cut_before_ms and number:
            is_in_session = False
        cuts = [one.from_ms for one in erasures if one.from_ms > reading.measured_at_ms]
        cut_before_ms = min(cuts, default=2**62)
        if owner != owner_before:
            is_in_session = False
        owner_before = owner
        is_moving = reading.speed_m_per_s > 0
        is_in_session = is_in_session or is_moving
        if not is_in_session:
            continue
        held_s = 0.0
        ends = [one.measured_at_ms for one in readings[number + 1 : number + 2]]
        if ends or cuts:
            held_s = min(5.0, (min(ends + cuts) - reading.measured_at_ms) / 1000)
        rate = estimate(
            prepare(wearer),
            Moment(speed_m_per_s=reading.speed_m_per_s, is_reverse=reading.is_reverse),
        ).gross_kcal_per_min
        sums = owned[owner]
        owned[owner] = Owned(
            sums.readings + 1,
            sums.gross_kcal + (rate * held_s / 60 if is_moving else 0.0),
            sums.moving_s + (held_s if is_moving else 0.0),
        )
    return owned


def _kept(store: FoldStore) -> dict[str | None, Owned]:
    kept: dict[str | None, Owned] = defaultdict(lambda: Owned(0, 0.0, 0.0))
    for row in store.rows.values():
        totals, sums = row.totals, kept[row.claim_id]
        kept[row.claim_id] = Owned(
            sums.readings + totals.readings,
            sums.gross_kcal + totals.forward_gross_kcal + totals.backward_gross_kcal,
            sums.moving_s + totals.forward_seconds + totals.backward_seconds,
        )
    return kept


@given(scenarios())
def test_every_reading_counts_once_for_its_owner(scenario: Scenario) -> None:
    store = FoldStore()
    for number, event in enumerate(scenario.log):
        if number in scenario.restarts:
            store.restart()
        if number in scenario.settles:
            store.settle()
        store.apply(event)
    store.settle()

    expected = _oracle(scenario)
    kept = _kept(store)
    state = store.states[TREADMILL]
    stored = [one for one in scenario.readings if _is_kept(one, scenario.erasures)]
    assert sorted(seen[0] for seen in store.points) == [one.measured_at_ms for one in stored]
    assert state.readings_count == len(scenario.readings)
    assert state.erased_count + store.erased_points == len(scenario.readings) - len(stored)
    assert {owner: one.readings for owner, one in kept.items()} == {
        owner: one.readings for owner, one in expected.items()
    }
    for owner, one in expected.items():
        assert kept[owner].gross_kcal == pytest.approx(one.gross_kcal, rel=1e-9)
        assert kept[owner].moving_s == pytest.approx(one.moving_s, rel=1e-9)


@given(scenarios(), st.data())
def test_replaying_any_part_of_the_log_changes_no_total(
    scenario: Scenario, data: st.DataObject
) -> None:
    store = FoldStore()
    store.apply(*scenario.log)
    store.settle()
    before = (_kept(store), store.states[TREADMILL].revision)

    start = data.draw(st.integers(0, len(scenario.log) - 1))
    store.restart()
    store.apply(*scenario.log[start:])
    store.settle()

    assert (_kept(store), store.states[TREADMILL].revision) == before


@given(scenarios())
def test_the_same_log_gives_the_same_sessions(scenario: Scenario) -> None:
    first, second = FoldStore(), FoldStore()
    first.apply(*scenario.log)
    for event in scenario.log:
        second.apply(event)
    first.settle()
    second.settle()

    assert first.rows == second.rows
