from collections.abc import Sequence

import pytest

from backstride_gateway.domain.throttling import Counter, Throttle, by_code, by_number, by_scan

HOUR_MS = 3_600_000


def begin(throttle: Throttle, name: str, address: str, now_ms: int = 0) -> int:
    return throttle.begin(throttle.by_name(name, address), now_ms)


def sign_in(throttle: Throttle, name: str, address: str) -> None:
    counters = throttle.by_name(name, address)
    assert throttle.begin(counters, 0) == 0
    throttle.succeeded(counters)
    throttle.know(name, address)


def guess(throttle: Throttle, counters: Sequence[Counter], times: int) -> int:
    """Fail so many times, as soon as may be; return how long that takes in ms."""
    now_ms = 0
    for _ in range(times):
        now_ms += throttle.begin(counters, now_ms)
        throttle.begin(counters, now_ms)
    return now_ms


def test_a_few_failures_cost_nothing_and_then_the_wait_doubles() -> None:
    throttle = Throttle()
    assert [begin(throttle, "ann", "here", 0) for _ in range(5)] == [0] * 5
    waits = []
    now_ms = 0
    for _ in range(5):
        waits.append(begin(throttle, "ann", "here", now_ms))
        now_ms += waits[-1]
        assert begin(throttle, "ann", "here", now_ms) == 0
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000]


def test_a_refused_attempt_does_not_lengthen_the_wait() -> None:
    throttle = Throttle()
    for _ in range(5):
        begin(throttle, "ann", "here", 0)
    for _ in range(100):
        assert begin(throttle, "ann", "here", 0) == 1_000


def test_the_wait_has_an_end_and_failures_are_forgotten() -> None:
    throttle = Throttle()
    now_ms = 0
    for _ in range(40):
        now_ms += begin(throttle, "ann", "here", now_ms)
        begin(throttle, "ann", "here", now_ms)
    assert begin(throttle, "ann", "here", now_ms) <= 900_000
    assert begin(throttle, "ann", "here", now_ms + HOUR_MS + 1) == 0
    assert begin(throttle, "ann", "here", now_ms + HOUR_MS + 1) == 0


def test_strangers_everywhere_cannot_keep_the_owner_out() -> None:
    throttle = Throttle()
    sign_in(throttle, "ann", "home")
    for number in range(200):
        begin(throttle, "ann", f"stranger {number}", 0)
    assert begin(throttle, "ann", "a new stranger", 0) > 0
    assert begin(throttle, "ann", "home", 0) == 0


def test_signing_in_does_not_pay_for_guessing_at_others() -> None:
    throttle = Throttle()
    for number in range(30):
        assert begin(throttle, f"victim {number}", "there", 0) == 0
        sign_in(throttle, "own", "there")
    assert begin(throttle, "victim 99", "there", 0) > 0


def test_its_memory_is_bounded() -> None:
    throttle = Throttle(max_kept=50)
    for number in range(500):
        sign_in(throttle, f"name {number}", f"address {number}")
        begin(throttle, f"name {number}", f"address {number}", 0)
    assert len(throttle) <= 100


def test_who_fails_beside_others_holds_up_strangers_briefly_and_who_is_known_not_at_all() -> None:
    throttle = Throttle()
    sign_in(throttle, "owner", "gym")
    for number in range(200):
        begin(throttle, f"name {number}", "gym", number * 30_000)
    now_ms = 199 * 30_000
    assert 0 < begin(throttle, "a newcomer", "gym", now_ms) <= 30_000
    assert begin(throttle, "owner", "gym", now_ms) == 0


def test_who_is_signed_in_does_not_wait_for_others_at_the_address() -> None:
    throttle = Throttle()
    for number in range(40):
        begin(throttle, f"name {number}", "gym")
    assert throttle.begin(throttle.by_name("ann", "gym"), 0) > 0
    counters = throttle.by_name("ann", "gym", is_signed_in=True)
    assert throttle.begin(counters, 0) == 0
    assert guess(throttle, counters, 20) > HOUR_MS


def test_a_code_that_nobody_can_guess_is_counted_by_address_alone() -> None:
    throttle = Throttle()
    for number in range(12):
        for _ in range(4):
            assert throttle.begin(by_code(f"address {number}"), 0) == 0
    assert throttle.begin(by_code("another"), 0) == 0
    assert guess(throttle, by_code("one"), 200) > HOUR_MS
    assert throttle.begin(by_code("another"), 0) == 0


def test_wrong_scans_of_some_do_not_hold_up_another_at_the_same_address() -> None:
    throttle = Throttle()
    for number in range(6):
        for _ in range(5):
            assert throttle.begin(by_scan(f"account {number}", "gym"), 0) == 0
    assert throttle.begin(by_scan("the seventh", "gym"), 0) == 0


def test_guessing_codes_of_treadmills_is_slow_for_one_account_and_for_many_of_one_address() -> None:
    throttle = Throttle()
    assert guess(throttle, by_scan("one", "home"), 20) > HOUR_MS
    now_ms = 0
    for number in range(300):
        counters = by_scan(f"account {number}", "gym")
        now_ms += throttle.begin(counters, now_ms)
        throttle.begin(counters, now_ms)
    assert now_ms > HOUR_MS


@pytest.mark.parametrize("counters", [by_scan("one", "gym"), by_number("north/100")])
def test_a_right_one_in_between_does_not_pay_for_guessing(counters: Sequence[Counter]) -> None:
    throttle = Throttle()
    now_ms = 0
    for _ in range(60):
        for is_right in (False, True):
            now_ms += throttle.begin(counters, now_ms)
            throttle.begin(counters, now_ms)
            if is_right:
                throttle.succeeded(counters)
    assert now_ms > HOUR_MS
