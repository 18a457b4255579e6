"""Composition root of the processor: the only module that opens anything."""

import asyncio
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.types import AppT

from backstride_processor.adapters import faust_recovery
from backstride_processor.adapters.faust_app import (
    FaustChangelog,
    FaustLog,
    add_table,
    build_app,
    connect,
)
from backstride_processor.adapters.kafka_topics import PartitionCountError, wait_for_topics
from backstride_processor.adapters.library_log import quieten_libraries
from backstride_processor.adapters.sql_stored_states import SqlStoredStates
from backstride_processor.domain.progress import LogBeganAnewError, OffsetJumpError, Progress
from backstride_processor.ports import StoreNotReadyError
from backstride_processor.processing import Processor
from backstride_processor.settings import ProcessorSettings
from backstride_shared.lifecycle import collect_cycles_seldom, watch_parent
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import serve_health, set_up_logging

log = structlog.get_logger()

_SERVICE: Final = "processor"
# both together below the 10 s that a supervisor waits
_FINISH_WITHIN_S: Final = 4.0
_LEAVE_WITHIN_S: Final = 5.0
# their words say it all
_EXPECTED: Final = (
    KafkaError,
    LogBeganAnewError,
    OffsetJumpError,
    PartitionCountError,
    StoreNotReadyError,
    faust_recovery.RecoveryStuckError,
)


def main() -> None:
    """Run the processor until it is told to stop; status 1 when it had to give up."""
    settings = read_settings_or_exit(ProcessorSettings)
    collect_cycles_seldom()
    set_up_logging(_SERVICE, settings.telemetry)
    quieten_libraries()
    raise SystemExit(asyncio.run(run(settings)))


async def run(
    settings: ProcessorSettings,
    *,
    hold_flow: Callable[[AppT], None] = faust_recovery.hold_flow,
    progress: Callable[[Mapping[int, int]], Progress] = Progress,
) -> int:
    """Run until SIGTERM, SIGINT or the end of the supervisor; return the exit status.

    `hold_flow` is the correction of Faust's recovery, `progress` the bookkeeping of offsets.
    """
    faust_recovery.check_library()
    options = settings.processor
    stop = _stop_event()
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    kafka_lacks = [f"Kafka at {settings.kafka.bootstrap_servers}"]

    def fail(error: BaseException) -> None:
        if not failed.done():
            failed.set_exception(error)

    def tell_kafka_lacks(missing: list[str]) -> None:
        kafka_lacks[:] = missing

    with tempfile.TemporaryDirectory(prefix="backstride-processor-") as folder:
        app = build_app(
            settings.kafka,
            Path(folder),
            session_timeout_s=options.session_timeout_s,
            buffered_frames=options.buffered_frames,
        )
        changelog = FaustChangelog(add_table(app))
        stored_states = SqlStoredStates(settings.database.url, _now_ms)
        processor = Processor(FaustLog(app), changelog, stored_states, progress=progress)
        connect(
            app,
            processor,
            settings.kafka.bootstrap_servers,
            fail,
            batch_frames=options.batch_frames,
            batch_wait_s=options.batch_wait_s,
            hold_flow=hold_flow,
        )

        async def work() -> None:
            await wait_for_topics(settings.kafka.bootstrap_servers, tell_kafka_lacks)
            await _run_app(app)

        server = serve_health(
            _SERVICE, settings.telemetry, lambda: kafka_lacks or processor.waiting_for()
        )
        error = await _first_error(
            failed,
            _wait(stop),
            work(),
            processor.keep_checkpointing(options.checkpoint_interval_s),
            at_end=processor.finish,
        )
        if app.started:
            await _error_of(app.stop(), _LEAVE_WITHIN_S)
    if server is not None:
        server.shutdown()
        server.server_close()
    if error is not None:
        is_expected = isinstance(error, _EXPECTED)
        reason = str(error) or type(error).__name__
        log.error("the processor gives up", reason=reason, exc_info=None if is_expected else error)
        return 1
    log.info("the processor stopped")
    return 0


async def _first_error(
    *works: Awaitable[None], at_end: Callable[[], Awaitable[None]]
) -> BaseException | None:
    """Let all go on until the first ends; return why it failed.

    When it ended well `at_end` follows, while the others still go on, and its error counts.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    error = next(filter(None, (task.exception() for task in done)), None)
    if error is None:
        error = await _error_of(at_end(), _FINISH_WITHIN_S)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=1.0)
    return error


async def _run_app(app: faust.App) -> None:
    """Start Faust and return never.

    Raises whatever made it stop.
    """
    await app.start()
    await app.wait_until_stopped()
    raise app.crash_reason or RuntimeError("Faust stopped on its own account")


async def _error_of(work: Awaitable[None], within_s: float) -> Exception | None:
    """Return what went wrong with one of the last steps, once it is over or its time is up."""
    try:
        await asyncio.wait_for(work, within_s)
    except Exception as error:  # noqa: BLE001  the program ends in either case, and says why
        return error
    return None


def _stop_event() -> asyncio.Event:
    """Return an event that signals and the end of the supervisor set."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def stop_from_thread() -> None:
        loop.call_soon_threadsafe(stop.set)

    watch_parent(stop_from_thread)
    return stop


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
