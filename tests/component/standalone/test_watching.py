"""What is shown of a running platform, from programs that tell and programs that are silent."""

from collections.abc import Mapping

import pytest

from backstride_standalone.domain.figures import Figures
from backstride_standalone.domain.picture import LiveTreadmill, Picture
from backstride_standalone.domain.programs import Program, State
from backstride_standalone.supervision import Supervision
from backstride_standalone.watching import Watching
from tests.fakes.standalone_ports import FakeMachine, FakeScreen

MADE = {
    "backstride_controller_readings_made": 100.0,
    "backstride_controller_outbox_readings": 10.0,
}
STORED = {
    "backstride_recorder_points_distinct": 90.0,
    "backstride_recorder_readings_accepted": 90.0,
    "backstride_recorder_readings_refused": 0.0,
}
WALKING = LiveTreadmill("demo/treadmill-01", -1.2, 6.1, "≈ 15 kcal (10–20)", "Ada")


class FakeTelemetry:
    """Tells what a test lets it tell."""

    def __init__(self) -> None:
        self.controller: Mapping[str, float] = MADE
        self.recorder: Mapping[str, float] = STORED

    def controller_metrics(self) -> Mapping[str, float]:
        return self.controller

    def recorder_metrics(self) -> Mapping[str, float]:
        return self.recorder

    def treadmills(self) -> list[LiveTreadmill]:
        return [WALKING]


class FakeBoard:
    """Remembers what was written, or is on a full disk."""

    def __init__(self) -> None:
        self.is_full = False
        self.pictures: list[Picture] = []

    def write(self, picture: Picture, at_ms: int) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.pictures.append(picture)


class Bench:
    """Everything around one `Watching`."""

    def __init__(self) -> None:
        self.telemetry, self.screen, self.board = FakeTelemetry(), FakeScreen(), FakeBoard()
        machine = FakeMachine()
        machine.logged["recorder"] = ['{"event": "disk is full", "level": "error"}']
        supervision = Supervision([Program("recorder", ("r",))], machine, self.screen)
        self.watching = Watching(supervision, self.telemetry, self.screen, self.board)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_one_look_shows_programs_figures_and_treadmills(bench: Bench) -> None:
    await bench.watching.look()

    (picture,) = bench.screen.pictures
    assert [(view.name, view.state) for view in picture.programs] == [("recorder", State.WAITING)]
    assert picture.figures == Figures(sent=100, stored=90, lost=0, doubled=0)
    assert picture.treadmills == (WALKING,)
    assert bench.board.pictures == [picture]
    assert bench.screen.notices == ["recorder: disk is full"]


async def test_figures_stay_in_sight_while_the_recorder_starts_again(bench: Bench) -> None:
    await bench.watching.look()
    bench.telemetry.recorder = {}

    await bench.watching.look()

    assert bench.screen.pictures[1].figures == Figures(sent=100, stored=90, lost=0, doubled=0)


async def test_there_are_no_figures_before_the_first_are_told(bench: Bench) -> None:
    bench.telemetry.recorder = {}

    await bench.watching.look()

    assert bench.screen.pictures[0].figures is None


async def test_a_reading_stored_and_not_yet_counted_is_not_called_lost(bench: Bench) -> None:
    await bench.watching.look()
    bench.telemetry.controller = {**MADE, "backstride_controller_outbox_readings": 7.0}

    await bench.watching.look()

    figures = bench.screen.pictures[1].figures
    assert figures is not None
    assert figures.lost == 0


async def test_a_full_disk_does_not_end_the_run(bench: Bench) -> None:
    bench.board.is_full = True

    await bench.watching.look()

    assert len(bench.screen.pictures) == 1


async def test_the_end_shows_the_last_figures_and_no_moving_treadmill(bench: Bench) -> None:
    await bench.watching.look()

    bench.watching.show_end()

    assert bench.screen.pictures[-1].figures == Figures(sent=100, stored=90, lost=0, doubled=0)
    assert bench.screen.pictures[-1].treadmills == ()
