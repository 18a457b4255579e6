"""The Faust application: how records come in, go out, are kept and committed.

Faust's own acknowledgements are switched off: it acknowledges on its own account what an agent
that raised had taken, what it skips in a rebalance, and gaps; see docs/decisions. Offsets are
committed by `FaustLog.commit` and nowhere else.
"""

import asyncio
from collections.abc import AsyncIterable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import faust
from faust.tables.table import Table
from faust.types import TP, AppT, EventT

from backstride_processor.adapters import faust_recovery
from backstride_processor.adapters.faust_consumer import (
    EMBEDDED_FETCH_WAITS_MS,
    SteadyTransport,
)
from backstride_processor.adapters.kafka_topics import log_ranges
from backstride_processor.ports import InputRecord, OutputRecord
from backstride_processor.processing import Processor
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.settings import KafkaBlock
from backstride_shared.topics import (
    CHANGELOG_TOPIC,
    PARTITION_COUNT,
    PROCESSOR_GROUP,
    KafkaTopic,
)

_TABLE: Final = "treadmills"
_EMBEDDED_SESSION_TIMEOUT_S: Final = 3.0  # there a rebalance waits for it; real Kafka refuses it
_HEARTBEATS_PER_SESSION: Final = 4
_SEND_TIMEOUT_S: Final = 30.0  # Faust's default of 20 minutes would hide a broker that is away
_RESTORES_WITHIN_S: Final = 120.0  # some million records; a second is the rule
_EVENTS: Final = str(KafkaTopic.TREADMILL_EVENTS)


def build_app(
    kafka: KafkaBlock, folder: Path, *, session_timeout_s: float, buffered_frames: int
) -> faust.App:
    """Return an application that connects to nothing yet.

    `folder` is where Faust keeps the empty directories that it insists on.
    """
    if kafka.is_embedded:
        session_timeout_s = _EMBEDDED_SESSION_TIMEOUT_S
    servers = [f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")]
    app = faust.App(
        PROCESSOR_GROUP,
        broker=servers,
        datadir=str(folder),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=PARTITION_COUNT,
        topic_replication_factor=1,
        table_standby_replicas=0,
        processing_guarantee="at_least_once",
        broker_session_timeout=session_timeout_s,
        broker_heartbeat_interval=session_timeout_s / _HEARTBEATS_PER_SESSION,
        broker_request_timeout=_SEND_TIMEOUT_S,
        producer_request_timeout=_SEND_TIMEOUT_S,
        consumer_auto_offset_reset="earliest",
        stream_buffer_maxsize=buffered_frames,
        stream_wait_empty=False,
    )
    app.transport = SteadyTransport(
        servers, app, EMBEDDED_FETCH_WAITS_MS if kafka.is_embedded else None
    )
    return app


def add_table(app: faust.App) -> "Table[bytes, bytes]":
    """Return the table of states, which Faust restores from the changelog topic.

    Raises:
        RuntimeError: when Faust derives another name for that topic than everybody else uses.

    """
    table = cast(
        "Table[bytes, bytes]",
        app.Table(_TABLE, key_type=bytes, value_type=bytes, partitions=PARTITION_COUNT),
    )
    if table.changelog_topic_name != CHANGELOG_TOPIC:
        raise RuntimeError(f"Faust's changelog is {table.changelog_topic_name}")
    return table


class FaustLog:
    """The broker, through Faust's producer and consumer."""

    def __init__(self, app: AppT) -> None:
        self._app = app

    async def append(self, records: Sequence[OutputRecord]) -> Sequence[int]:
        """Append records; returns when every one is acknowledged by all replicas in sync.

        While the broker is away the producer tries again, and may find another log there.
        """
        producer = self._app.producer
        sent = [
            await producer.send(
                record.topic, record.key, record.value, record.partition, None, None
            )
            for record in records
        ]
        return [metadata.offset for metadata in await asyncio.gather(*sent)]

    async def commit(self, next_offsets: Mapping[int, int]) -> bool:
        """Commit for the partitions that are still ours; Faust crashes when the broker refuses."""
        offsets = {TP(_EVENTS, partition): offset for partition, offset in next_offsets.items()}
        if not offsets.keys() <= self._app.consumer.assignment():
            return False
        consumer = cast("Any", self._app.consumer)
        return bool(await consumer._commit(offsets))  # noqa: SLF001  checked by faust_recovery

    def end_of(self, partition: int) -> int | None:
        """Return the end that the last fetch reported."""
        tp = TP(_EVENTS, partition)
        if tp not in self._app.consumer.assignment():
            return None
        return self._app.consumer.highwater(tp)


class FaustChangelog:
    """A Faust table in memory and its changelog topic.

    `table[key] = value` needs a current event, which a batch has not, and sends through a buffer
    that stalls above 100 records; so the data and the topic are written one by one.
    """

    def __init__(self, table: "Table[bytes, bytes]") -> None:
        self._data = table.data

    def state_of(self, treadmill: str) -> bytes | None:
        """Return the newest state in the changelog."""
        return self._data.get(treadmill.encode())

    def keep(self, treadmill: str, state: bytes) -> None:
        """Do as if the record had been read from the changelog."""
        self._data[treadmill.encode()] = state

    def record(self, partition: int, treadmill: str, state: bytes) -> OutputRecord:
        """Return the changelog's record."""
        return OutputRecord(CHANGELOG_TOPIC, partition, treadmill.encode(), state)

    def forget(self, partitions: Collection[int]) -> None:
        """Drop the states of these partitions, which Faust keeps over a rebalance."""
        if not partitions:
            return
        for key in list(self._data):
            if partition_of(TreadmillKey(key.decode()), PARTITION_COUNT) in partitions:
                self._data.pop(key)


def connect(
    app: faust.App,
    processor: Processor,
    bootstrap_servers: str,
    fail: Callable[[BaseException], None],
    *,
    batch_frames: int,
    batch_wait_s: float,
    hold_flow: Callable[[AppT], None] = faust_recovery.hold_flow,
    restores_within_s: float = _RESTORES_WITHIN_S,
) -> None:
    """Let the application feed the processor.

    `fail` is called with what went wrong in folding, after which nothing more is taken, and when
    the changelog is not restored in time. `hold_flow` is called when a restored application is
    about to seek.
    """
    topic = app.topic(
        _EVENTS,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        acks=False,
    )

    async def fold_frames(stream: Any) -> None:  # noqa: ANN401  Faust tells streams by parameters
        batches: AsyncIterable[Sequence[EventT[Any]]] = stream.noack_take(
            batch_frames, within=batch_wait_s
        )
        async for events in batches:
            try:
                await processor.handle([_record_of(event) for event in events])
            except Exception as error:  # noqa: BLE001  whatever it is, the program ends
                fail(error)
                # leaving the loop would let Faust start the agent anew and go on
                await asyncio.Event().wait()

    watch = faust_recovery.RecoveryWatch(fail, restores_within_s)

    async def on_assigned(*_sender_and_partitions: object, **_: object) -> None:
        watch.note_assigned()

    async def on_revoked(*_sender_and_partitions: object, **_: object) -> None:
        await processor.revoke()

    async def on_restored(*_sender: object, **_: object) -> None:
        watch.note_restored()
        hold_flow(app)
        generation = app.consumer_generation_id
        ranges = await log_ranges(bootstrap_servers, _EVENTS)
        starts = await faust_recovery.start_offsets(app, _EVENTS, ranges)
        if generation == app.consumer_generation_id:
            await processor.assign(generation, starts.offsets, starts.anew)

    app.agent(topic, name="fold_frames", concurrency=1)(fold_frames)
    app.on_partitions_assigned.connect(on_assigned)
    app.on_partitions_revoked.connect(on_revoked)
    app.on_rebalance_complete.connect(on_restored)


def _record_of(event: EventT[Any]) -> InputRecord:
    message = event.message
    return InputRecord(
        message.partition,
        message.offset,
        message.generation_id or 0,
        int(message.timestamp * 1000),
        message.value or b"",
    )
