"""Writes claims and dead letters to Kafka: a call returns when all replicas have the record."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from backstride_gateway.adapters.kafka_energy import is_told_to_end
from backstride_gateway.ports import LogUnavailableError
from backstride_shared.frames import (
    FRAME_VERSION,
    DeadLetter,
    EventsFrame,
    TreadmillEvent,
    encoder,
)
from backstride_shared.identity import parse_treadmill_key, partition_of
from backstride_shared.settings import KafkaBlock
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic

_CALL_TIMEOUT_S: Final = 10.0
_CLOSE_TIMEOUT_S: Final = 3.0


class KafkaLog:
    """The port `EventLog` on aiokafka; connects at the first call, and again after a failure."""

    def __init__(self, kafka: KafkaBlock) -> None:
        self._kafka = kafka
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def append(self, treadmill: str, events: Sequence[TreadmillEvent]) -> None:
        """See the port."""
        frame = EventsFrame(FRAME_VERSION, list(events))
        await self._send(KafkaTopic.TREADMILL_EVENTS, encoder.encode(frame), treadmill)

    async def dead_letter(self, letter: DeadLetter) -> None:
        """See the port."""
        await self._send(KafkaTopic.DEAD_LETTERS, encoder.encode(letter), letter.treadmill)

    async def close(self) -> None:
        """Let go of the connection."""
        async with self._lock:
            await self._close()

    async def _send(self, topic: KafkaTopic, value: bytes, treadmill: str | None) -> None:
        partition = 0
        if treadmill is not None:
            partition = partition_of(parse_treadmill_key(treadmill), PARTITION_COUNT)
        # one at a time: claims of a treadmill stay in their order
        async with self._lock:
            try:
                producer = await self._connected()
                await asyncio.wait_for(
                    producer.send_and_wait(topic, value, partition=partition), _CALL_TIMEOUT_S
                )
            except (KafkaError, TimeoutError, OSError, asyncio.CancelledError) as error:
                if is_told_to_end(error):
                    raise
                await self._close()
                raise LogUnavailableError(f"{type(error).__name__}: {error}") from error

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._kafka.bootstrap_servers,
                acks="all",
                request_timeout_ms=int(_CALL_TIMEOUT_S * 1000),
            )
            try:
                await asyncio.wait_for(producer.start(), _CALL_TIMEOUT_S)
            except BaseException:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(producer.stop(), _CLOSE_TIMEOUT_S)
                raise
            self._producer = producer
        return self._producer

    async def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), _CLOSE_TIMEOUT_S)
            except (KafkaError, TimeoutError, OSError):
                # it is gone anyway, and a new one takes its place
                return
