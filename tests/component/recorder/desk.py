"""A recorder over stores and brokers in memory, which dies and starts again on demand."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from backstride_recorder.domain.pace import RefoldPace
from backstride_recorder.erasing import Eraser
from backstride_recorder.past import Past
from backstride_recorder.ports import Clocks, DeviceMark
from backstride_recorder.recording import Recorder
from backstride_recorder.refolding import Refolder
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT
from tests.factories.energy_records import EnergyRecords
from tests.factories.events import TREADMILL
from tests.fakes.in_memory_series import InMemorySeries
from tests.fakes.in_memory_sessions import InMemorySessions
from tests.fakes.recorder_neighbours import FakeDeadLetters, FakeEnergyLog, FakeReports

NOW_MS = 1_795_410_000_000
CLOCKS = Clocks(lambda: NOW_MS, lambda: 0.0)
PARTITION = partition_of(TreadmillKey(TREADMILL), PARTITION_COUNT)


class DiedError(Exception):
    """The recorder was killed."""


class _Mortal:
    """Passes calls on; the recorder dies before or after the n-th of all such calls."""

    def __init__(self, inner: Any, lives: "Lives") -> None:  # noqa: ANN401  any port
        self._inner = inner
        self._lives = lives

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  any method of any port
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  as above
            self._lives.step()
            result = found(*arguments, **named)
            self._lives.step()
            return result

        return call


class Lives:
    """Counts the moments in which a recorder may die; it does at `dies_at`, then never again."""

    def __init__(self, dies_at: int | None) -> None:
        self.moments = 0
        self._dies_at = dies_at

    def step(self) -> None:
        self.moments += 1
        if self.moments == self._dies_at:
            raise DiedError


class Desk:
    """The recorder under test and all around it; the stores outlive each recorder."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.series = InMemorySeries()
        self.sessions = InMemorySessions()
        self.log = FakeEnergyLog(PARTITION)
        self.reports = FakeReports()
        self.dead_letters = FakeDeadLetters()
        self.records = EnergyRecords()
        self.stop = threading.Event()
        self.reports.on_publish = self._check_report
        self.recorder = self.start()

    def start(self, lives: Lives | None = None) -> Recorder:
        """Return a new recorder on the same stores, as after a restart."""
        series: Any = self.series if lives is None else _Mortal(self.series, lives)
        sessions: Any = self.sessions if lives is None else _Mortal(self.sessions, lives)
        log: Any = self.log if lives is None else _Mortal(self.log, lives)
        reports: Any = self.reports if lives is None else _Mortal(self.reports, lives)
        self.log.reopen()
        clocks = Clocks(lambda: self.now_ms, lambda: 0.0)
        refolder = Refolder(series, sessions, RefoldPace(0.0), clocks)
        self.recorder = Recorder(
            log,
            series,
            sessions,
            reports,
            self.dead_letters,
            Past(refolder, Eraser(series, sessions, refolder, clocks)),
            clocks,
            self.stop,
        )
        return self.recorder

    def settle(self) -> None:
        """Let the recorder work until nothing is left to do."""
        for _ in range(5):
            self.recorder.step()

    def seqs(self) -> list[int]:
        """Return the numbers of the points in the series."""
        return [point.seq for point in self.series.read(TREADMILL, 0, 2**53)]

    def readings_counts(self) -> list[int]:
        """Return the readings of each session, in the order of time."""
        rows = sorted(self.sessions.rows.values(), key=lambda row: row.session.started_at_ms)
        return [row.session.totals.readings for row in rows]

    def _check_report(self, treadmill: str, marks: Mapping[str, DeviceMark]) -> None:
        """Check that `stored` is never ahead of a store: marks count readings from 1 here."""
        state = self.sessions.state(treadmill)
        assert state is not None
        for device_id, (boot_id, seq) in marks.items():
            mark = state.marks[device_id]
            assert (boot_id, seq) <= (mark.boot_id, mark.seq)
            points: Sequence[Any] = self.series.read(treadmill, 0, 2**53)
            have = {
                one.seq for one in points if (one.device_id, one.boot_id) == (device_id, boot_id)
            }
            assert set(range(1, seq + 1)) <= have
