"""The embedded MQTT broker where no mosquitto is installed: amqtt, MQTT 3.1.1, in memory.

What it promises is less than Mosquitto does: it forgets everything when it ends, and gives up a
message that its receiver has not acknowledged within 5 s.
Devices with an outbox lose nothing by that, because they send again what is not `stored`.
"""

import asyncio
import contextlib
import logging
import sys
from typing import Final

import structlog
from amqtt.errors import AMQTTError

from backstride_shared.lifecycle import stop_on_signals
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import serve_health, set_up_logging
from backstride_standalone.adapters.amqtt_broker import LoopbackBroker
from backstride_standalone.settings import EmbeddedServerSettings

log = structlog.get_logger()

_STOP_WITHIN_S: Final = 1.0  # there is nothing to save


async def serve(port: int, stop: asyncio.Event, missing: list[str]) -> None:
    """Run the broker at `port` until `stop` is set; empty `missing` when it listens.

    Raises AMQTTError when the port is taken.
    """
    broker = LoopbackBroker(port)
    await broker.start()
    missing.clear()
    log.info("embedded mqtt is ready", port=port)
    await stop.wait()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(broker.shutdown(), _STOP_WITHIN_S)


def main() -> None:
    """Run the broker until a signal, or until the supervisor is gone."""
    settings = read_settings_or_exit(EmbeddedServerSettings)
    set_up_logging("embedded-mqtt", settings.telemetry)
    # clients that come and go are no news; what cannot be delivered is sent again by the devices
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    stop = stop_on_signals()
    missing = ["its port"]
    serve_health("embedded-mqtt", settings.telemetry, lambda: missing)

    async def run() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait_for_stop() -> None:
            stop.wait()
            with contextlib.suppress(RuntimeError):  # the loop ended on its own
                loop.call_soon_threadsafe(stopped.set)

        waiting = loop.run_in_executor(None, wait_for_stop)
        try:
            await serve(settings.embedded.port, stopped, missing)
        finally:
            stop.set()
            await waiting

    try:
        asyncio.run(run())
    except AMQTTError as error:
        log.exception("embedded mqtt cannot start", port=settings.embedded.port)
        sys.exit(str(error))


if __name__ == "__main__":
    main()
