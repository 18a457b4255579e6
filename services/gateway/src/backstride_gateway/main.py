"""The gateway's composition root: settings, adapters, use cases, server.

Starts without its servers, says at /readyz what it waits for, and stops within seconds.
"""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Final

import structlog
import uvloop
from sqlalchemy import Engine

from backstride_gateway.acknowledging import Acknowledging
from backstride_gateway.activities import Activities
from backstride_gateway.adapters.argon2_passwords import Argon2Passwords
from backstride_gateway.adapters.export_folder import ExportFolder
from backstride_gateway.adapters.fit_activity import fit_of
from backstride_gateway.adapters.kafka_energy import KafkaEnergyFeed, WrongPartitionCountError
from backstride_gateway.adapters.kafka_log import KafkaLog
from backstride_gateway.adapters.kill_request_file import KillRequestFile
from backstride_gateway.adapters.mqtt_console import MqttConsole
from backstride_gateway.adapters.quick_reads import QuickReads
from backstride_gateway.adapters.segno_qr import qr_svg
from backstride_gateway.adapters.series_on_demand import SeriesOnDemand
from backstride_gateway.adapters.sql_accounts import SqlAccounts
from backstride_gateway.adapters.sql_acknowledgements import SqlAcknowledgements
from backstride_gateway.adapters.sql_alerts import SqlAlerts
from backstride_gateway.adapters.sql_changes import SqlChanges
from backstride_gateway.adapters.sql_claims import SqlClaims
from backstride_gateway.adapters.sql_console_access import SqlConsoleAccess
from backstride_gateway.adapters.sql_exports import SqlExportJobs
from backstride_gateway.adapters.sql_goals import SqlGoals
from backstride_gateway.adapters.sql_gym_sums import SqlGymSums
from backstride_gateway.adapters.sql_gyms import SqlGyms
from backstride_gateway.adapters.sql_history import SqlHistory
from backstride_gateway.adapters.sql_member_body import SqlMemberBody
from backstride_gateway.adapters.sql_member_erasures import SqlMemberErasures
from backstride_gateway.adapters.sql_members import SqlMembers
from backstride_gateway.adapters.sql_personal_data import SqlPersonalData
from backstride_gateway.adapters.sql_transactions import check_store
from backstride_gateway.adapters.sql_treadmill_codes import SqlTreadmillCodes
from backstride_gateway.adapters.status_file import StatusFile
from backstride_gateway.aiming import Aiming
from backstride_gateway.api.app import build_app
from backstride_gateway.api.models import Session
from backstride_gateway.api.services import RateLimits, Services
from backstride_gateway.attempts import Attempts
from backstride_gateway.claiming import Claiming
from backstride_gateway.console_access import ConsoleAccess
from backstride_gateway.console_claims import ConsoleClaims
from backstride_gateway.correcting import Correcting
from backstride_gateway.delivery import ClaimDelivery
from backstride_gateway.domain.activity_csv import csv_of
from backstride_gateway.domain.activity_tcx import tcx_of
from backstride_gateway.domain.live_view import ClaimView
from backstride_gateway.domain.rate_limiting import Rate
from backstride_gateway.erasing import Erasing
from backstride_gateway.export_runner import ExportRunner
from backstride_gateway.exporting import Exporting
from backstride_gateway.gym_registry import GymRegistry
from backstride_gateway.gym_statistics import Statistics
from backstride_gateway.history import History
from backstride_gateway.holders import Holders
from backstride_gateway.joining import Joining
from backstride_gateway.live_feed import LiveFeed
from backstride_gateway.member_body import MemberBody
from backstride_gateway.membership import Membership
from backstride_gateway.personal_archive import PersonalArchive
from backstride_gateway.ports import (
    LogUnavailableError,
    SeriesReader,
    StoredState,
    StoreUnavailableError,
)
from backstride_gateway.serving import (
    AddressInUseError,
    allow_connections,
    build_server,
    listening_socket,
)
from backstride_gateway.settings import GatewaySettings, HttpBlock
from backstride_gateway.signing_in import SigningIn
from backstride_gateway.taking_over import TakingOver
from backstride_gateway.treadmill_codes import TreadmillCodes
from backstride_shared.frames import DeadLetter
from backstride_shared.lifecycle import backoff_s, collect_cycles_seldom, stop_on_signals
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.store.opening import POSTGRESQL_CONNECTIONS, open_engine
from backstride_shared.telemetry import serve_health, set_up_logging

log = structlog.get_logger()

_DEAD_LETTER_TIMEOUT_S: Final = 30.0
_SETTINGS_STATUS: Final = 2
_BURST_S: Final = 10.0
# a request reads several times: a connection that just answered is not tried each time
_TRUSTED_S: Final = 1.0
# Beside those of FastAPI. Python's own are six on two processors: when those wait for one table,
# nobody comes to the others. More than connections would wait for one after another, also when the
# program is told to stop.
_THREADS: Final = POSTGRESQL_CONNECTIONS


def main() -> None:
    """Run the gateway until it is told to stop."""
    settings = read_settings_or_exit(GatewaySettings)
    set_up_logging("gateway", settings.telemetry)
    # what stands in the way of Kafka is told by us, once for each attempt
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    stop = stop_on_signals()
    collect_cycles_seldom()
    try:
        uvloop.run(_run(settings, stop))
    except* (AddressInUseError, WrongPartitionCountError) as errors:
        for error in errors.exceptions:
            print(error, file=sys.stderr)  # noqa: T201  the one line that says what to change
        raise SystemExit(_SETTINGS_STATUS) from None


async def _run(settings: GatewaySettings, stop: threading.Event) -> None:
    allow_connections(settings.http.live_streams)
    listener = listening_socket(settings.http.host, settings.http.port)
    engine = open_engine(settings.database.url, trusted_s=_TRUSTED_S)
    series = SeriesOnDemand(settings.series)
    gateway = Gateway(settings, engine, series)
    health = serve_health("gateway", settings.telemetry, gateway.waiting_for)
    server = build_server(build_app(gateway.services), settings.http.believed_proxies)

    def begin_stop() -> None:
        # streams never end by themselves, and the server waits for what it is sending
        gateway.live.close()
        gateway.services.exporting.stop()
        server.should_exit = True

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS))
    threading.Thread(
        target=lambda: (stop.wait(), loop.call_soon_threadsafe(begin_stop)),
        name="stop",
        daemon=True,
    ).start()
    host, port = listener.getsockname()[:2]
    log.info("serving", url=f"http://{host}:{port}/", is_demo=settings.is_demo)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in gateway.background()]
            await server.serve(sockets=[listener])
            for task in tasks:
                task.cancel()
    finally:
        await gateway.close()
        if health is not None:
            await asyncio.to_thread(health.shutdown)
            health.server_close()
        series.close()
        engine.dispose()
        log.info("stopped")


class Gateway:
    """The gateway's parts, put together; lives in one event loop."""

    def __init__(self, settings: GatewaySettings, engine: Engine, series: SeriesReader) -> None:
        self._loop = asyncio.get_running_loop()
        self._engine = engine
        self._is_demo = settings.is_demo
        members = SqlMembers(engine)
        claims = SqlClaims(engine, _now_ms)
        self._reads = QuickReads(engine)
        self._history = SqlHistory(engine, self._reads)
        self._holders = Holders(members, claims, is_demo=settings.is_demo)
        self._log = KafkaLog(settings.kafka)
        self.live = LiveFeed(_now_ms, settings.http.live_streams, settings.http.live_streams_of_one)
        changes = SqlChanges(engine)
        self._delivery = ClaimDelivery(claims, changes, self._history, self._log, _now_ms)
        self._energy = KafkaEnergyFeed(settings.kafka, self.live.receive, self.live.receive_state)
        body = MemberBody(SqlMemberBody(engine), self._history, _now_ms)
        self._membership = Membership(members, body, _now_ms)
        claiming = Claiming(
            members,
            body,
            claims,
            self._history,
            self.live.last_moving,
            _now_ms,
            self._on_claim_change,
        )
        activities = Activities(self._membership, series, _now_ms)
        archive = PersonalArchive(
            self._history,
            activities,
            SqlPersonalData(engine),
            lambda session: Session.of(session, _now_ms()).model_dump(mode="json"),
            {"fit": fit_of, "csv": csv_of},
        )
        places = settings.exports
        exporting = Exporting(
            SqlExportJobs(engine),
            None if places.folder is None else ExportFolder(places.folder),
            archive,
            _now_ms,
            self._wake_exports,
            keep_hours=places.keep_hours,
            most_bytes=places.max_total_mb * 1_000_000,
        )
        self._exports = ExportRunner(exporting)
        self._erasing = Erasing(
            claims=claims,
            changes=changes,
            erasures=SqlMemberErasures(engine),
            exports=exporting,
            history=self._history,
            live_last_moving=self.live.last_moving,
            clock=_now_ms,
            on_change=self._on_claim_change,
            on_request=self._on_erasure,
        )
        accounts = SqlAccounts(engine, self._reads)
        gyms, passwords = SqlGyms(engine), Argon2Passwords()
        codes = TreadmillCodes(SqlTreadmillCodes(engine), _now_ms)
        attempts = Attempts(_now_ms)
        access = ConsoleAccess(
            SqlConsoleAccess(engine),
            members,
            passwords,
            passwords.card_hash_of,
            attempts,
            _now_ms,
            is_demo=settings.is_demo,
        )

        def is_registered(treadmill: str) -> bool:
            # in a demonstration nobody registers treadmills
            return settings.is_demo or gyms.is_registered(treadmill)

        self._console = MqttConsole(
            settings.mqtt,
            ConsoleClaims(claiming, access, is_registered, self._send_dead_letter, _now_ms),
        )
        history = History(self._membership, self._history, series, _now_ms)
        self._joining = Joining(accounts, gyms, members, passwords, attempts, _now_ms)
        self._set_up_code = settings.set_up_code
        self._is_prepared = False
        self._sending: Future[None] | None = None
        self._delivery_problem: str | None = None
        alerts = SqlAlerts(engine)
        self.services = Services(
            signing_in=SigningIn(accounts, passwords, attempts, _now_ms),
            joining=self._joining,
            gyms=GymRegistry(gyms, codes, _now_ms),
            statistics=Statistics(SqlGymSums(engine), _now_ms),
            treadmill_codes=codes,
            qr_svg=qr_svg,
            membership=self._membership,
            member_body=body,
            console_access=access,
            claiming=claiming,
            taking_over=TakingOver(claiming, claims, self._history, _now_ms),
            attempts=attempts,
            erasing=self._erasing,
            correcting=Correcting(claims, changes, _now_ms, self._on_claim_change),
            history=history,
            aiming=Aiming(SqlGoals(engine), history, _now_ms),
            activities=activities,
            exporting=exporting,
            activity_writers={"fit": fit_of, "tcx": tcx_of, "csv": csv_of},
            live=self.live,
            alerts=alerts,
            acknowledging=Acknowledging(alerts, self.live, SqlAcknowledgements(engine), _now_ms),
            status=StatusFile(settings.status_file),
            clock=_now_ms,
            waiting_for=self.waiting_for,
            is_demo=settings.is_demo,
            faults=(
                KillRequestFile(settings.kill_request_file)
                if settings.is_demo and settings.kill_request_file is not None
                else None
            ),
            rate_limits=_rate_limits(settings.http),
            host_names=settings.http.host_names,
            public_url=settings.http.public_url,
        )

    def waiting_for(self) -> list[str]:
        """Return what is missing; empty when everything is there."""
        missing = {
            "database": not self._is_prepared or self._delivery_problem == "database",
            "kafka": not self._energy.is_connected or self._delivery_problem == "kafka",
            "mqtt": not self._console.is_connected,
        }
        return [name for name, is_missing in missing.items() if is_missing]

    def background(self) -> list[Coroutine[None, None, None]]:
        """Return what runs beside the server, for ever."""
        return [self._begin(), self.live.run(), self._energy.run(), self._exports.run()]

    async def close(self) -> None:
        """Let go of connections."""
        if self._sending is not None:
            # the console's thread waits for it, and its message comes again
            self._sending.cancel()
        await asyncio.to_thread(self._console.close)
        await self._log.close()
        await self._reads.close()

    async def _begin(self) -> None:
        """Wait for the store, begin with what it holds, then take and deliver claims."""
        waits = backoff_s(most_s=2.0)
        while not self._is_prepared:
            try:
                states, holders = await asyncio.to_thread(self._read_store)
            except StoreUnavailableError as error:
                log.warning("waiting for the database", error=str(error))
                await asyncio.sleep(next(waits))
            else:
                self.live.restore(states, holders)
                self._is_prepared = True
        self._console.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._delivery.run(self._note_delivery_problem))
            group.create_task(self._erasing.run())

    def _read_store(self) -> tuple[list[StoredState], list[ClaimView]]:
        check_store(self._engine)
        if self._is_demo:
            self._membership.make_demo_members()
        else:
            self._open_set_up()
        return self._history.states(), self._holders.all()

    def _open_set_up(self) -> None:
        given = self._set_up_code
        code = self._joining.open_set_up(None if given is None else given.get_secret_value())
        if code is not None and given is not None:
            log.warning("waiting for the owner: open /set-up and give the code that was set")
        elif code is not None:
            # the one secret that is told: it makes the owner the owner, and then works no more
            log.warning("waiting for the owner: open /set-up and give this code", set_up_code=code)

    def _wake_exports(self) -> None:
        self._loop.call_soon_threadsafe(self._exports.wake)

    def _note_delivery_problem(self, problem: str | None) -> None:
        self._delivery_problem = problem

    def _on_erasure(self) -> None:
        self._loop.call_soon_threadsafe(self._erasing.wake)

    def _on_claim_change(self, treadmill: str) -> None:
        self._loop.call_soon_threadsafe(self._delivery.wake)
        try:
            view = self._holders.of(treadmill)
        except StoreUnavailableError as error:
            log.warning("claim not shown yet", treadmill=treadmill, error=str(error))
            return
        if view is None:
            self._loop.call_soon_threadsafe(self.live.forget_claim, treadmill)
        else:
            self._loop.call_soon_threadsafe(self.live.take_claim, view)

    def _send_dead_letter(self, letter: DeadLetter) -> None:
        """Send from another thread, and wait."""
        self._sending = asyncio.run_coroutine_threadsafe(self._log.dead_letter(letter), self._loop)
        try:
            self._sending.result(_DEAD_LETTER_TIMEOUT_S)
        except (TimeoutError, CancelledError):
            self._sending.cancel()
            raise LogUnavailableError("no answer") from None
        finally:
            self._sending = None


def _rate_limits(http: HttpBlock) -> RateLimits:
    def rate(per_s: float) -> Rate:
        return Rate(per_s, max(1, round(per_s * _BURST_S)))

    return RateLimits(rate(http.requests_per_s), rate(http.requests_per_s_of_address))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
