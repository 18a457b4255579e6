"""What every test has: the server fixtures, and a guard against what a test leaves behind."""

import threading
import time
from collections.abc import Iterator

import psutil
import pytest

_GRACE_S = 5.0  # a thread that was told to end may still be ending when its test returns


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves threads or child processes behind; `leaks(reason)` allows it."""
    if request.node.get_closest_marker("leaks"):
        yield
        return
    threads_before = set(threading.enumerate())
    children_before = set(psutil.Process().children())
    yield
    deadline = time.monotonic() + _GRACE_S
    while left := _left_behind(threads_before, children_before):
        if time.monotonic() > deadline:
            pytest.fail(f"left behind: {', '.join(left)}")
        time.sleep(0.02)


def _left_behind(threads: set[threading.Thread], children: set[psutil.Process]) -> list[str]:
    return [
        *(f"thread {thread.name}" for thread in set(threading.enumerate()) - threads),
        *(f"child process {child.pid}" for child in set(psutil.Process().children()) - children),
    ]
