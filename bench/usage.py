"""What processes use: processor time between two moments, and memory at its highest."""

from collections.abc import Mapping
from pathlib import Path

import psutil

_KIB = 1024


class Usage:
    """Watches processes by their names in the table; those that end keep what they used."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._start_s = {name: _cpu_s(process) for name, process in self._processes.items()}

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
