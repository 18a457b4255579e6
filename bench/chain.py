"""Measures the whole chain against real servers, and Telegraf beside it: `make bench`.

Drains a backlog from an MQTT session into InfluxDB, by our chain and by Telegraf in turns on the
same servers; measures the latency up to a live page; prints a table and writes all figures to a
file.  docs/performance.md says what they mean.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backstride_shared.settings import TelemetryBlock
from backstride_shared.telemetry import set_up_logging
from bench.drain import Drained, drain_ours
from bench.latency import measure_latency
from bench.load import Load
from bench.report import Results, table_of, write_json
from bench.servers import MQTT, SERIES, MissingServerError, Servers, running_servers
from bench.telegraf import drain_telegraf, installed_telegraf

OUTPUT: Final = Path(".cache/bench.json")

# rounds of both programs in turns; a slow moment of the machine then meets both
FULL: Final = ((Load(200_000, 1), 3), (Load(75_000, 4), 2))
QUICK: Final = ((Load(40_000, 1), 1), (Load(10_000, 4), 1))
# amqtt takes some thousand messages a second, and gives up what waits too long
QUICK_AMQTT: Final = ((Load(4_000, 1), 1), (Load(1_000, 4), 1))

MESSAGES_PER_S: Final = 2_000
MESSAGES_PER_S_AMQTT: Final = 400
LATENCY_S: Final = 15.0
LATENCY_QUICK_S: Final = 5.0


def main() -> int:
    """Run the bench; status 1 when a server is missing or a run lost readings."""
    parser = argparse.ArgumentParser(description="Bench of the whole chain")
    parser.add_argument(
        "--quick", action="store_true", help="under a minute: small loads, missing servers replaced"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="file for the figures (JSON)")
    options = parser.parse_args()
    set_up_logging("bench", TelemetryBlock(log_level="warning"))
    with tempfile.TemporaryDirectory(prefix="backstride-bench-") as folder:
        try:
            with running_servers(Path(folder), may_substitute=options.quick) as servers:
                results = measure(servers, is_quick=options.quick)
        except MissingServerError as error:
            print(f"{error}\n`make bench-quick` does with what is there", file=sys.stderr)
            return 1
    print(table_of(results))
    write_json(results, options.output)
    print(f"\nall figures: {options.output}")
    return 0 if all(one.is_complete for one in results.drained) else 1


def measure(servers: Servers, *, is_quick: bool) -> Results:
    """Return everything measured on these servers."""
    telegraf, without = _telegraf(servers, is_quick=is_quick)
    is_amqtt = MQTT in servers.substitutes
    drained: list[Drained] = []
    for load, rounds in _loads(is_quick=is_quick, is_amqtt=is_amqtt):
        for _ in range(rounds):
            drained.append(_told(drain_ours(servers, load)))
            if telegraf is not None:
                drained.append(_told(drain_telegraf(servers, load, telegraf)))
    latency = measure_latency(
        servers,
        MESSAGES_PER_S_AMQTT if is_amqtt else MESSAGES_PER_S,
        LATENCY_QUICK_S if is_quick else LATENCY_S,
    )
    return Results(is_quick, servers.substitutes, without, drained, latency)


def _loads(*, is_quick: bool, is_amqtt: bool) -> Sequence[tuple[Load, int]]:
    if not is_quick:
        return FULL
    return QUICK_AMQTT if is_amqtt else QUICK


def _telegraf(servers: Servers, *, is_quick: bool) -> tuple[Path | None, str | None]:
    """Return the program to compare with, or why there is none."""
    if is_quick:
        return None, "a quick bench leaves it out"
    if MQTT in servers.substitutes or SERIES in servers.substitutes:
        return None, "it needs Mosquitto and InfluxDB"
    program = installed_telegraf()
    return program, None if program else "bench/install_telegraf.sh puts it into the cache"


def _told(run: Drained) -> Drained:
    print(f"  {run.load}, {run.program}: {run.readings_per_s:,.0f} readings/s", file=sys.stderr)
    return run


if __name__ == "__main__":
    sys.exit(main())
