"""How fast a backlog goes from an MQTT session into the series store, and what it costs.

The messages wait in the persistent session of a client that is away.  The time begins when that
client connects and ends when the store has taken the last point: the same for our chain and for
Telegraf.  A broker that keeps no backlog gets the messages while the client is there.
Afterwards the store is counted, and for our chain the sessions' readings as well.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import psutil
from sqlalchemy import func, select

from backstride_shared.identity import TreadmillKey
from backstride_shared.store.opening import open_engine
from backstride_shared.store.schema import sessions
from backstride_shared.topics import MqttKind, mqtt_topic
from bench.load import Load, messages
from bench.programs import INGEST, PROCESSOR, RECORDER, Programs
from bench.publisher import Publisher
from bench.servers import Servers
from bench.stores import SeriesOfRun
from bench.usage import Usage
from tests.servers.finding import fresh_name
from tests.waiting import wait_until

OURS: Final = "Backstride"
_BACKLOG_AGE_MS: Final = 6 * 3600 * 1000
_CONNECTS_WITHIN_S: Final = 30.0
_DRAINED_WITHIN_S: Final = 120.0
_CONNECTION_POLL_S: Final = 0.005
_POLL_S: Final = 0.05


class Drained(NamedTuple):
    """One run; processor time per reading in µs, of each process that took part."""

    program: str
    load: str
    readings_count: int
    seconds: float
    readings_per_s: float
    cpu_us_per_reading: Mapping[str, float]
    highest_mib: Mapping[str, float]
    others_percent: float
    """How much of the machine was used by what is not part of the run."""
    points_distinct: int
    session_readings: int | None
    sessions_after_s: float | None
    """How much later than the last point the last session row was there."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing was lost and nothing counted twice."""
        return self.points_distinct == self.readings_count and self.session_readings in {
            None,
            self.readings_count,
        }


def drain_ours(servers: Servers, load: Load) -> Drained:
    """Let our chain drain the load."""
    name = fresh_name("run")
    series = servers.fresh_series()
    with Programs(servers, series.settings, servers.folder / name) as programs:
        programs.start(PROCESSOR, RECORDER, INGEST)
        programs.wait_ready(PROCESSOR, RECORDER, INGEST)
        publishing = threading.Thread(
            target=publish,
            args=(
                servers,
                load,
                name,
                lambda key: mqtt_topic(TreadmillKey(key), MqttKind.READINGS),
            ),
        )
        if servers.keeps_backlogs:
            # its session stays at the broker and takes what comes
            programs.stop(INGEST)
            publishing.run()
            programs.start(INGEST)
        else:
            publishing.start()
        pid = programs.process_ids()[INGEST]
        drained = watch(servers, series, load, OURS, pid, programs.process_ids())
        drained_at_s = time.monotonic()
        # of this run's gym alone: the log may hold a last word of the programs of the run before
        session_readings = wait_until(
            lambda: _session_readings(programs.database_url, name),
            what="every reading to be in a session",
            within_s=_DRAINED_WITHIN_S,
            holds=lambda found: found >= load.readings_count,
        )
        sessions_after_s = time.monotonic() - drained_at_s
        return drained._replace(
            points_distinct=series.distinct(),
            session_readings=session_readings,
            sessions_after_s=sessions_after_s,
        )


def publish(servers: Servers, load: Load, gym_id: str, topic_of: Callable[[str], str]) -> None:
    """Put the load into the sessions of those who subscribed."""
    first_measured_at_ms = time.time_ns() // 1_000_000 - _BACKLOG_AGE_MS
    waiting = [
        (topic_of(key), payload) for key, payload in messages(load, gym_id, first_measured_at_ms)
    ]
    with Publisher(servers.mqtt.host, servers.mqtt.port, fresh_name("bench")) as publisher:
        publisher.publish(waiting)
        publisher.wait()


def watch(
    servers: Servers,
    series: SeriesOfRun,
    load: Load,
    program: str,
    client_pid: int,
    processes: Mapping[str, int],
) -> Drained:
    """Return the run of a client that was just started, once the store has every point."""
    client = psutil.Process(client_pid)
    _wait_connected(client, servers.mqtt.port)
    usage = Usage({**processes, **servers.processes})
    began_s = time.monotonic()
    deadline_s = began_s + _DRAINED_WITHIN_S
    while (taken := series.taken()) < load.readings_count:
        if time.monotonic() > deadline_s:
            raise TimeoutError(
                f"{program}: {taken} of {load.readings_count} points after 2 minutes"
            )
        time.sleep(_POLL_S)
    seconds = time.monotonic() - began_s
    cpu_s = usage.cpu_s()
    return Drained(
        program=program,
        load=load.name,
        readings_count=load.readings_count,
        seconds=seconds,
        readings_per_s=load.readings_count / seconds,
        cpu_us_per_reading={
            name: used_s / load.readings_count * 1e6 for name, used_s in cpu_s.items()
        },
        highest_mib=usage.highest_mib(),
        others_percent=usage.others_percent(),
        points_distinct=0,
        session_readings=None,
        sessions_after_s=None,
    )


def _wait_connected(client: psutil.Process, port: int) -> None:
    deadline_s = time.monotonic() + _CONNECTS_WITHIN_S
    while not any(
        connection.status == psutil.CONN_ESTABLISHED and connection.raddr.port == port
        for connection in client.net_connections("tcp")
    ):
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{client.name()} did not connect to the broker")
        time.sleep(_CONNECTION_POLL_S)


def _session_readings(database_url: str, gym_id: str) -> int:
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            its_sessions = sessions.c.treadmill.startswith(f"{gym_id}/")
            total = connection.execute(
                select(func.sum(sessions.c.readings_count)).where(its_sessions)
            ).scalar()
    finally:
        engine.dispose()
    return int(total or 0)
