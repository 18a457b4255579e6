from backstride_gateway.domain.throttling import Throttle

HOUR_MS = 3_600_000


def test_a_few_failures_cost_nothing_and_then_the_wait_doubles() -> None:
    throttle = Throttle()
    assert [throttle.begin("ann", "here", 0) for _ in range(5)] == [0] * 5
    waits = []
    now_ms = 0
    for _ in range(5):
        waits.append(throttle.begin("ann", "here", now_ms))
        now_ms += waits[-1]
        assert throttle.begin("ann", "here", now_ms) == 0
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000]


def test_a_refused_attempt_does_not_lengthen_the_wait() -> None:
    throttle = Throttle()
    for _ in range(5):
        throttle.begin("ann", "here", 0)
    for _ in range(100):
        assert throttle.begin("ann", "here", 0) == 1_000


def test_the_wait_has_an_end_and_failures_are_forgotten() -> None:
    throttle = Throttle()
    now_ms = 0
    for _ in range(40):
        now_ms += throttle.begin("ann", "here", now_ms)
        throttle.begin("ann", "here", now_ms)
    assert throttle.begin("ann", "here", now_ms) <= 900_000
    assert throttle.begin("ann", "here", now_ms + HOUR_MS + 1) == 0
    assert throttle.begin("ann", "here", now_ms + HOUR_MS + 1) == 0


def test_strangers_everywhere_cannot_keep_the_owner_out() -> None:
    throttle = Throttle()
    throttle.begin("ann", "home", 0)
    throttle.succeeded("ann", "home")
    for number in range(200):
        throttle.begin("ann", f"stranger {number}", 0)
    assert throttle.begin("ann", "a new stranger", 0) > 0
    assert throttle.begin("ann", "home", 0) == 0


def test_signing_in_does_not_pay_for_guessing_at_others() -> None:
    throttle = Throttle()
    for number in range(30):
        assert throttle.begin(f"victim {number}", "there", 0) == 0
        if throttle.begin("own", "there", 0) == 0:
            throttle.succeeded("own", "there")
    assert throttle.begin("victim 99", "there", 0) > 0


def test_its_memory_is_bounded() -> None:
    throttle = Throttle(max_kept=50)
    for number in range(500):
        throttle.begin(f"name {number}", f"address {number}", 0)
        throttle.succeeded(f"name {number}", f"address {number}")
        throttle.begin(f"name {number}", f"address {number}", 0)
    assert len(throttle) <= 100
