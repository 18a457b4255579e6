"""The processor at a broker that answers late, with its correction of Faust's recovery or without.

Where a partition stands is asked once per partition, one after the other; while that lasts, Faust
already fetches. What it fetched is lost if it still waits for its turn when the queues are emptied,
which it does while output is acknowledged. With a broker on the same machine both are a matter of
luck, with one far away they are the rule.
"""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import RecordMetadata
from faust.types import AppT

from backstride_processor.adapters.library_log import quieten_libraries
from backstride_processor.domain.progress import Progress
from backstride_processor.main import run
from backstride_processor.settings import ProcessorSettings
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import set_up_logging

ANSWERS_AFTER_S = 0.15


class BlindProgress(Progress):
    """Goes on over a hole in the offsets, where the processor gives up."""

    def admit(self, partition: int, offset: int) -> bool:
        """Take whatever is not older than what was taken."""
        expected = self._next.get(partition)
        if expected is None or offset < expected:
            return False
        self._next[partition] = offset + 1
        return True


def let_flow(_app: AppT) -> None:
    """Do nothing, as Faust itself."""


def put_broker_far_away() -> None:
    """Delay each answer to the question where a partition stands, and each acknowledgement."""
    ask = AIOKafkaConsumer.committed
    send = AIOKafkaProducer.send

    async def ask_far_away(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int | None:
        await _on_its_way()
        offset: int | None = await ask(consumer, partition)
        return offset

    async def send_far_away(
        producer: AIOKafkaProducer,
        *arguments: Any,  # noqa: ANN401  whatever the library takes
        **named: Any,  # noqa: ANN401
    ) -> Awaitable[RecordMetadata]:
        return asyncio.ensure_future(_later(await send(producer, *arguments, **named)))

    AIOKafkaConsumer.committed = ask_far_away
    AIOKafkaProducer.send = send_far_away


async def _later(acknowledged: Awaitable[RecordMetadata]) -> RecordMetadata:
    metadata = await acknowledged
    await _on_its_way()
    return metadata


async def _on_its_way() -> None:
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()
    loop.call_later(ANSWERS_AFTER_S, arrived.set_result, None)
    await arrived


def main() -> None:
    """Run the processor; the first argument is `mended` or `unmended`."""
    settings = read_settings_or_exit(ProcessorSettings)
    set_up_logging("processor", settings.telemetry)
    quieten_libraries()
    put_broker_far_away()
    if sys.argv[1] == "mended":
        raise SystemExit(asyncio.run(run(settings)))
    raise SystemExit(asyncio.run(run(settings, hold_flow=let_flow, progress=BlindProgress)))


if __name__ == "__main__":
    main()
