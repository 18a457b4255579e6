from backstride_standalone.domain.restarting import MOST_WAIT_S, SETTLED_AFTER_S, Attempts


def test_a_program_that_never_failed_starts_at_once() -> None:
    assert Attempts().wait_s == 0.0


def test_failures_in_a_row_wait_longer_each_time_up_to_a_limit() -> None:
    attempts = Attempts()
    waits = []
    for _ in range(9):
        attempts = attempts.after_end(ran_for_s=0.1)
        waits.append(attempts.wait_s)

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0]


def test_a_program_that_ran_long_starts_again_soon() -> None:
    failing = Attempts(failures=20)

    assert failing.after_end(ran_for_s=SETTLED_AFTER_S).wait_s == 0.2


def test_failing_for_ever_keeps_the_longest_wait() -> None:
    assert Attempts(failures=10**6).wait_s == MOST_WAIT_S
