"""Run seeds of the simulation: `make simulate SEED=17`, `SEEDS=1-500`, or `HOURS=8` for a night on all processors.

The exit status is 1 if an invariant is broken, or if `HOURS` went by without one of the rare states.
"""

import argparse
import itertools
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.rare import RARE
from tests.simulation.seeds import Totals, describe_counts, run_part

STEPS = 25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", help="such as 17, 1-20 or 1-")
    parser.add_argument("--steps", type=int, default=STEPS, help="of each day, before its end")
    parser.add_argument("--scripts", action="store_true", help="play the written days, then the seeds")
    parser.add_argument("--twice", action="store_true", help="run each seed again, and compare what it did")
    parser.add_argument("--replay", action="store_true", help="print the trace, of a failure the shortest one")
    parser.add_argument("--first", action="store_true", help="stop after the first failure")
    parser.add_argument("--hours", type=float, default=0.0, help="CPU hours of each process; then no seed is begun")
    parser.add_argument("--processes", type=int, default=1, help="how many share the seeds")
    parser.add_argument("--migrated", type=Path, help="a migrated database, made if it is not there")
    options = parser.parse_args()
    options.seeds = options.seeds or ([] if options.scripts else ["1-20"])
    if options.processes == 1:
        totals = run_part(options, 0)
    else:
        with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
            totals = sum(pool.map(run_part, itertools.repeat(options), range(options.processes)), Totals())
    print(
        f"{totals.seeds} seeds of {options.steps} steps, {totals.simulated_hours:,.0f} simulated hours, "
        f"{totals.cpu_seconds:.1f} s of CPU; {totals.failed} failed"
    )
    print(describe_counts(totals))
    never = [name for name in RARE if options.hours and not totals.rare[name]]
    if never:
        print(f"Never met: {', '.join(never)}.")
    return 1 if totals.failed or never else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # else sets of texts have another order in each run
        os.execve(sys.executable, [*sys.orig_argv], os.environ | {"PYTHONHASHSEED": "0"})
    sys.exit(main())
