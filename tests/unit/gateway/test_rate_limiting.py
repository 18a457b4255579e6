from hypothesis import given
from hypothesis import strategies as st

from backstride_gateway.domain.rate_limiting import Rate, TokenBuckets

NOW_MS = 1_795_406_900_000


def test_a_burst_gets_through_and_then_one_waits_as_told() -> None:
    buckets = TokenBuckets(Rate(2.0, 3))

    assert [buckets.take("a", NOW_MS) for _ in range(4)] == [0, 0, 0, 500]
    assert buckets.take("a", NOW_MS + 499) == 1
    assert buckets.take("a", NOW_MS + 500) == 0
    assert buckets.take("a", NOW_MS + 500) == 500


def test_askers_do_not_disturb_each_other() -> None:
    buckets = TokenBuckets(Rate(1.0, 1))

    assert [buckets.take(asker, NOW_MS) for asker in "aab"] == [0, 1000, 0]


def test_a_pause_gives_a_burst_and_no_more() -> None:
    buckets = TokenBuckets(Rate(10.0, 2))
    buckets.take("a", NOW_MS)

    later_ms = NOW_MS + 3_600_000
    assert [buckets.take("a", later_ms) for _ in range(3)] == [0, 0, 100]


def test_a_clock_that_was_set_back_gives_and_takes_nothing() -> None:
    buckets = TokenBuckets(Rate(1.0, 1))
    buckets.take("a", NOW_MS)

    assert buckets.take("a", NOW_MS - 60_000) == 1000
    assert buckets.take("a", NOW_MS - 59_000) == 0


def test_no_more_askers_are_kept_than_allowed() -> None:
    buckets = TokenBuckets(Rate(1.0, 1), max_kept=10)
    for number in range(100):
        buckets.take(str(number), NOW_MS)

    assert len(buckets) == 10


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_no_more_get_through_than_the_rate_and_one_burst(steps_ms: list[int]) -> None:
    buckets = TokenBuckets(Rate(5.0, 4))
    at_ms = NOW_MS
    taken = 0
    for step_ms in steps_ms:
        at_ms += step_ms
        taken += buckets.take("a", at_ms) == 0

    assert taken <= 4 + (at_ms - NOW_MS) / 200 + 1e-6
