import asyncio

import pytest

from backstride_processor.adapters.faust_recovery import (
    TRIED_VERSION,
    FaustChangedError,
    RecoveryStuckError,
    RecoveryWatch,
    check_library,
    is_needed,
)


def test_the_installed_faust_is_the_one_that_was_tried() -> None:
    check_library()


def test_the_installed_faust_still_resumes_before_it_seeks() -> None:
    assert is_needed(), "adapters/faust_recovery.py may be needless now"


def test_another_faust_is_refused_with_what_to_do() -> None:
    with pytest.raises(FaustChangedError, match=f"is 0.16.0, tried was {TRIED_VERSION}: run tests"):
        check_library("0.16.0")


async def test_a_recovery_that_does_not_end_is_told() -> None:
    told: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    watch = RecoveryWatch(told.set_result, within_s=0.01)

    watch.note_assigned()

    assert isinstance(await asyncio.wait_for(told, 5), RecoveryStuckError)


async def test_only_the_last_assignment_is_watched_and_not_once_it_is_restored() -> None:
    told: list[BaseException] = []
    watch = RecoveryWatch(told.append, within_s=0.01)
    watch.note_assigned()
    watch.note_assigned()
    watch.note_restored()

    # timers of one loop go off in their order
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, later.set)
    await later.wait()

    assert told == []
