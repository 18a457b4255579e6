"""The processor at a broker that answers late, with its correction of Faust's recovery or without.

Where a partition stands is asked once per partition, one after the other; while that lasts, Faust
already fetches. With a broker on the same machine that is a matter of luck, with one far away it
is the rule.
"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, TopicPartition
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
    """Delay each answer to the question where a partition stands."""
    ask = AIOKafkaConsumer.committed

    async def ask_far_away(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int | None:
        loop = asyncio.get_running_loop()
        on_its_way = loop.create_future()
        loop.call_later(ANSWERS_AFTER_S, on_its_way.set_result, None)
        await on_its_way
        offset: int | None = await ask(consumer, partition)
        return offset

    AIOKafkaConsumer.committed = ask_far_away


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
