"""Fixture wiring only; what they lend lives in `running_platform`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.running_platform import RunningPlatform

NewPlatform = Callable[..., RunningPlatform]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """Lend a running platform without simulated treadmills; the tests of a module share it."""
    # as a demonstration, in which nobody has to sign in
    options = ("--demo", "--treadmills", "0")
    lent = RunningPlatform(tmp_path_factory.mktemp("platform") / "data", options)
    lent.start()
    yield lent
    lent.kill_everything()


@pytest.fixture
def new_platform(tmp_path: Path) -> Iterator[NewPlatform]:
    """Lend what makes a platform of one test's own, not yet started."""
    made: list[RunningPlatform] = []

    def make(*options: str) -> RunningPlatform:
        made.append(RunningPlatform(tmp_path / f"data-{len(made)}", options))
        return made[-1]

    yield make
    for one in made:
        one.kill_everything()
