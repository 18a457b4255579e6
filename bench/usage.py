"""What processes use: processor time between two moments, and memory at its highest."""

from collections.abc import Mapping
from pathlib import Path

import psutil

_KIB = 1024


class Usage:
    """Watches processes by their names in the table; those that end keep what they used."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._machine_start = _machine_s()
        self._start_s = {name: _cpu_s(process) for name, process in self._processes.items()}

    def others_percent(self) -> float:
        """Return how much of the machine everybody else used, the bench itself included."""
        now_s, busy_s = _machine_s()
        capacity_s = (now_s - self._machine_start[0]) or 1.0
        ours_s = sum(self.cpu_s().values())
        return max(0.0, 100 * (busy_s - self._machine_start[1] - ours_s) / capacity_s)

    def cpu_s(self) -> dict[str, float]:
        """Return the processor seconds of each since the beginning, user and system."""
        return {
            name: _cpu_s(process) - self._start_s[name] for name, process in self._processes.items()
        }

    def highest_mib(self) -> dict[str, float]:
        """Return the largest resident memory that each process ever had."""
        return {
            name: highest_bytes(process.pid) / _KIB**2 for name, process in self._processes.items()
        }


def highest_bytes(pid: int) -> int:
    """Return the peak of a process's resident memory; where the system keeps none, the present."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return int(psutil.Process(pid).memory_info().rss)
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * _KIB


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _machine_s() -> tuple[float, float]:
    """Return the processor seconds that all cores had, and those that were used."""
    times = psutil.cpu_times()
    had_s = sum(times)
    waited_s = times.idle + getattr(times, "iowait", 0.0)
    return had_s, had_s - waited_s
