"""The command `backstride` on a machine whose wall clock is wrong: python -m … SHIFT_S ARGS.

The monotonic clock is left alone: nobody can set that one.
"""

import sys
import time

from backstride_standalone.command import main


def shift_wall_clock(by_s: float) -> None:
    """Let this process read another time of day; the machine's clock stays as it is."""
    now_s, now_ns = time.time, time.time_ns
    by_ns = round(by_s * 1e9)
    time.time = lambda: now_s() + by_s
    time.time_ns = lambda: now_ns() + by_ns


if __name__ == "__main__":
    shift_wall_clock(float(sys.argv[1]))
    del sys.argv[1]
    main()
