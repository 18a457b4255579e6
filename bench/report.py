"""The table of a bench, and its figures as JSON."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import psutil

from bench.drain import OURS, Drained
from bench.latency import Latency
from bench.servers import KAFKA, MQTT, SERIES
from bench.telegraf import TELEGRAF

_PROGRAMS: Final = ("ingest", "processor", "recorder", "gateway", "telegraf", MQTT, KAFKA, SERIES)
_WIDTH: Final = 10


class Results(NamedTuple):
    """Everything that a bench found."""

    is_quick: bool
    substitutes: Mapping[str, str]
    without_telegraf: str | None
    """Why Telegraf did not run."""
    drained: Sequence[Drained]
    latency: Latency


def table_of(results: Results) -> str:
    """Return what is printed."""
    lines = [f"Backstride bench on {_machine()}; rows in SQLite"]
    lines += [f"  instead of {name}: {what}" for name, what in results.substitutes.items()]
    if results.without_telegraf is not None:
        lines.append(f"  without Telegraf: {results.without_telegraf}")
    for load in dict.fromkeys(one.load for one in results.drained):
        lines += ["", f"drain of {load}, QoS 1, {_source(results)} into the series store"]
        lines += _drain_lines([one for one in results.drained if one.load == load])
    lines += ["", *_latency_lines(results.latency), "", *_memory_lines(results)]
    return "\n".join(lines)


def write_json(results: Results, path: Path) -> None:
    """Write all figures of all runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ratios = {load: _ratio(results.drained, load) for load in {one.load for one in results.drained}}
    figures: dict[str, Any] = {
        "machine": _machine(),
        "is_quick": results.is_quick,
        "substitutes": dict(results.substitutes),
        "ratio_to_telegraf": ratios,
        "drained": [{**one._asdict(), "is_complete": one.is_complete} for one in results.drained],
        "latency": results.latency._asdict(),
    }
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _source(results: Results) -> str:
    return "as they come" if MQTT in results.substitutes else "from a persistent session"


def _drain_lines(runs: Sequence[Drained]) -> list[str]:
    names = [name for name in _PROGRAMS if any(name in one.cpu_us_per_reading for one in runs)]
    lines = [
        f"{'':<12}{'readings/s':>11}  µs of processor time per reading",
        f"{'':<12}{'(median)':>11}" + _row([*names, "sum"]) + "   complete, runs",
    ]
    for program in dict.fromkeys(one.program for one in runs):
        its = [one for one in runs if one.program == program]
        speed = median(one.readings_per_s for one in its)
        costs = {
            name: median(one.cpu_us_per_reading.get(name, 0.0) for one in its) for name in names
        }
        total = median(sum(one.cpu_us_per_reading.values()) for one in its)
        cells = [f"{costs[name]:.1f}" if costs[name] else "-" for name in names]
        lines.append(
            f"{program:<12}{speed:>11,.0f}"
            + _row([*cells, f"{total:.1f}"])
            + f"   {_completeness(its)}, "
            + " ".join(f"{one.readings_per_s / 1000:.1f}k" for one in its)
            + f"   ({_mean(one.others_percent for one in its):.0f} % used by others)"
        )
    ratio = _ratio(runs, runs[0].load)
    if ratio is not None:
        lines.append(
            f"{OURS} / {TELEGRAF}: {ratio:.2f} times the readings per second, "
            f"{_cost_ratio(runs):.2f} times the processor time per reading"
        )
    return lines


def _ratio(runs: Sequence[Drained], load: str) -> float | None:
    """Return the medians' ratio; None without both."""
    speeds = {
        program: [one.readings_per_s for one in runs if one.program == program and one.load == load]
        for program in (OURS, TELEGRAF)
    }
    if not all(speeds.values()):
        return None
    return median(speeds[OURS]) / median(speeds[TELEGRAF])


def _cost_ratio(runs: Sequence[Drained]) -> float:
    costs = {
        program: median(
            sum(one.cpu_us_per_reading.values()) for one in runs if one.program == program
        )
        for program in (OURS, TELEGRAF)
    }
    return costs[OURS] / costs[TELEGRAF]


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


def _completeness(runs: Sequence[Drained]) -> str:
    if all(one.is_complete for one in runs):
        return "yes"
    return "NO: " + ", ".join(
        f"{one.points_distinct} points, {one.session_readings} in sessions of {one.readings_count}"
        for one in runs
        if not one.is_complete
    )


def _latency_lines(latency: Latency) -> list[str]:
    used = ", ".join(f"{name} {percent:.0f} %" for name, percent in latency.cpu_percent.items())
    found = (
        f"publish -> live page at {latency.messages_per_s:,} messages/s: "
        f"p50 {latency.p50_ms:.0f} ms, p99 {latency.p99_ms:.0f} ms, "
        f"highest {latency.highest_ms:.0f} ms ({latency.samples} messages watched, "
        f"{latency.others_percent:.0f} % of the machine used by others)"
    )
    return [found, f"  processor time of one core: {used}"]


def _memory_lines(results: Results) -> list[str]:
    highest: dict[str, float] = {}
    for seen in (*(one.highest_mib for one in results.drained), results.latency.highest_mib):
        for name, mib in seen.items():
            highest[name] = max(highest.get(name, 0.0), mib)
    shown = ", ".join(f"{name} {highest[name]:.0f}" for name in _PROGRAMS if name in highest)
    return [f"highest resident memory, MiB: {shown}"]


def _row(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _machine() -> str:
    memory_gib = psutil.virtual_memory().total / 1024**3
    return (
        f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
