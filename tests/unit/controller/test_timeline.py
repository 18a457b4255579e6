import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_controller.domain.timeline import Timeline

_NOW_MS = 1_795_406_909_699.0


def test_a_live_treadmill_has_our_time() -> None:
    assert Timeline(_NOW_MS).at_ms(1500) == _NOW_MS + 1500
    assert not Timeline(_NOW_MS).is_over(1e12)


def test_an_accelerated_run_starts_in_the_past_and_ends_at_now() -> None:
    timeline = Timeline(_NOW_MS, speed_up=60, duration_ms=3_600_000)

    assert timeline.start_ms == _NOW_MS + 60_000 - 3_600_000
    assert timeline.at_ms(30_000) == _NOW_MS + 60_000 - 1_800_000
    assert timeline.at_ms(60_000) == _NOW_MS + 60_000
    assert timeline.at_ms(90_000) == _NOW_MS + 60_000
    assert not timeline.is_over(59_999)
    assert timeline.is_over(60_000)


def test_after_an_accelerated_run_time_can_go_on_live() -> None:
    timeline = Timeline(_NOW_MS, speed_up=60, duration_ms=3_600_000, goes_live=True)

    assert timeline.at_ms(90_000) == _NOW_MS + 90_000
    assert not timeline.is_over(90_000)


@given(
    st.floats(1, 1000),
    st.one_of(st.none(), st.floats(1000, 1e8)),
    st.booleans(),
    st.lists(st.floats(0, 1e8), min_size=2, max_size=20),
)
def test_time_never_runs_backward_nor_ahead_of_ours(
    speed_up: float, duration_ms: float | None, goes_live: object, elapsed_ms: list[float]
) -> None:
    timeline = Timeline(_NOW_MS, speed_up, duration_ms, goes_live=bool(goes_live))
    elapsed_ms.sort()
    times = [timeline.at_ms(each) for each in elapsed_ms]

    assert times == pytest.approx(sorted(times))
    for elapsed, at_ms in zip(elapsed_ms, times, strict=True):
        assert at_ms <= _NOW_MS + elapsed + 1
