"""Keeps Faust from losing records when partitions are assigned.

In 0.15.3 `Recovery.on_recovery_completed` lets the partitions go on before it seeks them to the
committed offsets. Records fetched in between reach the streams' queues, which are emptied a
moment later, when the flow of the application goes on; fetched again, they count as read and are
dropped. Nothing is logged. Kin upstream: faust-streaming issues 216 and 221.

`hold_flow` mends it with public functions: called by the signal `on_rebalance_complete`, which
`on_recovery_completed` sends first of all, it stops the flow of the consumer. Whatever is fetched
from then on is dropped *and sought back*, and the flow goes on only after the seek and after the
queues were emptied.

`start_offsets` adds what Faust leaves out: `seek_to_committed` does not move a partition without
a committed offset, so records fetched and dropped at a first start would be passed over.

`faust_consumer` sees to it that no fetch from before is under way during these seeks.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, cast

import faust
import structlog
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.transport.drivers.aiokafka import Consumer as KafkaConsumer
from faust.types import TP, AppT

from backstride_processor import metrics

log = structlog.get_logger()

TRIED_VERSION: Final = "0.15.3"
_HOOKS: Final = (
    "stop_flow",
    "wait_for_stopped_flow",
    "not_waiting_next_records",
    "assignment",
    "seek_to_committed",
    "seek_wait",
    "_commit",
    "_getmany",
    "_new_consumer_thread",
)


class FaustChangedError(Exception):
    """The installed Faust is not the one that the correction was tried with."""


class RecoveryStuckError(Exception):
    """Faust did not end the restoring of the changelog; starting again helps."""


class RecoveryWatch:
    """Tells when the changelog of an assignment is not restored in time.

    Faust waits for ever for a changelog record that it has dropped. `fail` is called with
    RecoveryStuckError `within_s` after an assignment that nobody reported as restored.
    """

    def __init__(self, fail: Callable[[BaseException], None], within_s: float) -> None:
        self._fail = fail
        self._within_s = within_s
        self._alarm: asyncio.TimerHandle | None = None

    def note_assigned(self) -> None:
        """Begin to wait."""
        self.note_restored()
        loop = asyncio.get_running_loop()
        self._alarm = loop.call_later(self._within_s, self._tell)

    def note_restored(self) -> None:
        """Wait no more."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _tell(self) -> None:
        self._fail(RecoveryStuckError(f"the changelog is not restored after {self._within_s:g} s"))


def check_library(version: str = faust.__version__) -> None:
    """Return when the installed Faust is the one that was tried, and still needs the correction.

    Raises:
        FaustChangedError: which says what to try again.

    """
    if version != TRIED_VERSION:
        raise FaustChangedError(
            f"faust-streaming is {version}, tried was {TRIED_VERSION}: run "
            "tests/integration/processor/test_recovery.py, then change TRIED_VERSION in "
            "adapters/faust_recovery.py"
        )
    known = {*dir(KafkaConsumer), *Consumer.__annotations__}
    missing = [name for name in _HOOKS if name not in known]
    if missing:
        raise FaustChangedError(f"faust's consumer has no {', '.join(missing)} any more")
    if not is_needed():
        raise FaustChangedError(
            "faust seeks before it resumes: adapters/faust_recovery.py may be needless; run "
            "tests/integration/processor/test_recovery.py without it"
        )


def is_needed() -> bool:
    """Return whether the installed Faust resumes partitions before it seeks them."""
    source = inspect.getsource(Recovery.on_recovery_completed)
    signal, resume, seek, flow = (
        source.find(call)
        for call in (
            "on_rebalance_complete.send",
            ".resume_partitions(",
            ".perform_seek(",
            ".resume_flow(",
        )
    )
    return -1 < signal < resume < seek < flow


def hold_flow(app: AppT) -> None:
    """Let no record through until Faust has sought the partitions and emptied the queues."""
    app.consumer.stop_flow()


class Starts(NamedTuple):
    """Where our partitions of a topic are read from, and which of them have another log than ever.

    A partition is `anew` when nobody committed an offset in it, or one beyond its end: it is read
    for the first time, or the log that was read before is lost.
    """

    offsets: dict[int, int]
    anew: frozenset[int]


async def start_offsets(app: AppT, topic: str, ranges: Mapping[int, tuple[int, int]]) -> Starts:
    """Return, for each of our partitions of a topic, the offset that must be read first.

    That is the committed offset; or where the log begins when there is none, or none that the
    log still has, and then the partition is sought there. `ranges` tells for each partition where
    its log begins and ends. Call it while the flow is held.
    """
    consumer = cast("Consumer", app.consumer)
    partitions = {tp for tp in consumer.assignment() if tp.topic == topic}
    if not partitions:
        return Starts({}, frozenset())
    committed = await consumer.seek_to_committed()
    starts: dict[int, int] = {}
    sought: dict[TP, int] = {}
    anew: set[int] = set()
    for tp in partitions:
        offset = committed.get(tp)
        begins, ends = ranges[tp.partition]
        if offset is None or not begins <= offset <= ends:
            if offset is not None:
                metrics.EXPIRED_FRAMES.inc(max(0, begins - offset))
                log.error(
                    "the log has no more what was committed",
                    partition=tp.partition,
                    committed=offset,
                    begins=begins,
                    ends=ends,
                )
            if offset is None or offset > ends:
                anew.add(tp.partition)
            offset = sought[tp] = begins
        starts[tp.partition] = offset
    if sought:
        await consumer.seek_wait(sought)
    return Starts(starts, frozenset(anew))
