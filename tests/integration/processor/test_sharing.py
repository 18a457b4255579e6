"""Two processors on a real Kafka under load: one joins, leaves, joins again and is killed.

Each change tells for how long the slowest treadmill was silent; the figures are printed.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backstride_shared.fold import decode_state
from tests.integration.processor.driving import (
    Feeder,
    ProcessorProgram,
    Results,
    create_topics,
    treadmill_of_each_partition,
)
from tests.servers.kafka import LocalKafka
from tests.waiting import wait_until

FRAMES_PER_S = 100.0
READINGS_PER_FRAME = 4
LIVE_AGAIN_WITHIN_S = 25.0
"""15 on a machine of its own; 10 are Kafka's, until it takes a killed processor for gone."""


@dataclass
class _Stream:
    """What goes in and what comes out, with the silences between."""

    feeder: Feeder
    results: Results
    last: dict[str, int] = field(default_factory=dict)
    heard_at_s: dict[str, float] = field(default_factory=dict)
    longest_silence_s: float = 0.0

    def listen(self) -> None:
        """Take in what came out, and measure the silence of each treadmill."""
        seen = self.results.read()
        now_s = time.monotonic()
        for treadmill in self.feeder.sent:
            newest = max(seen.readings.get(treadmill, ()), default=0)
            silent_s = now_s - self.heard_at_s.setdefault(treadmill, now_s)
            self.longest_silence_s = max(self.longest_silence_s, silent_s)
            if newest > self.last.get(treadmill, 0):
                self.last[treadmill] = newest
                self.heard_at_s[treadmill] = now_s

    def silence_s(self, change: Callable[[], object], is_over: Callable[[], bool]) -> float:
        """Return the longest silence of a treadmill from a change until all are live after it."""
        self.catch_up()
        self.longest_silence_s = 0.0
        change()
        self._listen_until(is_over, "the change to be over")
        self.catch_up()
        return self.longest_silence_s

    def catch_up(self) -> None:
        """Listen until what was sent up to now has come out."""
        goal = dict(self.feeder.sent)
        self._listen_until(
            lambda: all(self.last.get(one, 0) >= seq for one, seq in goal.items()),
            f"the readings up to {goal}",
        )

    def _listen_until(self, holds: Callable[[], bool], what: str) -> None:
        def listened() -> tuple[bool, dict[str, int]]:
            self.listen()
            return holds(), self.last

        wait_until(listened, what=what, within_s=60, holds=lambda told: told[0])


@pytest.fixture
def stream(own_kafka: LocalKafka) -> Iterator[_Stream]:
    create_topics(own_kafka.address)
    results = Results(own_kafka.address.bootstrap)
    feeder = Feeder(own_kafka.address.bootstrap, treadmill_of_each_partition())
    yield _Stream(feeder, results)
    feeder.stop()
    results.close()


def _share(*programs: ProcessorProgram) -> Callable[[], bool]:
    """Tell whether all are ready and the partitions are divided evenly among them."""
    most = 4 // len(programs)

    def holds() -> bool:
        held = [program.partitions() for program in programs]
        return sorted(one for its in held for one in its) == [0, 1, 2, 3] and all(
            len(its) == most for its in held
        )

    return holds


def test_two_processors_share_and_take_over_from_each_other(
    own_kafka: LocalKafka, stream: _Stream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as programs:
        first, second = (
            programs.enter_context(
                ProcessorProgram(own_kafka.address.bootstrap, tmp_path, database=tmp_path / "db")
            )
            for _ in range(2)
        )
        first.migrate()
        first.start()
        stream.feeder.start(frames_per_s=FRAMES_PER_S, readings_per_frame=READINGS_PER_FRAME)
        silences_s = {
            "joins": stream.silence_s(second.spawn, _share(first, second)),
            "leaves": stream.silence_s(second.terminate, _share(first)),
            "joins again": stream.silence_s(second.spawn, _share(first, second)),
            "is killed": stream.silence_s(second.kill, _share(first)),
        }
        stream.feeder.stop()
        stream.catch_up()
        assert first.terminate() == 0
    seen = stream.results.read()
    sent = stream.feeder.sent

    repeated = seen.total() - sum(sent.values())
    with capsys.disabled():
        told = ", ".join(f"{change} {silence_s:.1f} s" for change, silence_s in silences_s.items())
        sys.stdout.write(
            f"\na second processor: longest silence of a treadmill when it {told}; "
            f"{sum(sent.values())} readings, {repeated} of them again in the log\n"
        )
    assert seen.missing(sent) == {}
    assert {one: decode_state(state).readings_count for one, state in seen.states.items()} == sent
    assert max(silences_s.values()) < LIVE_AGAIN_WITHIN_S
