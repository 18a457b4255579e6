"""Runs the rounds and judges them: what `make chaos` and the short test in CI do."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from sqlalchemy import Engine

from backstride_shared.series import SeriesStore
from backstride_shared.series.opening import open_series
from backstride_shared.store.opening import open_engine
from tests.chaos import judging
from tests.chaos.faults import Fault
from tests.chaos.gym import Gym, Plan
from tests.chaos.programs import PROGRAMS, Programs
from tests.chaos.round import Round, StoredWatch
from tests.chaos.servers import Servers, running_servers
from tests.waiting import wait_until

LEAD_S: Final = 4.0
TAIL_S: Final = 3.0
SHORT_HOLD_S: Final = 5.0
LONG_HOLD_S: Final = 60.0
MOST_MIB: Final = {
    "ingest": 160.0,
    "processor": 250.0,
    "processor-2": 250.0,
    "recorder": 250.0,
    "gateway": 300.0,
}
_FOLDED_AGAIN_WITHIN_S: Final = 240.0  # a session is folded again within seconds; see round.py


class Row(NamedTuple):
    """What came of one fault."""

    fault: str
    sent: int
    lost: int
    doubled: int
    seconds_to_recover: float
    complaints: Sequence[str]
    notes: Sequence[str] = ()


class Outcome(NamedTuple):
    """What came of a run."""

    rows: Sequence[Row]
    highest_mib: dict[str, float]

    def complaints(self) -> list[str]:
        """Return everything that is wrong, empty when the promises held."""
        told = [f"{row.fault}: {complaint}" for row in self.rows for complaint in row.complaints]
        told += [
            f"{name} took {mib:.0f} MiB, more than {MOST_MIB[name]:.0f}"
            for name, mib in self.highest_mib.items()
            if mib > MOST_MIB[name]
        ]
        return told


def run(
    faults: Iterable[Fault],
    seed: int,
    hold_s: float,
    folder: Path,
    tell: Callable[[Row], None] = lambda _row: None,
) -> Outcome:
    """Run each fault on a fresh gym of the same platform, and judge each."""
    rows = []
    with running_servers(folder) as servers, Programs(servers, folder) as programs:
        programs.start(*PROGRAMS)
        programs.wait_ready()
        engine = open_engine(servers.database_url)
        try:
            with closing(open_series(servers.series)) as series:
                for number, fault in enumerate(faults):
                    gym_id = f"chaos-{seed}-{number}"
                    place = folder / gym_id
                    place.mkdir()
                    runner = _Runner(servers, programs, engine, series, seed, hold_s)
                    rows.append(runner.run(fault, gym_id, place))
                    tell(rows[-1])
        finally:
            engine.dispose()
        return Outcome(rows, dict(programs.highest_mib))


def table(outcome: Outcome) -> str:
    """Return the outcome as tables in Markdown."""
    lines = [
        "| fault | readings sent | lost | doubled | seconds to recover |",
        "|---|---|---|---|---|",
        *(row_text(row) for row in outcome.rows),
        "",
        "| program | highest MiB | bound |",
        "|---|---|---|",
        *(
            f"| {name} | {mib:.0f} | {MOST_MIB[name]:.0f} |"
            for name, mib in sorted(outcome.highest_mib.items())
        ),
    ]
    return "\n".join(lines)


def row_text(row: Row) -> str:
    """Return one fault as a line of the table."""
    return (
        f"| {row.fault} | {row.sent} | {row.lost} | {row.doubled} | {row.seconds_to_recover:.1f} |"
    )


class _Runner(NamedTuple):
    servers: Servers
    programs: Programs
    engine: Engine
    series: SeriesStore
    seed: int
    hold_s: float

    def run(self, fault: Fault, gym_id: str, place: Path) -> Row:
        plan = Plan(
            gym_id,
            self.seed,
            LEAD_S + fault.holds * self._hold_s(fault) + fault.more_s + TAIL_S,
            fault.rate_hz,
            fault.has_members,
        )
        try:
            return self._run(fault, plan, place)
        except Exception as error:  # noqa: BLE001  a run of many minutes goes on
            # what could not even be tried is told beside the others, which are tried all the same
            return Row(fault.name, 0, 0, 0, 0.0, [repr(error)])

    def _run(self, fault: Fault, plan: Plan, place: Path) -> Row:
        gym_id = plan.gym_id
        plan.add_members(self.engine)
        watch = StoredWatch(gym_id, self.servers.mosquitto.address.url)
        try:
            with fault.surroundings(self.servers, place, gym_id, self.seed) as mqtt_port:
                gym = Gym(plan, mqtt_port, place)
                gym.start(clock_shift_s=fault.clock_shift_s())
                try:
                    return self._judge(fault, gym, watch)
                finally:
                    gym.kill()
        finally:
            watch.close()

    def _judge(self, fault: Fault, gym: Gym, watch: StoredWatch) -> Row:
        turn = Round(
            gym,
            self.servers,
            self.programs,
            self.engine,
            self.series,
            watch,
            Random(f"{self.seed}/{fault.name}"),
            self._hold_s(fault),
        )
        turn.wait_until_flowing()
        complaints = fault.apply(turn)
        over_s = time.monotonic()
        turn.wait_until_recovered()
        seconds_to_recover = time.monotonic() - over_s
        status = gym.wait()
        if status != 0:
            complaints.append(f"simulate ended with status {status}: not everything is stored")
        # every treadmill was told that everything is stored: from now on it has to be
        measured = turn.measured_so_far()
        stored = turn.stored(measured)
        complaints += judging.missing_points(measured, stored)
        complaints += self._wrong_sessions(gym.plan, measured, stored)
        complaints += judging.good_dead_letters(
            gym.plan.gym_id, self.servers.kafka.address.bootstrap
        )
        sent = sum(len(readings) for readings in measured.values())
        return Row(
            fault.name,
            sent,
            sent - stored.distinct_count,
            stored.accepted_count - stored.distinct_count,
            seconds_to_recover,
            complaints,
            turn.notes,
        )

    def _hold_s(self, fault: Fault) -> float:
        return min(self.hold_s, fault.most_hold_s)

    def _wrong_sessions(
        self, plan: Plan, measured: judging.Readings, stored: judging.Stored
    ) -> list[str]:
        """Say what is wrong once what was late is folded again."""
        told: list[str] = []

        def are_right() -> bool:
            told[:] = judging.wrong_sessions(plan, measured, stored, self.engine)
            return not told

        try:
            wait_until(are_right, what="the sessions", within_s=_FOLDED_AGAIN_WITHIN_S)
        except AssertionError:
            return told
        return []
