"""What every test has: server fixtures, a clean environment, a guard against what it leaves."""

import os
import threading
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import settings

from tests.servers.finding import required_servers
from tests.waiting import wait_until

pytest_plugins = [
    "tests.servers.embedded_kafka",
    "tests.servers.mosquitto",
    "tests.servers.kafka",
    "tests.servers.influxdb",
    "tests.servers.postgres",
    "tests.servers.chromium",
]

_GRACE_S = 5.0  # a thread that was told to end may still be ending when its test returns


# A busy machine makes no example wrong; CI tries the same examples each time, people new ones.
settings.register_profile("people", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "people")


def pytest_configure() -> None:
    """End the run at once when a required server is misspelt: it would hide a skip."""
    required_servers()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the person who runs the tests away from the programs under test."""
    for name in os.environ:
        if name.startswith("BACKSTRIDE_") and not name.startswith("BACKSTRIDE_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves threads or child processes behind; `leaks(reason)` allows it."""
    if request.node.get_closest_marker("leaks"):
        yield
        return
    threads_before = set(threading.enumerate())
    children_before = set(psutil.Process().children())
    yield
    wait_until(
        lambda: _left_behind(threads_before, children_before),
        what="the threads and child processes of the test to end",
        within_s=_GRACE_S,
        holds=lambda left: not left,
    )


def _left_behind(threads: set[threading.Thread], children: set[psutil.Process]) -> list[str]:
    return [
        *(f"thread {thread.name}" for thread in set(threading.enumerate()) - threads),
        *(f"child process {child.pid}" for child in set(psutil.Process().children()) - children),
    ]
