import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backstride_shared.lifecycle import PARENT_VARIABLE, backoff_s, stop_on_signals

ENDS_WITHIN_S = 20.0
WAITING_PROGRAM = """
from backstride_shared.lifecycle import stop_on_signals
stop = stop_on_signals()
print("waiting", flush=True)
stop.wait()
print("stopped", flush=True)
"""


@pytest.fixture
def _own_signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_own_signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    stop = stop_on_signals()
    assert not stop.is_set()

    os.kill(os.getpid(), number)

    assert stop.wait(ENDS_WITHIN_S)


def start(**environment: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING_PROGRAM],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    return process


def test_a_child_ends_when_its_parent_lets_go_of_its_input() -> None:
    process = start(**{PARENT_VARIABLE: "1"})

    output, _ = process.communicate(timeout=ENDS_WITHIN_S)

    assert (output, process.returncode) == ("stopped\n", 0)


def test_the_end_of_input_means_nothing_to_a_program_without_a_supervisor() -> None:
    process = start()
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert process.poll() is None

    process.terminate()

    assert process.communicate(timeout=ENDS_WITHIN_S)[0] == "stopped\n"


def test_waiting_times_double_up_to_the_most_with_some_jitter() -> None:
    waits = list(itertools.islice(backoff_s(1.0, 8.0, random.Random(1)), 8))

    for wait_s, middle_s in zip(waits, [1, 2, 4, 8, 8, 8, 8, 8], strict=True):
        assert 0.75 * middle_s <= wait_s <= 1.25 * middle_s
    assert len(set(waits[3:])) > 1
