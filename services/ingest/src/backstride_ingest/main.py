"""Composition root of ingest: settings, adapters, the bridge, and its turns until told to stop."""

import sys
import time
from typing import Final

import structlog

from backstride_ingest import metrics
from backstride_ingest.adapters.kafka_log import KafkaLog
from backstride_ingest.adapters.mqtt_source import PahoSource
from backstride_ingest.bridge import Bridge, Clock, Limits, Receipt
from backstride_ingest.domain.acceptance import AcceptedTreadmills
from backstride_ingest.ports import WrongTopicError
from backstride_ingest.reception import Reception
from backstride_ingest.settings import IngestSettings
from backstride_shared.lifecycle import collect_cycles_seldom, stop_on_signals
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import serve_health, set_up_logging
from backstride_shared.topics import MqttKind, mqtt_filter

log = structlog.get_logger()

SERVICE: Final = "ingest"
FINISH_WITHIN_S: Final = 5.0
"""Time to send what is held when told to stop; what remains is taken again at the next start."""


def main() -> None:
    """Run ingest until SIGTERM or SIGINT."""
    settings = read_settings_or_exit(IngestSettings)
    collect_cycles_seldom()
    ingest = settings.ingest
    set_up_logging(SERVICE, settings.telemetry)
    stop = stop_on_signals()
    metrics.prepare_labels()
    source = PahoSource(
        settings.mqtt,
        ingest.client_id,
        # any version: what a device of another version sends is set aside, not overlooked
        [
            mqtt_filter(kind, ingest.gym_id, version="+")
            for kind in (MqttKind.READINGS, MqttKind.STATE)
        ],
        ingest.max_message_bytes,
    )
    records: KafkaLog[Receipt] = KafkaLog(settings.kafka, ingest.client_id, ingest.send_timeout_s)
    bridge = Bridge(
        source,
        records,
        Reception(AcceptedTreadmills(ingest.accepted_treadmills)),
        Limits(
            ingest.max_in_flight_messages,
            ingest.max_in_flight_bytes,
            ingest.frame_window_ms / 1000,
            ingest.frame_quiet_ms / 1000,
        ),
        Clock(now_ms=lambda: time.time_ns() // 1_000_000, monotonic_s=time.monotonic),
    )
    health = serve_health(SERVICE, settings.telemetry, bridge.waiting_for)
    try:
        while not stop.is_set():
            bridge.turn()
        is_done = bridge.finish(FINISH_WITHIN_S)
        log.info("stopped", everything_acknowledged=is_done)
    except WrongTopicError as error:
        log.error("ingest cannot work with this Kafka", error=str(error))  # noqa: TRY400  no fault of ours
        sys.exit(1)
    finally:
        source.disconnect()
        records.reset()
        if health is not None:
            health.shutdown()
            health.server_close()
