"""Composition root of the recorder: opens the stores, the log and MQTT, and records."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from confluent_kafka import KafkaException
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from backstride_recorder.adapters.kafka_dead_letters import KafkaDeadLetters
from backstride_recorder.adapters.kafka_log import KafkaEnergyLog
from backstride_recorder.adapters.mqtt_stored import MqttStored
from backstride_recorder.adapters.sql_sessions import SqlSessions
from backstride_recorder.domain.batch import UnknownFrameVersionError
from backstride_recorder.domain.pace import RefoldPace
from backstride_recorder.erasing import Eraser
from backstride_recorder.past import Past
from backstride_recorder.ports import Clocks
from backstride_recorder.recording import Recorder
from backstride_recorder.refolding import Refolder
from backstride_recorder.settings import RecorderSettings
from backstride_shared.lifecycle import backoff_s, stop_on_signals
from backstride_shared.series import SeriesStore, SeriesUnavailableError
from backstride_shared.series.opening import UnsupportedSeriesError, open_series
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.store.migrate import SchemaError, check_schema
from backstride_shared.store.opening import UnsupportedStoreError, open_engine
from backstride_shared.telemetry import serve_health, set_up_logging
from backstride_shared.topics import RECORDER_GROUP, KafkaTopic

log = structlog.get_logger()

SERVICE = "recorder"
LAST_REPORTS_S = 2.0
"""How long a recorder that leaves waits for the broker to take its last `stored`."""

OpenedT = TypeVar("OpenedT")


def main() -> None:
    """Run the recorder until a signal; status 2 for settings, 1 when it cannot go on."""
    settings = read_settings_or_exit(RecorderSettings)
    set_up_logging(SERVICE, settings.telemetry)
    program = Program(settings, stop_on_signals())
    health = serve_health(SERVICE, settings.telemetry, program.waiting_for)
    try:
        program.run()
    except (
        KafkaException,
        UnknownFrameVersionError,
        UnsupportedSeriesError,
        UnsupportedStoreError,
    ) as error:
        log.error("recorder cannot go on", error=str(error))  # noqa: TRY400  the text says it all
        raise SystemExit(1) from None
    finally:
        if health is not None:
            health.shutdown()
            health.server_close()


class Program:
    """What is open, and what is still waited for."""

    def __init__(self, settings: RecorderSettings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._missing_stores = ["relational store", "series store"]
        self._energy_log: KafkaEnergyLog | None = None
        self._recorder: Recorder | None = None
        self._reports = MqttStored(settings.mqtt)

    def waiting_for(self) -> list[str]:
        """Return what keeps the recorder from being ready."""
        missing = list(self._missing_stores)
        if self._recorder is not None:
            missing += self._recorder.waiting_for
        if self._energy_log is None or not self._energy_log.partitions:
            missing.append("Kafka partitions")
        if not self._reports.is_connected:
            missing.append("MQTT broker")
        return missing

    def run(self) -> None:
        """Open the stores as they come, then record until the stop event is set."""
        settings = self._settings
        engine = open_engine(settings.database.url)
        series: SeriesStore | None = None
        self._reports.start()
        try:
            if not self._wait_for("relational store", lambda: _checked(engine)):
                return
            series = self._wait_for("series store", lambda: open_series(settings.series))
            if series is not None:
                self._record(engine, series)
        finally:
            self._reports.close()
            if series is not None:
                series.close()
            engine.dispose()
            log.info("recorder ended")

    def _record(self, engine: Engine, series: SeriesStore) -> None:
        settings = self._settings
        sessions = SqlSessions(engine, _now_ms)
        clocks = Clocks(_now_ms, time.monotonic)
        pace = RefoldPace(settings.recorder.refold_interval_s)
        energy_log = KafkaEnergyLog(
            settings.kafka.bootstrap_servers,
            KafkaTopic.ENERGY,
            RECORDER_GROUP,
            is_embedded=settings.kafka.is_embedded,
            most_batch_bytes=settings.recorder.most_batch_kib * 1024,
        )
        self._energy_log = energy_log
        refolder = Refolder(series, sessions, pace, clocks)
        self._recorder = Recorder(
            energy_log,
            series,
            sessions,
            self._reports,
            KafkaDeadLetters(settings.kafka.bootstrap_servers),
            Past(refolder, Eraser(series, sessions, refolder, clocks)),
            clocks,
            self._stop,
        )
        log.info("recorder started")
        try:
            self._recorder.run()
        finally:
            energy_log.close()
            self._reports.flush(LAST_REPORTS_S)

    def _wait_for(self, store: str, opened: Callable[[], OpenedT]) -> OpenedT | None:
        """Return what `opened` gives once it does not fail; None when told to stop before."""
        for wait_s in backoff_s():
            try:
                result = opened()
            except (SchemaError, SQLAlchemyError, SeriesUnavailableError) as error:
                log.warning("waiting for a store", store=store, error=str(error))
            else:
                self._missing_stores.remove(store)
                return result
            if self._stop.wait(wait_s):
                return None
        return None


def _checked(engine: Engine) -> Engine:
    check_schema(engine)
    return engine


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
