"""Start and stop: signals become an event; a parent that died ends its children."""

import gc
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

PARENT_VARIABLE = "BACKSTRIDE_STOP_WITH_PARENT"
"""Set by the supervisor: the program ends when its standard input closes."""

_SELDOM = 100_000, 20, 50
"""New objects before the youngest are searched; and every how many times the older ones are."""


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; main thread only.

    With `BACKSTRIDE_STOP_WITH_PARENT` in the environment the end of standard input sets it too,
    so that no child outlives a supervisor that was killed.
    """
    stop = threading.Event()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    watch_parent(stop.set)
    return stop


def watch_parent(on_end: Callable[[], None]) -> None:
    """Call `on_end` when standard input ends, if the supervisor asked for it."""
    if not os.environ.get(PARENT_VARIABLE):
        return

    def watch() -> None:
        # straight from the descriptor, until the pipe's other end is gone
        while os.read(sys.stdin.fileno(), 1):
            pass
        on_end()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def collect_cycles_seldom() -> None:
    """Look for circular garbage after 100 000 new objects instead of 700; call after the imports.

    For the programs in the way of every reading: they hold thousands of objects for a moment, none
    in cycles, and the search through them took a quarter of ingest's processor time.
    """
    gc.freeze()
    gc.set_threshold(*_SELDOM)


def backoff_s(
    first_s: float = 0.2, most_s: float = 10.0, randomness: random.Random | None = None
) -> Iterator[float]:
    """Yield waiting times that double from `first_s` to `most_s`, each with ±25 % jitter."""
    source = randomness or random.Random()  # noqa: S311  jitter, no secret
    wait_s = first_s
    while True:
        yield wait_s * source.uniform(0.75, 1.25)
        wait_s = min(most_s, wait_s * 2)
