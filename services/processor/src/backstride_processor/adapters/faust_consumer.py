"""Faust's consumer, with fetches that are over before anything is sought.

A fetch runs in a thread of its own for up to a second, also across a rebalance. When partitions
are sought meanwhile, it takes records from the new place that nobody waits for; they are dropped,
and nothing seeks back. If they were the changelog's, recovery waits for them for ever: seen once
in six rebalances on Kafka 4.1. Here a seek waits for the fetch under way, and fetches are short.
Faust means to wait so (`wait_for_stopped_flow`), but sets the event which tells that a fetch is
over before the fetch, too.

The set of partitions to fetch from is copied, because emptying the original, as a pause does,
turns a fetch under way into one from all partitions.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import aiokafka
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP, AppT
from faust.utils.urls import urllist

LONGEST_FETCH_S: Final = 0.2
"""How long a seek may have to wait; the broker's own waiting goes on over several fetches."""

EMBEDDED_FETCH_WAITS_MS: Final = 50
"""Kafka answers a waiting fetch when a record arrives; librdkafka's in-process broker lets it wait
out its time, which Faust sets to 1.5 s without asking. Live calories came 1.2 s late (median);
with this wait they come after 50 ms."""


class SteadyConsumer(Consumer):
    """Faust's consumer, for which a fetch and a seek exclude each other."""

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109  Faust's signature
    ) -> Mapping[TP, list[Any]]:
        copy = None if active_partitions is None else set(active_partitions)
        self.not_waiting_next_records.clear()
        try:
            return await super()._getmany(copy, min(timeout, LONGEST_FETCH_S))
        finally:
            self.not_waiting_next_records.set()

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek once no fetch is under way."""
        await self.wait_for_stopped_flow()
        await super().seek_wait(partitions)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek once no fetch is under way."""
        await self.wait_for_stopped_flow()
        return await super().seek_to_committed()


class _ConsumerThread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        waits_ms = cast("SteadyTransport", transport).fetch_waits_ms
        if waits_ms is not None:
            # read when the consumer starts; an error here names a change in aiokafka
            if not hasattr(consumer, "_fetch_max_wait_ms"):
                raise AttributeError("aiokafka keeps the wait of a fetch elsewhere now")
            consumer._fetch_max_wait_ms = waits_ms  # noqa: SLF001  see above
        return consumer


class SteadyTransport(Transport):
    """Faust's way to Kafka with that consumer; `fetch_waits_ms` None leaves Faust's own."""

    Consumer = SteadyConsumer

    def __init__(self, servers: list[str], app: AppT, fetch_waits_ms: int | None) -> None:
        super().__init__(urllist(servers), app)
        self.fetch_waits_ms = fetch_waits_ms
