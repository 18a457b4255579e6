"""The embedded MQTT broker where no mosquitto is installed: amqtt, MQTT 3.1.1, in memory.

What it promises is less than Mosquitto does: it forgets everything when it ends, and gives up a
message that its receiver has not acknowledged within 5 s.
Devices with an outbox lose nothing by that, because they send again what is not `stored`.
"""

import asyncio
import contextlib
import sys
from typing import Any, Final

import structlog
from amqtt.broker import Broker
from amqtt.errors import AMQTTError

from backstride_shared.lifecycle import stop_on_signals
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import serve_health, set_up_logging
from backstride_standalone.settings import EmbeddedServerSettings

log = structlog.get_logger()

HOST: Final = "127.0.0.1"
SESSION_EXPIRY_S: Final = 3600
"""A persistent session whose client stays away longer is dropped with what it holds."""
_STOP_WITHIN_S: Final = 1.0  # there is nothing to save


def broker_configuration(port: int) -> dict[str, Any]:
    """Return amqtt's configuration: loopback, no logging of packets, no $SYS topics."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
        "session_expiry_interval": SESSION_EXPIRY_S,
        "plugins": {"backstride_standalone.adapters.amqtt_access.LoopbackAccess": {}},
    }


async def serve(port: int, stop: asyncio.Event) -> None:
    """Run the broker at `port` until `stop` is set.

    Raises AMQTTError when the port is taken.
    """
    broker = Broker(broker_configuration(port))
    await broker.start()
    log.info("embedded mqtt is ready", port=port)
    await stop.wait()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(broker.shutdown(), _STOP_WITHIN_S)


def main() -> None:
    """Run the broker until a signal, or until the supervisor is gone."""
    settings = read_settings_or_exit(EmbeddedServerSettings)
    set_up_logging("embedded-mqtt", settings.telemetry)
    stop = stop_on_signals()
    serve_health("embedded-mqtt", settings.telemetry, list)

    async def run() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait_for_stop() -> None:
            stop.wait()
            with contextlib.suppress(RuntimeError):  # the loop ended on its own
                loop.call_soon_threadsafe(stopped.set)

        waiting = loop.run_in_executor(None, wait_for_stop)
        try:
            await serve(settings.embedded.port, stopped)
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
