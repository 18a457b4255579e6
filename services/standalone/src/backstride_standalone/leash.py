"""Starts a program so that it does not outlive the supervisor, however that ends.

`python leash.py <supervisor's pid> mosquitto -c …`
On Linux the kernel is asked to kill the program together with its parent, and the program takes
this one's place. Elsewhere this one stays, and ends the program when standard input closes.
A script of its own and not code between fork and exec, which is unsafe in a program with threads.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from types import FrameType

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_STOP_WITHIN_S = 2.0


def tie_and_become(parent_pid: int, command: list[str]) -> None:
    """Become `command`, killed by the kernel when the parent ends; returns only on an error."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before the kernel knew
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  a list of words, no shell


def hold(command: list[str]) -> int:
    """Run `command` until it ends, a signal comes or standard input closes; return its status."""
    # a pipe that only we hold: a program that watches its standard input also sees our own end
    process = subprocess.Popen(command, stdin=subprocess.PIPE)

    def stop(_signal: int = 0, _frame: FrameType | None = None) -> None:
        process.terminate()

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        stop()
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=watch, name="leash", daemon=True).start()
    return process.wait()


def main() -> None:
    """Start the program named in the arguments after the supervisor's process id."""
    parent_pid, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        tie_and_become(parent_pid, command)
    sys.exit(hold(command))


if __name__ == "__main__":
    main()
