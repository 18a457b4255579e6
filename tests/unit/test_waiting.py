import itertools

import pytest

from tests.waiting import eventually, wait_until


def test_waiting_returns_the_first_answer_that_holds() -> None:
    counter = itertools.count()

    assert wait_until(lambda: next(counter), what="three", holds=lambda seen: seen == 3) == 3


def test_waiting_in_vain_tells_the_last_state_seen() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.1 s for the door; .* 'closed'"):
        wait_until(
            lambda: "closed", what="the door", within_s=0.1, holds=lambda seen: seen == "open"
        )


async def test_a_coroutine_can_be_waited_for() -> None:
    counter = itertools.count()

    async def probe() -> int:
        return next(counter)

    assert await eventually(probe, what="two", holds=lambda seen: seen == 2) == 2


async def test_waiting_for_a_coroutine_in_vain_tells_the_last_state_seen() -> None:
    with pytest.raises(AssertionError, match=r"for the door; .* 'closed'"):
        await eventually(
            lambda: "closed", what="the door", within_s=0.1, holds=lambda seen: seen == "open"
        )
