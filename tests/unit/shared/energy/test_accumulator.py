"""Energy over time: hold, gaps, rest, and that nothing depends on how a session is cut."""

import copy

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstride_shared.energy import (
    EnergyState,
    EnergyTotals,
    Wearer,
    advance,
    close,
    flag_codes,
    merge_all,
    prepare,
)
from tests.unit.shared.energy.readings import (
    ADULT,
    NOBODY,
    RUNNER,
    Reading,
    ask,
    run,
    steady,
)

RUNNER_MODEL = prepare(RUNNER)

_values = st.builds(
    Reading,
    measured_at_ms=st.integers(0, 9_000),  # a step from the one before
    speed_m_per_s=st.sampled_from([0.0, 0.7, 1.2, 1.23, 1.6, 2.0, 3.1]),
    is_reverse=st.booleans(),
    grade_percent=st.sampled_from([0.0, 2.0, -1.0]),
    heart_rate_bpm=st.sampled_from([None, 90.0, 130.0]),
    hands=st.sampled_from([None, "free", "grip"]),
    is_present=st.sampled_from([None, True, True, False]),
)


@st.composite
def sessions(draw: st.DrawFn) -> list[Reading]:
    """Draw readings whose times do not run backward; runs of the same make steady bouts."""
    readings: list[Reading] = []
    at_ms = 1_795_000_000_000
    for step in draw(st.lists(_values, min_size=1, max_size=12)):
        for _ in range(draw(st.sampled_from([1, 1, 3, 60]))):
            at_ms += step.measured_at_ms
            readings.append(msgspec.structs.replace(step, measured_at_ms=at_ms))
    return readings


def test_each_reading_settles_the_one_before_it() -> None:
    rate = ask(NOBODY, 1.2).gross_kcal_per_min
    state, points = run(NOBODY, [Reading(0), Reading(1000), Reading(3000, 2.5)])

    assert [point[4] for point in points] == pytest.approx([0.0, rate / 60.0, rate / 20.0])
    assert state.totals.forward_seconds == 3.0
    assert state.totals.forward_metres == pytest.approx(3.6)
    assert state.totals.readings == 3


@pytest.mark.parametrize(
    ("elapsed_ms", "held", "gap", "gaps"),
    [(5_000, 5.0, 0.0, 0), (5_001, 5.0, 0.001, 1), (65_000, 5.0, 60.0, 1)],
)
def test_a_reading_holds_for_five_seconds_and_the_rest_is_a_gap(
    elapsed_ms: int, held: float, gap: float, gaps: int
) -> None:
    totals = run(NOBODY, [Reading(0), Reading(elapsed_ms)])[0].totals

    assert totals.forward_seconds == held
    assert totals.gap_seconds == pytest.approx(gap)
    assert totals.gaps == gaps
    assert totals.gross_kcal == pytest.approx(ask(NOBODY, 1.2).gross_kcal_per_min * held / 60.0)


def test_a_time_that_does_not_advance_adds_nothing() -> None:
    once = run(NOBODY, [Reading(0), Reading(1000), Reading(2000)])[0].totals
    doubled = run(NOBODY, [Reading(0), Reading(1000), Reading(1000), Reading(400), Reading(2000)])[
        0
    ].totals

    assert doubled.gross_kcal == once.gross_kcal
    assert doubled.forward_seconds == once.forward_seconds == 2.0
    assert (once.readings, doubled.readings) == (3, 5)


def test_a_belt_at_rest_gives_no_energy() -> None:
    state, points = run(NOBODY, [Reading(0, 0.0), Reading(1000, 0.0), Reading(2000, 1.2)])

    assert state.totals == EnergyTotals(
        readings=3, standing_seconds=2.0, forward_max_speed_m_per_s=1.2
    )
    assert points[1] == (0.0, 0.0, 0.0, 0, 0.0)


def test_nobody_on_the_belt_gives_no_energy() -> None:
    empty = Reading(0, 2.0, is_present=False, heart_rate_bpm=120.0)

    state, points = run(NOBODY, steady(4, empty))

    assert state.totals == EnergyTotals(readings=5, absent_seconds=4.0)
    assert points[-1] == (0.0, 0.0, 0.0, 0, 0.0)


def test_presence_that_is_not_known_counts_as_present() -> None:
    known = run(NOBODY, steady(4, Reading(0, is_present=True)))[0].totals

    assert run(NOBODY, steady(4, Reading(0)))[0].totals == known
    assert known.gross_kcal > 0.0


def test_forward_and_backward_are_kept_apart_by_gait_and_the_belt_beside_them() -> None:
    readings = [
        *steady(9, Reading(0, 1.0)),
        *steady(5, Reading(0, 0.5, is_reverse=True), from_ms=10_000),
    ]

    console = run(NOBODY, readings)[0].totals
    away = run(prepare(Wearer(facing="away")), readings)[0].totals

    assert (console.forward_seconds, console.backward_seconds) == (10.0, 5.0)
    assert (away.forward_seconds, away.backward_seconds) == (5.0, 10.0)
    assert console.belt_reverse_seconds == away.belt_reverse_seconds == 5.0
    assert (console.forward_metres, console.backward_metres) == (10.0, 2.5)
    assert (console.forward_max_speed_m_per_s, console.backward_max_speed_m_per_s) == (1.0, 0.5)
    assert console.backward_gross_kcal == pytest.approx(
        ask(NOBODY, 0.5, is_reverse=True).gross_kcal_per_min / 12.0
    )
    assert console.gross_kcal == pytest.approx(
        console.forward_gross_kcal + console.backward_gross_kcal
    )
    assert console.net_kcal < console.gross_kcal
    assert console.metres == 12.5
    assert console.moving_seconds == 15.0


def test_the_longest_stretch_backward_ends_with_a_step_forward_a_stand_or_a_gap() -> None:
    def longest(*readings: Reading) -> float:
        return run(NOBODY, list(readings))[0].totals.longest_backward_seconds

    back = [Reading(at_ms, 1.0, is_reverse=True) for at_ms in (0, 2000, 4000)]
    again = [Reading(at_ms, 1.2, is_reverse=True) for at_ms in (6000, 7000)]

    assert longest(*back, *again) == 7.0
    assert longest(*back, Reading(6000, 1.0), *(_later(again, 1000))) == 6.0
    assert longest(*back, Reading(5000, 0.0, is_reverse=True), *again) == 5.0
    assert longest(*back, *_later(again, 60_000)) == 9.0
    assert longest(Reading(0, 1.0), Reading(4000, 1.0)) == 0.0


def _later(readings: list[Reading], by_ms: int) -> list[Reading]:
    return [
        msgspec.structs.replace(one, measured_at_ms=one.measured_at_ms + by_ms) for one in readings
    ]


def test_direction_changes_are_counted_between_moving_readings() -> None:
    readings = [
        Reading(0, 1.0),
        Reading(1000, 0.0, is_reverse=False),
        Reading(2000, 0.0, is_reverse=True),
        Reading(3000, 1.0, is_reverse=True),
        Reading(4000, 1.0, is_reverse=True),
        Reading(5000, 1.0),
    ]

    assert run(NOBODY, readings)[0].totals.direction_changes == 2


def test_the_dividend_is_backward_energy_over_the_same_speeds_forward() -> None:
    backward = [
        *steady(60, Reading(0, 0.8, is_reverse=True)),
        *steady(60, Reading(0, 1.6, is_reverse=True), from_ms=61_000),
    ]
    forward = [msgspec.structs.replace(reading, is_reverse=False) for reading in backward]

    there = run(NOBODY, backward)[0].totals
    ahead = run(NOBODY, forward)[0].totals

    assert there.reverse_dividend == pytest.approx(there.gross_kcal / ahead.gross_kcal)
    assert there.forward_equivalent_gross_kcal == pytest.approx(ahead.gross_kcal)
    assert ahead.reverse_dividend is None


def test_the_uncertainty_of_a_session_is_weighted_by_energy_and_does_not_average_out() -> None:
    adult = prepare(ADULT)
    ahead, back = Reading(0, 1.2, hands="free"), Reading(0, 1.0, is_reverse=True, hands="free")

    steady_walk = run(adult, steady(3600, ahead))[0].totals
    totals = run(adult, [*steady(59, ahead), *steady(60, back, from_ms=60_000)])[0].totals

    assert steady_walk.uncertainty_percent == pytest.approx(10.0)
    assert totals.backward_uncertainty_percent == pytest.approx(18.0)
    expected = (
        10.0 * totals.forward_gross_kcal + 18.0 * totals.backward_gross_kcal
    ) / totals.gross_kcal
    assert totals.uncertainty_percent == pytest.approx(expected)
    low, high = totals.band_kcal
    assert high - low == pytest.approx(2.0 * expected / 100.0 * totals.gross_kcal)


def test_flags_are_timed() -> None:
    fast = Reading(0, 2.0)  # in the transition zone and just within walking

    totals = run(NOBODY, [*steady(130, fast), *steady(9, Reading(0, 1.2), from_ms=131_000)])[
        0
    ].totals

    assert totals.flag_seconds_by_code == pytest.approx(
        {"X_WALK_FAST": 131.0, "X_GAIT": 131.0, "X_RAMP": 129.0}
    )


def test_the_heart_rate_of_a_session_is_a_mean_over_time() -> None:
    readings = [
        Reading(0, heart_rate_bpm=100.0),
        Reading(3000, heart_rate_bpm=140.0),
        Reading(4000, 0.0, heart_rate_bpm=150.0),
        Reading(5000),
        Reading(9000),
    ]

    totals = run(NOBODY, readings)[0].totals

    assert totals.mean_heart_rate_bpm == pytest.approx((300.0 + 140.0 + 150.0) / 5.0)
    assert totals.max_heart_rate_bpm == 150.0
    assert EnergyTotals().mean_heart_rate_bpm is None


def test_close_settles_the_last_reading_by_the_same_rule_and_lets_it_go() -> None:
    state, _ = run(NOBODY, [Reading(0)])

    close(state, NOBODY, 7_000)
    after_once = copy.deepcopy(state.totals)
    close(state, NOBODY, 20_000)

    assert after_once.forward_seconds == 5.0
    assert after_once.gap_seconds == 2.0
    assert state.totals == after_once
    advance(state, NOBODY, [Reading(30_000)])
    assert state.totals.forward_seconds == 5.0


def test_closing_before_anything_was_read_adds_nothing() -> None:
    state = EnergyState()

    close(state, NOBODY, 7_000)

    assert state.totals == EnergyTotals()


@settings(max_examples=60)
@given(readings=sessions(), data=st.data())
def test_splitting_a_stream_into_batches_changes_nothing_not_in_the_last_bit(
    readings: list[Reading], data: st.DataObject
) -> None:
    whole, points = run(RUNNER_MODEL, readings)

    state, pieces = EnergyState(), []
    rest = readings
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        # The state is stored and read again in between, as a checkpoint does.
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=EnergyState)
        pieces += advance(state, RUNNER_MODEL, rest[:size])
        rest = rest[size:]

    assert pieces == points
    assert state == whole


@settings(max_examples=60)
@given(readings=sessions(), data=st.data())
def test_splitting_a_session_and_merging_its_parts_changes_no_sum(
    readings: list[Reading], data: st.DataObject
) -> None:
    nobody = [msgspec.structs.replace(reading, heart_rate_bpm=None) for reading in readings]
    cut = data.draw(st.integers(0, len(nobody) - 1))
    whole, _ = run(NOBODY, nobody)

    first, _ = run(NOBODY, nobody[:cut])
    close(first, NOBODY, nobody[cut].measured_at_ms)
    second, _ = run(NOBODY, nobody[cut:])
    merged = merge_all([first.totals, second.totals])

    for name in EnergyTotals.__struct_fields__:
        # A new session begins with a ramp, without a direction and without a stretch before it.
        if name not in {"flag_seconds", "direction_changes", "longest_backward_seconds"}:
            assert getattr(merged, name) == pytest.approx(getattr(whole.totals, name)), name


@given(readings=sessions(), doubled=st.sets(st.integers(0, 60)))
def test_repeated_readings_add_no_energy(readings: list[Reading], doubled: set[int]) -> None:
    once, _ = run(RUNNER_MODEL, readings)
    again: list[Reading] = []
    for index, reading in enumerate(readings):
        again += [reading, reading] if index in doubled else [reading]

    twice, _ = run(RUNNER_MODEL, again)

    assert twice.totals.gross_kcal == once.totals.gross_kcal
    assert twice.totals.moving_seconds == once.totals.moving_seconds
    assert twice.totals.metres == once.totals.metres


@given(readings=sessions())
def test_every_second_is_accounted_for_and_the_series_integrates_to_the_sum(
    readings: list[Reading],
) -> None:
    state, points = run(RUNNER_MODEL, readings)
    totals = state.totals
    elapsed = (readings[-1].measured_at_ms - readings[0].measured_at_ms) / 1000.0

    kcal = 0.0
    for before, after, point in zip(readings, readings[1:], points, strict=False):
        kcal += point[0] * min(after.measured_at_ms - before.measured_at_ms, 5_000) / 60_000.0
    assert totals.gross_kcal == pytest.approx(kcal)
    assert points[-1][4] == totals.gross_kcal
    assert elapsed == pytest.approx(
        totals.moving_seconds + totals.standing_seconds + totals.absent_seconds + totals.gap_seconds
    )
    assert 0.0 <= totals.net_kcal <= totals.gross_kcal


def test_the_stream_equals_the_scalar_form() -> None:
    readings = [
        Reading(index * 1000, index / 50.0, index % 3 == 0, float(index % 21 - 10), hands=hands)
        for index in range(1, 250)
        for hands in (None, "rest")
    ]

    _, points = run(NOBODY, readings)

    for reading, point in zip(readings, points, strict=True):
        answer = ask(
            NOBODY,
            reading.speed_m_per_s,
            is_reverse=reading.is_reverse,
            grade_percent=reading.grade_percent,
            hands=reading.hands,
        )
        assert point[:3] == pytest.approx(
            (answer.gross_kcal_per_min, answer.net_kcal_per_min, answer.uncertainty_percent),
            abs=1e-9,
        )
        assert set(flag_codes(point[3])) - {"X_RAMP"} == set(flag_codes(answer.flags))


def test_a_checkpoint_of_an_older_release_can_be_read() -> None:
    state, _ = run(RUNNER_MODEL, steady(30, Reading(0)))
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(state))
    older = [stored[0][:-2], *stored[1:-2]]

    read = msgspec.convert(older, EnergyState)

    assert read.totals == state.totals
    assert read.held_at_ms == 30_000
