"""The live feed at a Kafka that loses everything: it comes back to it, each time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from backstride_gateway.adapters.kafka_energy import KafkaEnergyFeed
from backstride_gateway.adapters.kafka_log import KafkaLog
from backstride_gateway.ports import LogUnavailableError
from backstride_shared.settings import KafkaBlock
from tests.factories.events import TREADMILL, message, run_of
from tests.integration.processor.driving import create_topics
from tests.servers.kafka import LocalKafka
from tests.waiting import eventually

ROUNDS = 3
WITHIN_S = 40.0


@pytest.fixture
async def feed(own_kafka: LocalKafka) -> AsyncIterator[KafkaEnergyFeed]:
    create_topics(own_kafka.address)
    kafka = KafkaBlock(bootstrap_servers=own_kafka.address.bootstrap)
    lent = KafkaEnergyFeed(kafka, lambda _items, _at_ms: None, lambda _record: None)
    task = asyncio.create_task(lent.run())
    yield lent
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.timeout(300)
async def test_the_live_feed_and_the_log_come_back_to_a_kafka_that_forgot_everything(
    own_kafka: LocalKafka, feed: KafkaEnergyFeed
) -> None:
    log = KafkaLog(KafkaBlock(bootstrap_servers=own_kafka.address.bootstrap))

    def forget_everything() -> None:
        own_kafka.kill()
        own_kafka.forget()
        own_kafka.start()
        create_topics(own_kafka.address)

    async def is_back() -> bool:
        # the claims' way into the log meets the same broker; its failures are repeated by its owner
        with contextlib.suppress(LogUnavailableError):
            await log.append(TREADMILL, [message(run_of(1, 1, 0.0))])
            return feed.is_connected
        return False

    for _ in range(ROUNDS):
        await eventually(is_back, what="the feed to be connected", within_s=WITHIN_S)
        await asyncio.to_thread(forget_everything)
        await eventually(is_back, what="the feed to be connected again", within_s=WITHIN_S)
    await log.close()
