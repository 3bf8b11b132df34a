"""Run seeds of the simulation: `make simulate SEED=17`, `SEEDS=1-500`, or `HOURS=8` for a night of all processors.

Ends with 1 if an invariant is broken.
"""

import argparse
import itertools
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.seeds import Totals, describe_counts, run_part

STEPS = 25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", default=["1-20"], help="such as 17, 1-20 or 1-")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--twice", action="store_true", help="run each seed again, and compare the traces")
    parser.add_argument("--replay", action="store_true", help="print what happened, and the shortest way to a failure")
    parser.add_argument("--first", action="store_true", help="stop after the first failure")
    parser.add_argument("--hours", type=float, default=0.0, help="of CPU in each process, after which no seed is begun")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--migrated", type=Path, help="a migrated database, made if it is not there")
    given = parser.parse_args()
    if given.processes == 1:
        totals = run_part(given, 0)
    else:
        with ProcessPoolExecutor(given.processes, multiprocessing.get_context("spawn")) as pool:
            totals = sum(pool.map(run_part, itertools.repeat(given), range(given.processes)), Totals())
    print(
        f"{totals.seeds} seeds of {given.steps} steps, {totals.simulated_hours:,.0f} simulated hours, "
        f"{totals.cpu_seconds:.1f} s of CPU; {totals.failed} failed"
    )
    print(describe_counts(totals))
    return 1 if totals.failed else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # so that sets of texts have the same order in each run
        os.execve(sys.executable, [*sys.orig_argv], os.environ | {"PYTHONHASHSEED": "0"})
    sys.exit(main())
