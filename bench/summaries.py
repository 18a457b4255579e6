"""Measures the summary of members with two years of history, on PostgreSQL: part of `make bench`.

One gateway process with accounts; every request comes with a member's cookie. Requests are due at
a steady rate whether or not earlier ones were answered, and their time counts from when they were
due, so a slow answer is not hidden by asking less. Meanwhile some members train: their rows change
all the time, as the recorder would write them.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import psutil
from sqlalchemy import Engine

from backstride_shared.settings import TelemetryBlock
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_shared.telemetry import set_up_logging
from bench.lone_gateway import LoneGateway
from bench.members_of_years import SESSIONS, Trained, write_members, write_reading
from tests.servers.finding import HOST
from tests.servers.postgres import LocalPostgres, installed_programs

REQUESTS_PER_S: Final = 300
SECONDS: Final = 20.0
QUICK_S: Final = 5.0
OUTPUT: Final = Path(".cache/bench-summaries.json")

_MEMBERS: Final = 40
_TRAINING: Final = 8
_WARM_UP_S: Final = 3.0
_WRITE_EVERY_S: Final = 0.5
_CONNECTIONS: Final = 64
_PERIODS: Final = ("day", "week", "month", "year", "all")
_ANSWER_WITHIN_S: Final = 30.0


class WrongAnswerError(Exception):
    """The gateway did not answer what is stored."""


class Answers(NamedTuple):
    """What was found at one rate."""

    requests_per_s: float
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    gateway_cpu_ms_per_request: float
    postgres_cpu_ms_per_request: float
    others_percent: float


def main() -> int:
    """Run the bench; an answer that is wrong ends it."""
    parser = argparse.ArgumentParser(description="Bench of the members' summaries")
    parser.add_argument("--quick", action="store_true", help="a few seconds")
    parser.add_argument("--rate", type=int, default=REQUESTS_PER_S, help="requests a second")
    options = parser.parse_args()
    set_up_logging("bench", TelemetryBlock(log_level="warning"))
    server = LocalPostgres(installed_programs())
    try:
        server.start()
        database_url = server.address.fresh_database()
        migrate(database_url)
        engine = open_engine(database_url)
        with engine.begin() as connection:
            trained = write_members(connection, _MEMBERS)
        with engine.begin() as connection:
            # as the server does by itself, later
            connection.exec_driver_sql("ANALYZE")
        with (
            tempfile.TemporaryDirectory(prefix="backstride-bench-") as folder,
            LoneGateway(database_url, Path(folder)) as gateway,
        ):
            seconds = QUICK_S if options.quick else SECONDS
            found = asyncio.run(
                _measure(_Load(gateway.port, trained, options.rate), gateway.pid, engine, seconds)
            )
        engine.dispose()
    finally:
        server.stop()
        server.remove()
    print(_line_of(found))
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(found._asdict(), indent=2) + "\n", encoding="utf-8")
    return 0


def _line_of(found: Answers) -> str:
    return (
        f"summaries of members with {SESSIONS} sessions at {found.requests_per_s:.0f} requests/s: "
        f"p50 {found.p50_ms:.1f} ms, p95 {found.p95_ms:.1f} ms, p99 {found.p99_ms:.1f} ms; "
        f"processor time per request: gateway {found.gateway_cpu_ms_per_request:.2f} ms, "
        f"PostgreSQL {found.postgres_cpu_ms_per_request:.2f} ms "
        f"({found.others_percent:.0f} % of the machine used by others)"
    )


async def _measure(load: "_Load", gateway_pid: int, engine: Engine, seconds: float) -> Answers:
    training = asyncio.create_task(_train(engine, load.trained[:_TRAINING]))
    await load.run(_WARM_UP_S)
    before = _Cpu(gateway_pid)
    began_s = time.monotonic()
    latencies_ms = sorted(await load.run(seconds))
    took_s = time.monotonic() - began_s
    after = _Cpu(gateway_pid)
    training.cancel()
    count = len(latencies_ms)
    gateway_s, postgres_s = after.gateway_s - before.gateway_s, after.postgres_s - before.postgres_s
    others_s = after.machine_busy_s - before.machine_busy_s - gateway_s - postgres_s
    return Answers(
        requests_per_s=count / took_s,
        requests=count,
        p50_ms=latencies_ms[count // 2],
        p95_ms=latencies_ms[count * 95 // 100],
        p99_ms=latencies_ms[count * 99 // 100],
        gateway_cpu_ms_per_request=1000 * gateway_s / count,
        postgres_cpu_ms_per_request=1000 * postgres_s / count,
        others_percent=100 * others_s / (after.machine_s - before.machine_s),
    )


async def _train(engine: Engine, training: Sequence[Trained]) -> None:
    turn = 0
    while True:
        turn += 1
        await asyncio.to_thread(_write_all, engine, training, turn)
        await asyncio.sleep(_WRITE_EVERY_S)


def _write_all(engine: Engine, training: Sequence[Trained], turn: int) -> None:
    with engine.begin() as connection:
        for one in training:
            write_reading(connection, one, turn)


class _Load:
    """Asks at a steady rate over connections that stay open."""

    def __init__(self, port: int, trained: Sequence[Trained], requests_per_s: int) -> None:
        self.trained = trained
        self._port = port
        self._requests_per_s = requests_per_s
        self._rng = random.Random(3)
        self._latencies_ms: list[float] = []

    async def run(self, seconds: float) -> list[float]:
        """Return the latencies of all requests that were due in these seconds."""
        self._latencies_ms = []
        due: asyncio.Queue[float | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            for _ in range(_CONNECTIONS):
                group.create_task(self._ask(due))
            began_s = time.monotonic()
            for number in range(round(seconds * self._requests_per_s)):
                at_s = began_s + number / self._requests_per_s
                await asyncio.sleep(max(0.0, at_s - time.monotonic()))
                due.put_nowait(at_s)
            for _ in range(_CONNECTIONS):
                due.put_nowait(None)
        return self._latencies_ms

    async def _ask(self, due: "asyncio.Queue[float | None]") -> None:
        reader, writer = await asyncio.open_connection(HOST, self._port)
        while (at_s := await due.get()) is not None:
            one = self._rng.choice(self.trained)
            period = self._rng.choice(_PERIODS)
            writer.write(
                f"GET /v1/members/{one.member_id}/summary?period={period} HTTP/1.1\r\n"
                f"Host: {HOST}:{self._port}\r\n"
                f"Cookie: backstride_session={one.session_token}\r\n\r\n".encode()
            )
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                body = await _answer(reader)
            self._latencies_ms.append(1000 * (time.monotonic() - at_s))
            if period == "all":
                count = json.loads(body)["total"]["sessions_count"]
                if count != SESSIONS:
                    raise WrongAnswerError(f"{count} sessions in a summary of {SESSIONS}")
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise WrongAnswerError(head.decode())
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)


class _Cpu:
    """Processor seconds up to now: of the gateway, of all of PostgreSQL, of the machine."""

    def __init__(self, gateway_pid: int) -> None:
        times = psutil.cpu_times()
        self.machine_s = sum(times)
        self.machine_busy_s = self.machine_s - times.idle - getattr(times, "iowait", 0.0)
        self.gateway_s = _cpu_s([psutil.Process(gateway_pid)])
        ours = psutil.Process().children(recursive=True)
        self.postgres_s = _cpu_s([one for one in ours if one.name() == "postgres"])


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    """Return what these used, and their children that ended."""
    return sum(sum(one.cpu_times()[:4]) for one in processes)


if __name__ == "__main__":
    sys.exit(main())
