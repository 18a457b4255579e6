"""The supervisor over a machine of fakes: order, restarts, and the end of all."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from backstride_standalone.demonstration import Demonstration
from backstride_standalone.domain.programs import Program, ProgramError, State
from backstride_standalone.supervision import ProgramFailedError, Supervision
from tests.fakes.standalone_ports import SIGKILLED, FakeMachine, FakeScreen
from tests.waiting import eventually


@pytest.fixture
def machine() -> FakeMachine:
    return FakeMachine()


@pytest.fixture
def screen() -> FakeScreen:
    return FakeScreen()


KAFKA = Program("kafka", ("kafka",), is_server=True)
INGEST = Program("ingest", ("ingest",), needs=("kafka",), falls_with=("kafka",))
SIMULATION = Program("simulation", ("simulation",), needs=("ingest",))
MIGRATION = Program("migration", ("migration",), ends=True, must_succeed=True)


@contextlib.asynccontextmanager
async def running(supervision: Supervision) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(supervision.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


def states(supervision: Supervision) -> dict[str, State]:
    return {view.name: view.state for view in supervision.views()}


async def test_programs_start_when_what_they_need_is_ready(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    machine.missing["ingest"] = ["mqtt"]
    supervision = Supervision([SIMULATION, INGEST, KAFKA], machine, screen)

    async with running(supervision):
        await eventually(lambda: machine.started == ["kafka", "ingest"], what="the first two")
        await eventually(
            lambda: supervision.views()[1].waiting_for == ("mqtt",), what="ingest to wait"
        )
        assert states(supervision) == {
            "simulation": State.WAITING,
            "ingest": State.STARTING,
            "kafka": State.READY,
        }

        machine.missing["ingest"] = []

        await eventually(lambda: "simulation" in machine.started, what="the simulation")


async def test_a_program_that_died_is_started_again(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    supervision = Supervision([KAFKA, INGEST], machine, screen)

    async with running(supervision):
        await eventually(lambda: supervision.is_ready("ingest"), what="ingest")

        machine.last("ingest").ended = SIGKILLED

        await eventually(
            lambda: machine.started == ["kafka", "ingest", "ingest"], what="its second start"
        )
    assert screen.notices == ["ingest: was killed by signal 9; it is started again"]
    assert supervision.views()[1].restarts == 1


async def test_programs_that_hold_what_died_are_ended_and_started_after_it(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    supervision = Supervision([KAFKA, INGEST, SIMULATION], machine, screen)

    async with running(supervision):
        await eventually(lambda: supervision.is_ready("simulation"), what="everything")

        machine.last("kafka").ended = 1

        await eventually(
            lambda: machine.started[3:] == ["kafka", "ingest"], what="both to start again"
        )
        assert machine.processes["ingest"][0].signals == ["kill"]
        assert machine.last("simulation").ended is None


async def test_a_program_that_only_ended_with_another_does_not_wait_longer(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    supervision = Supervision([KAFKA, INGEST], machine, screen)

    async with running(supervision):
        await eventually(lambda: supervision.is_ready("ingest"), what="ingest")
        machine.last("kafka").ended = 1
        await eventually(lambda: machine.started.count("ingest") == 2, what="its second start")

    assert [notice.partition(":")[0] for notice in screen.notices] == ["kafka"]


async def test_what_must_succeed_first_holds_the_rest_back_until_it_has(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    processor = Program("processor", ("processor",), needs=("migration",))
    supervision = Supervision([MIGRATION, processor], machine, screen)

    async with running(supervision):
        await eventually(lambda: machine.started == ["migration"], what="the migration")
        assert states(supervision)["processor"] is State.WAITING

        machine.last("migration").ended = 0

        await eventually(lambda: "processor" in machine.started, what="the processor")
        assert states(supervision)["migration"] is State.DONE


@pytest.mark.parametrize(
    ("name", "status"),
    [("migration", 1), ("kafka", 2)],
    ids=["failed migration", "wrong settings"],
)
async def test_what_can_never_run_ends_the_platform_with_its_last_words(
    machine: FakeMachine, screen: FakeScreen, name: str, status: int
) -> None:
    supervision = Supervision([KAFKA, MIGRATION], machine, screen)
    machine.logged[name] = [
        "a plain line",
        json.dumps({"event": "store not migrated", "level": "error", "error": "too new"}),
    ]
    task = asyncio.create_task(supervision.run(asyncio.Event()))
    await eventually(lambda: set(machine.started) == {"kafka", "migration"}, what="both")

    machine.last(name).ended = status

    with pytest.raises(ProgramFailedError) as failed:
        await task
    assert str(failed.value) == (
        f"{name} ended with status {status}:\n  a plain line\n  store not migrated: error too new"
    )
    assert all(process.is_closed for (process,) in machine.processes.values())


async def test_a_program_that_is_not_there_ends_the_platform(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    machine.absent.add("kafka")

    with pytest.raises(ProgramFailedError, match=r"kafka cannot be started: .*No such file"):
        await Supervision([KAFKA], machine, screen).run(asyncio.Event())


async def test_at_the_end_programs_leave_before_the_servers(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    machine.deaf.add("ingest")
    supervision = Supervision([KAFKA, INGEST], machine, screen)
    stop = asyncio.Event()
    task = asyncio.create_task(supervision.run(stop))
    await eventually(lambda: supervision.is_ready("ingest"), what="ingest")

    stop.set()
    await eventually(lambda: machine.last("ingest").signals, what="ingest to be told")

    assert machine.last("kafka").signals == []
    await task
    assert machine.last("kafka").signals == ["terminate"]


async def test_a_program_that_does_not_leave_is_killed(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    machine.deaf.update({"kafka", "ingest"})
    supervision = Supervision([KAFKA, INGEST], machine, screen)

    async with running(supervision):
        await eventually(lambda: supervision.is_ready("ingest"), what="ingest")

    assert machine.last("ingest").signals == ["terminate", "kill"]
    assert machine.last("kafka").signals == ["terminate", "kill"]
    assert set(states(supervision).values()) == {State.STOPPED}


async def test_warnings_in_the_logs_reach_the_person_once(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    supervision = Supervision([KAFKA], machine, screen)
    machine.logged["kafka"] = [
        json.dumps({"event": "ready", "level": "info"}),
        json.dumps({"event": "disk is full", "level": "warning"}),
    ]

    supervision.report_logs()
    supervision.report_logs()

    assert screen.notices == ["kafka: disk is full"]


async def test_a_program_that_fell_with_another_is_not_heard_about_it(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    supervision = Supervision([KAFKA, INGEST], machine, screen)

    async with running(supervision):
        await eventually(lambda: supervision.is_ready("ingest"), what="ingest")
        machine.logged["ingest"] = [json.dumps({"event": "kafka is away", "level": "warning"})]
        machine.last("kafka").ended = 1
        await eventually(lambda: machine.started.count("ingest") == 2, what="its second start")
        supervision.report_logs()
        machine.logged["ingest"] = [json.dumps({"event": "disk is full", "level": "warning"})]
        supervision.report_logs()

    assert screen.notices[1:] == ["ingest: disk is full"]


def test_programs_in_a_circle_are_refused(machine: FakeMachine, screen: FakeScreen) -> None:
    circle = [Program("a", ("a",), needs=("b",)), Program("b", ("b",), needs=("a",))]

    with pytest.raises(ProgramError):
        Supervision(circle, machine, screen)


async def test_a_program_that_a_person_kills_is_started_again(
    machine: FakeMachine, screen: FakeScreen
) -> None:
    class AskedOnce:
        def __init__(self) -> None:
            self.is_asked = False

        def take(self) -> bool:
            was_asked, self.is_asked = self.is_asked, False
            return was_asked

    supervision = Supervision([KAFKA, INGEST], machine, screen)
    requests = AskedOnce()
    demonstration = Demonstration(supervision, requests, "ingest")

    demonstration.look()
    async with running(supervision):
        await eventually(lambda: supervision.is_ready("ingest"), what="ingest")
        demonstration.look()
        assert machine.last("ingest").signals == []
        requests.is_asked = True
        demonstration.look()
        await eventually(lambda: machine.started.count("ingest") == 2, what="its second start")
        await eventually(lambda: supervision.is_ready("ingest"), what="ingest")

    assert machine.started.count("kafka") == 1
