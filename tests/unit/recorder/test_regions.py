"""How far a refold reaches."""

import pytest

from backstride_recorder.domain.batch import DueRefold
from backstride_recorder.domain.regions import (
    Region,
    SessionSpan,
    limit_ms,
    live_dirty_span,
    region_of,
    widened,
    with_live,
)
from backstride_shared.energy import EnergyState
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS
from backstride_shared.fold.state import STATE_VERSION, OpenSession, TreadmillState

IDLE = CLAIMED_IDLE_MS
NOON = 100 * IDLE


def span(name: str, from_ms: int, to_ms: int) -> SessionSpan:
    return SessionSpan(name, None, from_ms, to_ms)


def state(live: OpenSession | None = None, last_measured_at_ms: int = NOON) -> TreadmillState:
    return TreadmillState(
        STATE_VERSION, "gym/one", session=live, last_measured_at_ms=last_measured_at_ms
    )


def live(from_ms: int, to_ms: int, *, is_dirty: bool) -> OpenSession:
    return OpenSession("live", None, from_ms, to_ms, to_ms, EnergyState(), is_dirty=is_dirty)


def due(from_ms: int, to_ms: int) -> DueRefold:
    return DueRefold("gym/one", from_ms, to_ms, "late readings", (0, 1))


def test_a_region_ends_with_what_the_stored_state_knows() -> None:
    assert region_of(due(0, 2 * NOON), state()) == Region(0, NOON)


def test_a_region_ends_before_a_live_session_whose_sums_are_right() -> None:
    known = state(live(NOON - 500, NOON, is_dirty=False))

    assert region_of(due(0, 2 * NOON), known) == Region(0, NOON - 501)
    assert limit_ms(known) == NOON - 501
    assert live_dirty_span(known) is None


def test_what_lies_in_a_live_session_whose_sums_are_right_needs_no_refold() -> None:
    known = state(live(NOON - 500, NOON, is_dirty=False))

    assert region_of(due(NOON - 400, NOON - 300), known).is_empty


def test_a_live_session_that_reaches_back_is_folded_too() -> None:
    known = state(live(NOON - 500, NOON, is_dirty=True))

    assert limit_ms(known) == NOON
    assert live_dirty_span(known) == span("live", NOON - 500, NOON)


def test_a_region_takes_in_each_session_it_touches_and_those_touch_in_turn() -> None:
    spans = [
        span("a", 10 * IDLE, 11 * IDLE),
        span("b", 12 * IDLE, 13 * IDLE),
        span("c", 14 * IDLE, 15 * IDLE),
        span("far", 17 * IDLE, 18 * IDLE),
    ]

    region = widened(Region(14 * IDLE, 14 * IDLE + 1), spans, NOON)

    assert region == Region(10 * IDLE, 15 * IDLE)
    assert [one.session_id for one in spans if region.holds(one)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("to_ms", "touches"), [(9 * IDLE, True), (9 * IDLE - 1, False)], ids=["at", "beyond"]
)
def test_a_session_touches_up_to_the_idle_time(to_ms: int, touches: bool) -> None:  # noqa: FBT001
    region = widened(Region(10 * IDLE, 11 * IDLE), [span("a", 0, to_ms)], NOON)

    assert (region.from_ms == 0) is touches


def test_the_live_session_is_as_long_as_its_row_and_its_state_know_together() -> None:
    row, live_span = span("live", 100, 300), span("live", 200, 400)

    assert with_live([row, span("a", 0, 50)], live_span) == [
        span("live", 100, 400),
        span("a", 0, 50),
    ]
    assert with_live([], live_span) == [live_span]
    assert with_live([row], None) == [row]


def test_nothing_after_the_limit_is_taken_in() -> None:
    spans = [span("live", NOON + 1, NOON + 500), span("before", NOON - 500, NOON - 100)]

    assert widened(Region(NOON - 200, NOON), spans, NOON) == Region(NOON - 500, NOON)


def test_a_session_across_the_limit_is_cut_there() -> None:
    spans = [span("growing", NOON - 500, NOON + 500)]

    assert widened(Region(NOON - 200, NOON), spans, NOON) == Region(NOON - 500, NOON)
