"""`make chaos`: every fault on a gym of 50 treadmills at 4 Hz; status 1 when a promise broke."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import typer

from tests.chaos.faults import chosen, overloads, shuffled
from tests.chaos.suite import LONG_HOLD_S, SHORT_HOLD_S, Row, row_text, run, table


def main() -> int:
    """Run what the command line says and print the tables."""
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--seed", type=int, default=1, help="chooses order, times and workouts")
    parser.add_argument("--short", action="store_true", help="fewer faults, shorter outages")
    parser.add_argument(
        "--overload", action="store_true", help="an hour's backlog and a minute's flood alone"
    )
    parser.add_argument("--hold-s", type=float, help="longest outage")
    parser.add_argument("--only", default="", help="faults whose name holds these words")
    options = parser.parse_args()
    hold_s = options.hold_s or (SHORT_HOLD_S if options.short else LONG_HOLD_S)
    picked = overloads() if options.overload else chosen(options.only, is_short=options.short)
    faults = shuffled(picked, options.seed)
    folder = Path(tempfile.mkdtemp(prefix="backstride-chaos-"))
    began_s = time.monotonic()
    typer.echo(f"seed {options.seed}, {len(faults)} faults, outages of at most {hold_s:g} s")
    outcome = run(faults, options.seed, hold_s, folder, _tell)
    typer.echo(f"\n{table(outcome)}\n\nseed {options.seed}, {time.monotonic() - began_s:.0f} s")
    complaints = outcome.complaints()
    for complaint in complaints:
        typer.echo(f"BROKEN: {complaint}")
    if complaints:
        typer.echo(f"logs and data are kept in {folder}")
        return 1
    shutil.rmtree(folder)
    typer.echo("every promise held")
    return 0


def _tell(row: Row) -> None:
    typer.echo("\n  ".join([row_text(row), *row.notes]))
    for complaint in row.complaints:
        typer.echo(f"  BROKEN: {complaint}")


if __name__ == "__main__":
    sys.exit(main())
